"""Two machines that went on from one saved state are two machines: numbers, names and time are their own."""

import json
import time

from testbed.plugin import matrix, shows

TELLS = """
import json, os, socket, time, uuid
read = lambda path, most=-1: open(path, "rb").read(most)
seen = {
    "urandom": read("/dev/urandom", 16).hex(),
    "getrandom": os.getrandom(16).hex(),
    "kernel's uuid": read("/proc/sys/kernel/random/uuid").decode(),
    "boot id": read("/proc/sys/kernel/random/boot_id").decode(),
    "machine id": read("/etc/machine-id").decode(),
    "host name": socket.gethostname(),
    "python's hash seed": hash("a string"),
    "address of the stack": [line.split()[0] for line in open("/proc/self/maps") if "[stack]" in line],
}
print(json.dumps({"seen": seen, "time": time.time()}))
"""


@shows("R8")
@matrix(mode="vm")
def test_two_machines_of_one_saved_state_draw_different_numbers_and_know_the_time(machine):
    """A restored guest repeats its random numbers, ids and time unless it is told otherwise (our choice, observed)."""
    guests = []
    for _ in range(2):
        before = time.time()
        ran = machine("/usr/bin/python3", "-c", TELLS)
        told = json.loads(ran.out)
        assert (ran.code, ran.facts["start"]) == (0, "restored"), ran
        assert before - 1 <= told["time"] <= time.time() + 1
        guests.append(told["seen"])
    one, other = guests
    assert [what for what in one if one[what] == other[what]] == []
    assert one["host name"] == f"guest-{one['machine id'][:8]}"


@shows("R4")
@matrix(mode="vm")
def test_a_report_says_how_a_machine_was_started_and_by_which_accelerator(desk):
    """KVM counts only where a guest was seen to run under it, so that the report has to say which it was."""
    outcome = desk.run("/usr/bin/hostname")
    how, host = outcome.machine.split(", ")[0], outcome.out.strip()
    assert how in ("restored under tcg", "restored under kvm"), outcome.machine
    assert host in outcome.machine
    assert outcome.machine in str(outcome)
