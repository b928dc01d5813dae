"""What a payload of mode container has for itself, what it shares, and that a weak variant differs in that alone.

Containers are started by hand where their options are compared, by pilots where the pilot's word counts. Every thing
that a payload is not to reach was put there before, and the weak variant reaches it: so it can be reached.
"""

import json
from dataclasses import replace

import pytest

from testbed.lab.layout import NODE, PYTHON
from testbed.lab.wait import eventually
from testbed.model.containment import VARIANTS
from testbed.model.outcome import End
from testbed.pilot.judge import CONTAINER
from testbed.pilot.payload import Payload, State
from testbed.plugin import matrix, shows

LAUNCHER = (*PYTHON, f"{NODE}/container")
LIMIT = 20.0
KEY = 0x7E57
"""Of the planted System V segment."""

PLANT = f"""
import ctypes, os, pathlib, socket, time
for folder in ("/tmp", "/dev/shm", os.path.expanduser("~")):
    pathlib.Path(folder, "planted").write_text("x")
assert ctypes.CDLL(None).shmget({KEY:#x}, 4096, 0o1600) >= 0
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0planted")
hidden.listen()
print("planted", flush=True)
time.sleep(60)  # a process of the node
"""
"""What an account keeps on its node: files in three places, shared memory, a socket without a file, a process."""

LOOK = f"""
import ctypes, glob, json, os, socket
def connects():
    try:
        socket.socket(socket.AF_UNIX).connect("\\0planted")
    except OSError:
        return False
    return True
def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
commands = [open(path, "rb").read() for path in glob.glob("/proc/[0-9]*/cmdline")]
print(json.dumps(sorted(name for name, seen in {{
    "pid": any(b"a process of" + b" the node" in each for each in commands),
    "ipc": ctypes.CDLL(None).shmget({KEY:#x}, 0, 0) >= 0,
    "shm": os.path.exists("/dev/shm/planted"),
    "tmp": os.path.exists("/tmp/planted"),
    "home": os.path.exists(os.path.expanduser("~/planted")),
    "network": connects(),
    "clean_environment": "SECRET" in os.environ,
    "close_descriptors": is_open(7),
    "new_session": os.getsid(0) == 0,
}}.items() if seen)))
"""
"""Which options of a container let this payload see what was planted."""


@pytest.fixture
def by_hand(switch):
    """Start containers as the pilot does; the lines that the payload says."""

    def run(script, *more, options=None, env=None):
        before = ("/bin/sh", "-c", 'exec 7</etc/passwd; exec "$@"', "sh")
        words = (*LAUNCHER, "--options", json.dumps(dict(options or {})), "--limit", f"{LIMIT:g}", *more, "--")
        result = switch.node.run(
            [*before, *words, "/usr/bin/python3", "-S", "-c", script],
            user=switch.account.name,
            env={"SECRET": "x", **(env or {})},
            limit=LIMIT + 5,
        )
        assert result.code == 0, result
        return result.text.splitlines()

    return run


@pytest.fixture
def planted(switch):
    """Things of the pilot's account on the node, there until the end of the test."""
    start = 'python3 -c "$0" </dev/null >/tmp/said 2>&1 & until grep -q planted /tmp/said; do sleep 0.02; done'
    switch.node.run(["/bin/sh", "-c", start, PLANT], user=switch.account.name, limit=LIMIT).check()
    yield
    switch.node.run(["ipcrm", "-M", hex(KEY)], user=switch.account.name, limit=LIMIT).check()


@shows("R8")
@matrix(mode="container")
def test_every_variant_shares_exactly_what_it_says(by_hand, planted):
    """testbed/model/containment.py names each with its source."""
    usual = {"network"}
    seen = {name: set(json.loads(by_hand(LOOK, options=each.options)[0])) for name, each in VARIANTS.items()}
    assert set(json.loads(by_hand(LOOK)[0])) == usual
    assert seen == {name: usual ^ set(each.options) - {"die_with_parent"} for name, each in VARIANTS.items()}


PRIVATE = """
import glob, json, os, stat, sys
proxy = os.environ["X509_USER_PROXY"]
print(json.dumps({
    "environment": sorted(name for name in os.environ if not name.startswith("GLEXEC_")),
    "descriptors": sorted(int(each) for each in os.listdir("/proc/self/fd"))[:3],
    "more": len(os.listdir("/proc/self/fd")) - 4,
    "files": sorted(glob.glob("/tmp/*") + glob.glob("/var/tmp/*") + glob.glob("/dev/shm/*")),
    "hidden": [path for path in ("/run", "/var/log", "/root", "/sys", "/boot", "/dev/log") if os.path.exists(path)],
    "capabilities": sorted({line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")}),
    "new privileges": [line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
    "processes": len(glob.glob("/proc/[0-9]*")),
    "proxy": oct(stat.S_IMODE(os.stat(proxy).st_mode)),
    "host": os.uname().nodename,
}))
"""


@shows("R8")
@matrix(mode="container")
def test_a_pilots_payload_has_its_places_for_itself_and_a_clean_environment(desk):
    report = desk.handle(Payload("alice", ("/usr/bin/python3", "-S", "-c", PRIVATE)))
    assert report.state is State.ENDED, report
    found = json.loads(report.out)
    [folder] = found.pop("files")
    assert folder.startswith("/tmp/pilot-")
    assert found.pop("processes") <= 3  # bubblewrap's first one, the shell that became this, and nobody's else
    assert found == {
        "environment": ["HOME", "LC_CTYPE", "LOGNAME", "OLDPWD", "PATH", "PWD", "USER", "X509_USER_PROXY"],
        "descriptors": [0, 1, 2],
        "more": 0,
        "hidden": [],
        "capabilities": ["0000000000000000"],
        "new privileges": ["1"],
        "proxy": "0o600",
        "host": "container",
    }


