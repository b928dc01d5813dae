"""That cron really starts what a payload has left to it: a minute of waiting, so not in every run."""

import pytest

from testbed.lab.wait import eventually
from testbed.pilot.stages.after import leave
from testbed.pilot.stages.estate import estate
from testbed.plugin import matrix, shows

SOON = 75.0
"""Seconds: cron looks at its tables once a minute."""


@pytest.mark.slow
@shows("R8")
@matrix(mode="none setuid")
def test_a_table_that_a_payload_leaves_to_cron_is_worked_off_after_its_end(desk):
    """cron(8) wakes up every minute; whose the table is, it becomes."""
    with estate(desk) as left:
        ran, said = leave(desk, left)
        assert said["cron-job"] == "left"
        left.say("ended", left.mark)
        assert eventually(lambda: "cron" in left.census().answers, within=SOON, every=1)
        answer = left.census().answers["cron"]
    assert answer["text"] == left.mark
    uid = desk.world.node.run(["id", "-u", ran.account], limit=5).text
    assert answer["uid"] == int(uid)
