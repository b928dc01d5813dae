"""Payloads that flood, linger and fill: the run stays bounded, and whoever comes next finds nothing of it."""

import time

import pytest

from testbed.lab.session import Lab
from testbed.model.cell import Cell
from testbed.model.mode import Mode
from testbed.model.outcome import End
from testbed.pilot.desk import Desk
from testbed.site.load import example

EXAMPLES = {Mode.SETUID: "setuid-gridmap", Mode.LOG_ONLY: "logonly-gridmap"}
LARGEST_STREAM = 1 << 20
"""Bytes that the pilot keeps of each stream."""
HOSTILE = {
    "floods its output": "head -c 50000000 /dev/zero",
    "floods both streams": "head -c 50000000 /dev/zero & head -c 50000000 /dev/zero >&2; wait",
    "leaves a daemon": "setsid sleep 4721 >/dev/null 2>&1 & setsid sh -c 'exec sleep 4721' >/dev/null 2>&1 &",
    "leaves a daemon that holds its output": "setsid sleep 4721 & echo away",
    "ignores every signal": "trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP; sleep 4721; sleep 4721' &",
    "fills /tmp": "head -c 200000000 /dev/zero >/tmp/fill; head -c 200000000 /dev/zero >/var/tmp/fill; true",
    "makes thousands of files": "mkdir /tmp/many; cd /tmp/many; i=0; while [ $i -lt 5000 ]; do : >$i; i=$((i+1)); done",
    "locks itself in": "mkdir -p /tmp/a/b/c; chmod 0 /tmp/a/b /tmp/a; ln -s /etc/glexec.conf /tmp/link",
}


@pytest.mark.parametrize("mode", EXAMPLES)
@pytest.mark.parametrize("what", HOSTILE)
def test_nothing_of_a_hostile_payload_outlives_it(lab: Lab, mode: Mode, what: str) -> None:
    site = example(EXAMPLES[mode])
    began = time.monotonic()
    with lab.pool.lease(site) as world, Desk.opened(world, Cell(mode), witness=lambda outcome: None) as desk:
        hostile = desk.run(["/usr/bin/sh", "-c", HOSTILE[what]])
    assert hostile.end in (End.SEPARATED, End.UNSEPARATED)
    assert len(hostile.out) + len(hostile.err) <= 2 * LARGEST_STREAM
    assert time.monotonic() - began < 30

    # Reset or thrown away: whoever comes next finds a clean world.
    with lab.pool.lease(site) as world, Desk.opened(world, Cell(mode), witness=lambda outcome: None) as desk:
        looked = world.node.run(["sh", "-c", "ls -A /tmp /var/tmp /dev/shm; pgrep -f '[4]721'"], limit=5)
        assert desk.run("/usr/bin/id -un").code == 0
    assert not {"fill", "many", "a", "link"} & set(looked.out.decode().split())
    assert looked.code == 1, looked.out  # pgrep found none