@shows("R8")
@matrix(mode="container")
def test_a_payload_is_called_apart_where_its_namespaces_prove_it_and_only_there(pilot, expect):
    """An option that shares a process number with the pilot takes the claim away: nobody says what was not seen."""
    assert pilot.run("/usr/bin/id -un") == expect
    for name, variant in VARIANTS.items():
        if variant.apart == CONTAINER:
            continue
        report = pilot.handle(Payload("alice", ("/usr/bin/id", "-un")), container=variant.options)
        assert (report.state, report.separated, report.identity.apart) == (State.ENDED, False, variant.apart), name


RUNS = "echo runs; exec sleep 3218"


@shows("R10")
@matrix(mode="container")
@pytest.mark.parametrize("variant", ["usual", "outlives-its-launcher"])
def test_a_payload_dies_with_its_launcher_unless_it_was_told_otherwise(switch, variant):
    """`kill -9` of the launcher, as of a pilot that nobody can clear up behind."""
    options = {} if variant == "usual" else VARIANTS[variant].options
    script = '"$@" >/tmp/runs & until grep -q runs /tmp/runs 2>/dev/null; do sleep 0.02; done; kill -9 $!'
    words = (*LAUNCHER, "--options", json.dumps(dict(options)), "--", "/bin/sh", "-c", RUNS)
    switch.node.run(["/bin/sh", "-c", script, "sh", *words], user=switch.account.name, limit=LIMIT).check()

    def left():
        return switch.node.run(["pgrep", "-x", "-f", "sleep 3218"], limit=LIMIT).code == 0

    gone = eventually(lambda: not left(), within=1.0)
    assert bool(gone) == (not options)


@shows("R10")
@matrix(mode="container")
def test_a_payload_dies_with_its_pilot_though_the_switch_stands_between_them(desk, switch):
    ident, pilot = desk.hand(Payload("alice", ("/bin/sh", "-c", "echo runs; exec sleep 3219")))
    desk.vo.wait(ident, limit=LIMIT, until="output")
    there = switch.node.run(["pgrep", "-x", "-f", "sleep 3219"], limit=LIMIT).code
    switch.node.run(["pkill", "-KILL", "-f", f"node/agent {pilot}$"], limit=LIMIT).check()
    gone = eventually(lambda: switch.node.run(["pgrep", "-x", "-f", "sleep 3219"], limit=LIMIT).code == 1, within=2.0)
    assert (there, bool(gone)) == (0, True)


@shows("R10")
@matrix(mode="container")
def test_a_payload_that_is_stopped_or_takes_too_long_ends_with_all_its_processes(desk, switch):
    """SIGTERM reaches it, and then its whole pid namespace is gone (pid_namespaces(7))."""
    runs = "setsid sleep 3217 & echo ready; while :; do sleep 0.05; done"
    ident, pilot = desk.hand(Payload("alice", ("/bin/sh", "-c", f"trap 'echo kindly; exit 3' TERM; {runs}")))
    desk.vo.wait(ident, limit=LIMIT, until="output")
    desk.vo.stop(ident)
    stopped = desk.vo.end_of(ident, pilot, limit=LIMIT)
    stubborn = desk.handle(Payload("alice", ("/bin/sh", "-c", f"trap '' TERM; {runs}"), limit=0.3))
    assert (stopped.state, stopped.code, stopped.out) == (State.ENDED, 3, b"ready\nkindly\n")
    assert stubborn.state is State.HUNG
    assert (stopped.account.remaining, stubborn.account.remaining) == ("", "")
    assert switch.node.run(["pgrep", "-x", "-f", "sleep 3217"], limit=LIMIT).code == 1


@matrix(mode="container")
def test_exit_codes_are_the_payloads_and_the_launchers_own_failure_is_told_apart(pilot, switch):
    """A launcher that starts nothing is an internal error of the node: question 4 is asked, as of any other."""
    for code in (0, 1, 125, 126):
        assert pilot.run(["/bin/sh", "-c", f"exit {code}"]).code == code
    switch.node.run(["chmod", "0", "/usr/bin/bwrap"], limit=LIMIT).check()
    try:
        failed = pilot.run("/usr/bin/id -un")
    finally:
        switch.node.run(["chmod", "755", "/usr/bin/bwrap"], limit=LIMIT).check()
    assert (failed.end, failed.code, str(failed.guess)) == (End.RETURNED, 125, "internal")
    assert failed.err.startswith("[container]: /usr/bin/bwrap: Permission denied; ")


@shows("R8")
@matrix(mode="container")
def test_a_site_may_give_containers_a_network_of_their_own(pilot, world, monkeypatch):
    """`own_network` in site.toml; EGI CSIRT advises sites against network namespaces, so it is not the usual way."""
    look = ["/bin/sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1 | xargs"]
    shared = pilot.run(look).out.split()
    monkeypatch.setattr(world, "site", replace(world.site, own_network=True))
    assert ("eth0" in shared, pilot.run(look).out.split()) == (True, ["lo"])
