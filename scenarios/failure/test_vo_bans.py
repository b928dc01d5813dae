"""The VO's own list of banned users: how soon it bites, and that it holds where a switch is by-passed (R10, F-BAN)."""

import contextlib
import dataclasses
import json
import time

import pytest

from testbed.lab.layout import NODE
from testbed.lab.wait import eventually
from testbed.model.answers import OnInternalError
from testbed.model.problem import Problem
from testbed.pilot.payload import Payload, State
from testbed.plugin import matrix, shows
from testbed.report.latency import Latency, markdown

pytestmark = shows("R10")
ID = ("/usr/bin/id", "-un")
RUNNING = 3
"""Payloads of hers that run when she is banned."""
BOUND = 5.0
"""Seconds from a ban to the end of the last payload: half a second until its pilot reports, two until SIGTERM counts
for nothing, and what calls of the switch for the kill take on a busy machine; usual is one all in all."""
FAILS = """\
printf '#!/bin/sh\\n: >%s/called\\nwhile [ ! -e %s/go ]; do /usr/bin/sleep 0.02; done\\nexit 202\\n' {0} {0} >"$1"
chown root:root "$1"
chmod 755 "$1"
"""
"""In the place of the switch: it waits for a word, and has an internal error then."""


@pytest.fixture
def bans(desk):
    """Bans people at the VO; nobody is banned afterwards."""
    banned = []

    def ban(who):
        desk.vo.ban(who, "keys stolen")
        banned.append(who)

    yield ban
    for who in banned:
        with contextlib.suppress(Problem):  # it was taken back already
            desk.vo.unban(who)


@pytest.fixture
def place(switch):
    """A folder of the node's in which everybody may leave a mark."""
    path = "/tmp/banned-by-the-vo"
    switch.node.run(["install", "-d", "-m", "1777", path], limit=10).check()
    return path


def running(node, place):
    """How many payloads that name the place run, whoever they run as."""
    site = node.run(["python3", f"{NODE}/leftovers.py", "1", "1"], stdin=place.encode(), limit=10).check()
    return json.loads(site.text)["processes"]


@matrix(mode="none log-only setuid", authority="gridmap")
def test_the_vos_ban_ends_what_runs_and_hands_out_nothing_more(desk, switch, place, bans, evidence):
    """Refused at once, ended at the pilots' next report, twice a second; who else runs goes on (docs/queue.md)."""
    wait = f"echo began; while [ ! -e {place}/go ]; do /usr/bin/sleep 0.05; done; exit 7"
    payload = Payload("alice", ("/usr/bin/dash", "-c", wait), limit=60)
    hers = [desk.hand(payload) for _ in range(RUNNING)]
    his = desk.hand(dataclasses.replace(payload, user="bob"))
    waiting = desk.vo.submit(dataclasses.replace(payload, slot="nobody-comes-for-it"))
    for ident, _ in [*hers, his]:
        assert desk.vo.wait(ident, limit=20, until="output").state is State.STARTED
    each = running(switch.node, place) // (RUNNING + 1)

    began = time.monotonic()
    bans("alice")
    with pytest.raises(Problem, match="the VO has banned this user"):
        desk.vo.submit(payload)
    refusal = time.monotonic() - began
    assert eventually(lambda: running(switch.node, place) == each, within=BOUND, every=0.02)
    gone = time.monotonic() - began
    latency = Latency("the VO's own", "pilots' reports", BOUND, refusal, gone)
    (evidence / "ban-latency.md").write_text(markdown([latency]))

    for ident, pilot in hers:
        report = desk.vo.end_of(ident, pilot, limit=20)
        assert (report.state, "stopped as the VO asked" in report.why) == (State.ENDED, True)
        assert any("alice is banned by the VO: keys stolen" in change.why for change in desk.vo.history(ident)[2])
    assert desk.vo.history(waiting)[2][-1].why == "waits: alice is banned by the VO: keys stolen"
    assert desk.vo.history(waiting)[1].state is State.QUEUED
    desk.vo.wait_for_pilot(desk.vo.start_pilot(desk.order("nobody-comes-for-it")), limit=20)
    assert desk.vo.history(waiting)[1].state is State.QUEUED
    switch.node.run(["touch", f"{place}/go"], limit=10).check()
    assert desk.vo.end_of(*his, limit=20).code == 7
    desk.vo.unban("alice")
    again = desk.vo.start_pilot(desk.order("nobody-comes-for-it"))
    assert desk.vo.end_of(waiting, again, limit=20).code == 7


@matrix(mode="log-only setuid", authority="gridmap")
@pytest.mark.parametrize("banned", [True, False])
def test_the_vos_ban_holds_past_the_switch_as_well(desk, switch, place, bans, banned):
    """Question 4 yes: the pilot asks the VO right before a by-pass, which the ban forbids (docs/policy.md; 3.2)."""
    with switch.altered("/usr/sbin/glexec", script=FAILS.format(place)):
        payload = Payload("alice", ("/usr/bin/touch", f"{place}/ran"))
        ident, pilot = desk.hand(payload, on_internal_error=OnInternalError.YES)
        assert eventually(lambda: switch.node.run(["test", "-e", f"{place}/called"], limit=10).code == 0, within=20)
        if banned:
            bans("alice")
        switch.node.run(["touch", f"{place}/go"], limit=10).check()
        report = desk.vo.end_of(ident, pilot, limit=20)
    ran = switch.node.run(["test", "-e", f"{place}/ran"], limit=10).code == 0
    assert (report.bypassed, ran) == (not banned, not banned)
    assert report.state is (State.RETURNED if banned else State.ENDED)
    if banned:
        assert report.account.ruling == "its owner is banned by the VO: keys stolen"
