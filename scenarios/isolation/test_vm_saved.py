"""The machine that is saved once for a node's account: who makes it, and what becomes of one that is no good."""

import json

import pytest

from testbed.lab.layout import NODE, PYTHON
from testbed.plugin import matrix

LAUNCHER = (*PYTHON, f"{NODE}/vm")
TWO = """
import json, subprocess, sys, tempfile
results = [tempfile.mktemp() for _ in range(2)]
launch = [*sys.argv[1:], "--memory", "200", "--result"]
words = [[*launch, result, "--", "/usr/bin/true"] for result in results]
pilots = [subprocess.Popen(each, stdin=subprocess.DEVNULL) for each in words]
print(json.dumps([[pilot.wait(), json.load(open(result))] for pilot, result in zip(pilots, results)]))
"""
SHELVED = "/var/cache/testbed-vm/*"
THERE = f"""cd "$(dirname "$(grep -l '"memory": 256, "network": false' {SHELVED}/machine-*/manifest)")" && """
"""To the usual machine: another one is of another size."""
GROWS = f"{THERE} chmod u+w memory && echo >>memory"
SPOILS = f"""
{THERE} chmod u+w state && head -c 4096 /dev/zero | dd of=state bs=1 seek=20000 conv=notrunc &&
/usr/bin/python3 - <<'END'
import hashlib, json, pathlib, sys
sys.path.append("/usr/libexec/testbed")
from node.vm.facts import facts_of_file as of
seen = json.loads(pathlib.Path("manifest").read_text())
seen["files"] = {{name: of(pathlib.Path(name).stat()) for name in seen["files"]}}
seen["state"] = hashlib.sha256(pathlib.Path("state").read_bytes()).hexdigest()
pathlib.Path("manifest").write_text(json.dumps(seen))
END
"""
"""Something else in the middle of the state, and everything noted as if it were to be so: only the account can."""


@pytest.mark.slow
@matrix(mode="vm")
def test_two_pilots_that_find_no_saved_machine_make_one_and_each_has_its_own(switch):
    """A lock, and a rename at the end (our choice): nobody takes half a machine, nobody makes a second.

    tests/vm/test_saved.py has the same of two processes without QEMU, each time.
    """
    done = switch.run("/usr/bin/python3", "-c", TWO, *LAUNCHER, limit=100)
    [(one, first), (other, second)] = json.loads(done.text)
    assert (one, other) == (0, 0)
    assert {first["start"], second["start"]} == {"restored"}
    assert first["hostname"] != second["hostname"]
    assert sorted(each["saved"].split()[0] for each in (first, second)) == ["found,", "made"]
    left = switch.node.run(["sh", "-c", f"ls -d {SHELVED}/*ing-* {SHELVED}/gone-*"], limit=10)
    assert left.out == b""


@pytest.mark.slow
@matrix(mode="vm")
def test_a_saved_machine_that_was_changed_is_made_anew_and_one_that_does_not_go_on_is_left_for_a_boot(machine, switch):
    """What was written to since it was saved is not believed; what cannot be restored costs a boot, no payload."""
    machine("/usr/bin/true")
    assert switch.run("/usr/bin/sh", "-c", GROWS).code == 0
    made = machine("/usr/bin/true")
    assert (made.code, made.facts["start"]) == (0, "restored")
    assert made.facts["saved"].endswith("what was saved has been changed")
    assert switch.run("/usr/bin/sh", "-c", SPOILS).code == 0
    booted = machine("/usr/bin/hostname")
    assert (booted.code, booted.facts["start"], booted.facts["boots"]) == (0, "booted", 1)
    assert booted.facts["troubles"][0].startswith("restored: ")
    assert machine("/usr/bin/true").facts["saved"].endswith("there was none")


@pytest.mark.slow
@matrix(mode="vm")
def test_who_asks_for_a_cold_start_gets_one(machine):
    """The way that needs nothing saved remains (our choice)."""
    ran = machine("/usr/bin/true", options=("--cold",))
    assert (ran.code, ran.facts["start"], ran.facts["boots"]) == (0, "booted", 1)
    assert "saved" not in ran.facts


@pytest.mark.slow
@matrix(mode="vm")
def test_a_machine_that_hangs_is_killed_and_another_is_tried_once(machine, switch):
    """A guest may hang before it reaches user land (observed, on microvm); the first QEMU here never does anything."""
    qemu, real = "/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-real"
    hangs = f'#!/bin/sh\nmkdir /tmp/hung 2>/dev/null && exec sleep 1000\nexec {real} "$@"\n'
    switch.node.run(["cp", qemu, real], limit=10).check()
    try:
        with switch.altered(qemu, hangs, mode="0755"):
            ran = machine("/usr/bin/true")
    finally:
        switch.node.run(["rm", real], limit=10).check()
    assert (ran.code, ran.facts["start"], ran.facts["boots"]) == (0, "booted", 2), ran
    assert ran.facts["saved"].startswith("none: none was made within 30")
