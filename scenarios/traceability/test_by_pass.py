"""A payload that its pilot runs past the switch: the site's own log tells whose and why; no record, no run (F20)."""

import json

import pytest

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.lab.wait import eventually
from testbed.model.fault import Fault
from testbed.pilot.payload import Payload, State
from testbed.plugin import matrix, shows

ALL = "/var/log/messages"
"""Every line of the node's, each with the uid of its writer as the kernel has it; root's."""


@pytest.fixture
def by_passes(switch):
    """The lines about a payload that was run past the switch, as root reads them; awaited where there should be one."""

    def lines(payload, due):
        seen = []

        def written():
            told = switch.node.run(["cat", ALL], limit=10).check().out.decode().splitlines()
            seen[:] = [line for line in told if "by-pass: " in line and f" runs {payload} of " in line]
            return len(seen) >= due

        eventually(written, within=5, every=0.1)
        return seen

    return lines


@shows("R4")
@matrix(mode="log-only setuid", fault="policy-missing", on_internal_error="yes")
def test_the_sites_log_tells_of_a_by_pass_whose_it_was_and_why(desk, switch, by_passes):
    """A by-pass is recorded with the site: owner, payload, cause (docs/policy.md, a pilot's duties; our choice)."""
    argv = ("/usr/bin/id", "-un")
    report = desk.handle(Payload("alice", argv))
    assert (report.state, report.bypassed) == (State.ENDED, True)
    assert len(lines := by_passes(report.payload, 1)) == 1
    account, dn = switch.account, desk.world.grid.bearer("alice").dn
    assert f" uid={account.uid} pilot[" in lines[0]
    assert "glexec ended with 202, site policy-files, taken for internal; " in lines[0]
    ran = f"{report.pilot} runs {report.payload} of alice itself, unseparated, as uid {account.uid}, for {dn}: "
    assert lines[0].endswith(ran + json.dumps(argv))


@pytest.mark.parametrize(
    "log",
    [Fault.LOG_MISSING, *(pytest.param(log, marks=pytest.mark.slow) for log in (Fault.LOG_DEAD, Fault.LOG_STUCK))],
)
@matrix(mode="log-only setuid", fault="no-config", on_internal_error="yes")
def test_what_could_not_be_recorded_is_not_run_past_the_switch(desk, switch, by_passes, log):
    """F20 has it run, with a spool of its own, where question 4 is answered yes; ours runs nothing (our choice)."""
    mark = "/tmp/ran-without-a-record"
    with broken(log, FAULTS[log], desk.world):
        report = desk.handle(Payload("alice", ("/usr/bin/touch", mark)))
    assert (report.state, report.bypassed) == (State.RETURNED, False)
    assert report.account.ruling.startswith("no record could be made, ")
    assert switch.node.run(["test", "-e", mark], limit=10).code == 1
    assert by_passes(report.payload, 0) == []
    again = desk.handle(Payload("alice", ("/usr/bin/touch", mark)))
    assert again.bypassed
    assert len(by_passes(again.payload, 1)) == 1


@matrix(mode="log-only setuid", fault="log-missing", on_internal_error="yes")
def test_nor_where_it_is_the_switch_that_could_record_nothing(desk, switch):
    """Class T, at a site that requires glexec: a run without its record is no run through glexec (docs/policy.md)."""
    report = desk.handle(Payload("alice", ("/usr/bin/id", "-un")))
    assert (report.state, report.failure, report.bypassed) == (State.RETURNED, "traceless", False)
    assert report.account.ruling.startswith("the site requires glexec")
