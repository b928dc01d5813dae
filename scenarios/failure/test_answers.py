"""The four answers reach the pilot: whose payloads it fetches, and what it does after a call that ran nothing."""

from testbed.model.answers import MultiUser, OnInternalError
from testbed.model.condition import Condition
from testbed.pilot.payload import Payload, State
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
ID = ("/usr/bin/id", "-un")
UNREACHABLE = Condition(causes=("service-unreachable",))


def depends(desk, condition, user="alice", **order):
    """What became of a payload where "depends" means this condition."""
    answer = {"on_internal_error": OnInternalError.DEPENDS, "on_internal_error_if": (condition,)}
    return desk.handle(Payload(user, ID), **answer, **order)


@matrix(mode=EVERYWHERE, authority="argus", fault="refused", on_internal_error="yes")
def test_where_nobody_tells_why_the_pilots_own_canary_shows_an_outage(desk, untold):
    """203 is all that gLExec says of a service that is away (Nikhef wiki, Exit codes); the canary is ours."""
    report = desk.handle(Payload("alice", ID))
    assert (report.state, report.bypassed, report.canary, report.failure) == (State.ENDED, True, "failed", "internal")
    assert "by-pass after 203" in report.why


@shows("R6")
@matrix(mode=EVERYWHERE, authority="argus")
def test_where_nobody_tells_why_the_pilots_own_canary_shows_a_ban(desk, untold, banned):
    """203 is all that gLExec says of a ban (Nikhef wiki, Exit codes); a denial is final, whatever question 4 says."""
    report = desk.handle(Payload("alice", ID, attempts=2), on_internal_error=OnInternalError.YES)
    assert (report.state, report.code, report.bypassed) == (State.RETURNED, 203, False)
    assert (report.canary, report.failure) == ("passed", "denied")


@matrix(mode=EVERYWHERE, authority="argus", fault="refused")
def test_depends_on_what_the_site_says_and_on_nothing_else(desk):
    """The conditions are the site's (docs/site.md): cause, role, owner, what the node has seen; all ours."""
    owner = Condition(owners=(desk.world.grid.bearer("bob").dn,))
    seen = {
        "the cause": depends(desk, UNREACHABLE, retries=1, retry_delay=0.01),
        "another cause": depends(desk, Condition(causes=("service-silent",))),
        "her role": depends(desk, Condition(roles=("production",)), "alice-production"),
        "no such role": depends(desk, Condition(roles=("production",))),
        "the owner": depends(desk, owner, "bob"),
        "another owner": depends(desk, owner),
        "a switch that never worked": depends(desk, Condition(well_within=60)),
        "three ran before": depends(desk, Condition(runs_at_most=4)),
        "four ran before": depends(desk, Condition(runs_at_most=4)),
    }
    assert [what for what, report in seen.items() if report.bypassed] == [
        "the cause",
        "her role",
        "the owner",
        "three ran before",
    ]
    assert [call.cause for call in seen["the cause"].account.calls] == 2 * ["unavailable service-unreachable"]
    assert seen["another cause"].account.ruling.startswith("question 4 is answered depends, but the cause is")


@shows("R1")
@matrix(mode=EVERYWHERE)
def test_where_question_1_is_no_a_pilot_fetches_nobodys_payload(desk):
    """R1 (JSPG multi-user pilot policy): multi-user pilots need the site's approval; our choice: the pilot asks too."""
    slot = desk.slot()
    alice, bob = (desk.vo.submit(Payload(user, ID, slot=slot)) for user in ("alice", "bob"))
    end = desk.vo.wait_for_pilot(desk.vo.start_pilot(desk.order(slot, multi_user_pilots=MultiUser.NO)), limit=30)
    assert (end.code, b"question 1 is answered no" in end.err) == (0, True)
    assert {desk.vo.wait(each, limit=0.001).state for each in (alice, bob)} == {State.QUEUED}
    hers = (Condition(owners=(desk.world.grid.bearer("alice").dn,)),)
    order = desk.order(slot, multi_user_pilots=MultiUser.DEPENDS, multi_user_pilots_if=hers)
    assert desk.vo.wait_for_pilot(desk.vo.start_pilot(order), limit=30).code == 0
    assert desk.vo.wait(alice, limit=10).state is State.ENDED
    assert desk.vo.wait(bob, limit=0.001).state is State.QUEUED
    desk.vo.stop(bob)
