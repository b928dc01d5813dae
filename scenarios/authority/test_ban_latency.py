"""How long a ban takes to bite: the copies that Argus decides by, one after the other, and the services without any."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from testbed.lab.wait import eventually
from testbed.model.effect import refused
from testbed.plugin import matrix, shows
from testbed.report.latency import Latency, markdown, svg

pytestmark = shows("R10")
POLL, RETENTION, RESPONSE = 1.0, 0.7, 0.6
"""Seconds that stand for Argus' four hours, four hours and ten minutes."""
LAST = "0.2"
"""Seconds that a payload runs."""
CALL = 2.0
"""Seconds for one call of the switch on a busy machine; usual is a tenth of one."""
DENIED = refused(203, "denied", "denied")


@dataclass(frozen=True)
class State:
    """Which copies are made how often, and what that means for a ban."""

    ban: str
    caches: str
    poll: float
    retention: float
    response: float

    @property
    def earliest(self) -> float:
        """Seconds from the start of the timers until the PDP knows: the first of its copies after the PAP's own."""
        if self.ban == "local" or not self.poll:
            return self.retention
        turns = -(-self.poll // self.retention) if self.retention else 1
        return turns * self.retention if self.retention else self.poll

    @property
    def limit(self) -> float:
        """Seconds at most from the ban on (docs/authority.md)."""
        return (self.poll if self.ban == "central" else 0) + self.retention + self.response


STATES = [
    State("local", "none", 0, 0, 0),
    State("local", "PDP", 0, RETENTION, 0),
    State("local", "responses", 0, 0, RESPONSE),
    State("local", "PDP, responses", 0, RETENTION, RESPONSE),
    State("central", "PAP", POLL, 0, 0),
    State("central", "PAP, PDP", POLL, RETENTION, 0),
    State("central", "PAP, PDP, responses", POLL, RETENTION, RESPONSE),
]


@pytest.fixture
def banned_in(switch, control, world):
    """Ban Alice in a state of the caches, and let her try until she is refused: what came of it."""
    dn, home = world.grid.bearer("alice").dn, switch.placed("alice")

    def runs() -> bool:
        return switch.call("/usr/bin/sleep", LAST, proxy=home).code == 0

    def measure(state: State) -> tuple[Latency, float]:
        control.reset()
        control.lifetimes(pap_poll=state.poll, pdp_retention=state.retention, pepd=state.response)
        started = time.monotonic()
        assert runs(), "she is not banned yet"
        control.ban("subject", dn, state.ban)
        banned = time.monotonic()
        gone = 0.0
        while runs():
            gone = time.monotonic() - banned
            assert gone < state.limit + CALL, "the ban never bit"
        refusal = time.monotonic() - banned
        again = [runs() for _ in range(3)]
        assert not any(again), "she was refused, and then let in again"
        latency = Latency(state.ban, state.caches, state.limit, refusal, gone)
        return latency, state.earliest - (banned - started)

    return measure


@matrix(mode="setuid", authority="argus")
def test_a_ban_bites_as_soon_as_every_copy_in_between_is_renewed(banned_in, evidence):
    """PAP poll, PDP retention, PEPd responses: a ban waits for all that apply (Argus documentation), and no longer."""
    measured = [banned_in(state) for state in STATES]
    bans = [latency for latency, _ in measured]
    (evidence / "ban-latency.md").write_text(markdown(bans))
    (evidence / "ban-latency.svg").write_text(svg(bans))
    for latency, earliest in measured:
        assert latency.refusal <= latency.limit + CALL, latency
        assert latency.refusal >= earliest, latency
        assert latency.gone <= latency.limit + CALL, latency


@matrix(mode="log-only setuid", authority="argus")
def test_a_ban_that_is_not_pushed_through_waits_for_hours(switch, control, world):
    """Argus' own lifetimes are hours: until then the user runs (Argus documentation)."""
    dn = world.grid.bearer("alice").dn
    assert switch.tries() == switch.runs()
    for pap in ("local", "central"):
        control.ban("subject", dn, pap)
        assert switch.tries() == switch.runs()


@matrix(mode="setuid", authority="argus")
def test_a_ban_is_pushed_through_in_the_order_in_which_a_policy_travels(switch, control, world):
    """pap-admin refresh-cache, pdpctl reloadPolicy, pepdctl clearResponseCache; backwards the old copy is copied."""
    dn = world.grid.bearer("alice").dn
    steps = [control.refresh_cache, control.reload_policy, control.clear_response_cache]
    assert switch.tries() == switch.runs()
    control.ban("subject", dn, "central")
    for step in reversed(steps):
        step()
    assert switch.tries() == switch.runs()
    for step in steps:
        step()
    assert switch.tries() == DENIED


@matrix(mode="log-only setuid", authority="scas gums")
def test_where_nothing_is_copied_a_ban_bites_the_next_call(switch, control, world):
    """SCAS and GUMS decide by their own files and database: the next request is denied (our choice, as documented)."""
    dn = world.grid.bearer("alice").dn
    assert switch.tries() == switch.runs()
    control.ban("subject", dn)
    assert switch.tries() == DENIED
    control.unban("subject", dn)
    assert switch.tries() == switch.runs()


@matrix(mode="setuid", authority="argus")
def test_what_runs_when_a_ban_bites_goes_on(switch, control, world):
    """A ban stops new calls only; what was let in ends by itself (Argus documentation: no word to running jobs)."""
    dn = world.grid.bearer("alice").dn
    started = "/tmp/started-before-the-ban"
    with ThreadPoolExecutor(1) as other:
        payload = f"echo in >{started}; /usr/bin/sleep 1.5; exit 7"
        call = other.submit(switch.call, "/usr/bin/dash", "-c", payload)
        assert eventually(lambda: switch.node.run(["test", "-s", started], limit=CALL).code == 0, within=CALL)
        control.ban("subject", dn)
        control.clear_caches()
        assert switch.call("/usr/bin/true").code == 203
        assert not call.done()
        assert call.result().code == 7
