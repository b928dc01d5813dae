"""A machine's network: none unless the site says so, and then from source ports that name the machine."""

import json

import pytest

from testbed.plugin import matrix, shows

LISTENS = """
import json, socket, subprocess, sys
here = socket.gethostbyname(socket.gethostname())
servers = {"open": socket.create_server((here, 0)), "loopback": socket.create_server(("127.0.0.1", 0))}
launcher, result, inside = sys.argv[1:]
doors = [f"{here} {servers['open'].getsockname()[1]}", f"10.0.2.2 {servers['loopback'].getsockname()[1]}"]
words = ["/usr/bin/python3", launcher, "--network", "user", "--result", result, "--", "/usr/bin/python3", "-c", inside]
ran = subprocess.run([*words, *doors], stdin=subprocess.DEVNULL, capture_output=True, timeout=90, text=True)
seen = {}
for name, server in servers.items():
    server.settimeout(0.01)
    try:
        seen[name] = server.accept()[1][1]
    except TimeoutError:
        seen[name] = None
print(json.dumps({"seen": seen, "said": ran.stdout.split(), "err": ran.stderr, "facts": json.load(open(result))}))
"""
CONNECTS = """
import socket, sys
for door in sys.argv[1:]:
    host, port = door.split()
    try:
        print("in" if socket.create_connection((host, int(port)), timeout=10) else "")
    except OSError:
        print("refused")
"""
LOOKS = "cat /proc/net/dev | grep -c : ; cat /proc/net/route | wc -l"


@pytest.mark.slow
@shows("R4")
@matrix(mode="vm")
def test_what_a_guest_sends_leaves_from_its_own_source_ports_and_not_to_the_nodes_loopback(switch):
    """Q-flow of a responder: (source port, time) names the machine, and with it the payload (our choice)."""
    words = ("/usr/bin/python3", "-c", LISTENS, "/usr/libexec/testbed/node/vm", "/tmp/network.json", CONNECTS)
    told = json.loads(switch.run(*words, limit=100).text)
    low, high = told["facts"]["source_ports"]
    assert (told["said"], told["facts"]["code"], high - low) == (["in", "refused"], 0, 63), told
    assert low <= told["seen"]["open"] <= high
    assert told["seen"]["loopback"] is None


@matrix(mode="vm")
def test_without_the_sites_word_a_machine_has_no_network(machine):
    """QEMU gives a guest a network unless it is told not to (QEMU's manual, -nodefaults)."""
    ran = machine("/usr/bin/sh", "-c", LOOKS)
    assert ran.out.split() == ["1", "1"]  # lo, and the heading of a table of routes
    assert "source_ports" not in ran.facts
