"""What can become of a machine beside its payload's own end: each has a word of its own, of a real guest."""

import json

import pytest

from testbed.lab.layout import NODE, PYTHON
from testbed.model.entry import Entry
from testbed.plugin import matrix

LAUNCHER = (*PYTHON, f"{NODE}/vm")
EATS = "hoard = []\nwhile True: hoard.append(bytearray(b'x' * (4 << 20)))"
FILLS = "cat /dev/zero >here; exit 3"
SLEEPS = ("/usr/bin/sleep", "60")
COMES_UP = ("/usr/bin/sh", "-c", "sleep 0.2; touch /tmp/up; exec sleep 60")
"""The supervisor has told of it long before root, who waits for the file, does anything."""
KILLED = """
import json, os, pathlib, signal, subprocess, sys, tempfile
result = tempfile.mktemp()
command = [*sys.argv[1:], "--result", result, "--", "/usr/bin/sh", "-c", "echo up; exec sleep 60"]
launcher = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
launcher.stdout.readline()
parents = {path.parent.name: path.read_text().rpartition(")")[2].split()[1] for path in PROC.glob("[0-9]*/stat")}
[qemu] = [pid for pid, parent in parents.items() if parent == str(launcher.pid)]
os.kill(int(qemu), signal.SIGKILL)
said = launcher.communicate()[1].decode()
print(json.dumps([launcher.returncode, said, json.load(open(result))]))
""".replace("PROC", 'pathlib.Path("/proc")')
"""Starts a machine as the pilot does, and kills its QEMU once the payload has said something."""


@pytest.fixture
def contextualised(switch):
    """Options with which root in the guest does something once the payload runs."""

    def options(does):
        script = f"#!/usr/bin/sh\n(until test -e /tmp/up; do sleep 0.05; done; {does}) &\n"
        switch.node.put([Entry("/tmp/user-data", script.encode(), 0o644)], limit=10)
        return ("--user-data", "/tmp/user-data")

    return options


@matrix(mode="vm")
def test_a_payload_that_runs_out_of_memory_or_disk_is_told_apart_from_one_that_fails(machine):
    """Linux ends the process that is largest (proc(5), oom_score), so the exit code alone says SIGKILL, or anything."""
    hungry = machine("/usr/bin/python3", "-c", EATS)
    assert hungry.outcome == (137, "out-of-memory", "ended")
    assert hungry.line.startswith("[vm]: out-of-memory: ")
    assert machine("/usr/bin/sh", "-c", FILLS).outcome == (3, "disk-full", "ended")
    assert machine("/usr/bin/sh", "-c", "kill -9 $$").outcome == (137, "", "ended")


@matrix(mode="vm")
def test_a_host_without_memory_for_a_machine_says_so_before_anything_runs(machine):
    """prlimit(1) keeps QEMU from mapping what the guest is to have."""
    ran = machine("/usr/bin/true", before=("/usr/bin/prlimit", f"--as={1 << 30}"), options=("--memory", "2048"))
    assert ran.outcome == (125, "out-of-memory", "not started")
    assert "Cannot allocate memory" in ran.line


@matrix(mode="vm")
def test_a_kernel_that_panics_and_a_guest_that_is_switched_off_have_their_own_words(machine, contextualised):
    """Both by root in the guest: a real panic (sysrq c, Documentation/admin-guide/sysrq.rst) and a real power-off."""
    panicked = machine(*COMES_UP, options=contextualised("echo c >/proc/sysrq-trigger"))
    assert panicked.outcome == (125, "kernel-panic", "started")
    assert "sysrq triggered crash" in panicked.line
    assert machine(*COMES_UP, options=contextualised("poweroff -f")).outcome == (125, "powered-off", "started")


@matrix(mode="vm")
def test_a_payload_itself_can_neither_switch_its_machine_off_nor_crash_it(machine):
    """reboot(2) wants CAP_SYS_BOOT, and /proc/sysrq-trigger is root's (observed in the guest)."""
    ran = machine("/usr/bin/sh", "-c", "poweroff -f; reboot -f; echo c >/proc/sysrq-trigger; id -un")
    assert (ran.outcome, ran.out) == ((0, "", "ended"), "payload")
    assert ran.err.count("not permitted") == 2
    assert "Permission denied" in ran.err


@matrix(mode="vm")
def test_a_machine_that_is_killed_and_one_that_takes_too_long_have_their_own_words(machine, switch):
    """SIGKILL for QEMU once the payload runs; and the launcher's own limit."""
    done = switch.run("/usr/bin/python3", "-c", KILLED, *LAUNCHER, limit=100)
    code, said, facts = json.loads(done.text)
    assert (code, facts["cause"], facts["payload"]) == (125, "vm-lost", "started")
    assert said.startswith("[vm]: vm-lost: QEMU was ended by SIGKILL; ")
    late = machine(*SLEEPS, options=("--limit", "4"))
    assert (late.code, late.facts["cause"], late.facts["payload"]) == (125, "time-limit", "started")
