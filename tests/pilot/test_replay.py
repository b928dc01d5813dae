"""What replays rest on: every call of every profile has a way, and what is documented is what profiles decide."""

import itertools

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.cell import Authority
from testbed.model.condition import Situation
from testbed.model.consequence import SERVICES
from testbed.model.mode import Mode
from testbed.model.outcome import End
from testbed.pilot.profiles import PROFILES, Step
from testbed.pilot.profiles.walk import walk
from testbed.pilot.profiles.weather import WEATHERS
from testbed.pilot.replay.client import clients
from testbed.pilot.replay.documented import LAST, Documented, Kind
from testbed.pilot.replay.errands import CANARY, WAYS
from testbed.pilot.replay.ground import Place, Traces
from testbed.pilot.replay.replay import end_of
from testbed.site.choice import Choice

STRICT = Answers(MultiUser.YES, Stance.REQUIRE, Stance.NO, OnInternalError.NO)
CLIENTS = {client.name: client for client in clients(STRICT)}
WEATHER = {
    Kind.WELL: "well",
    Kind.NOISE: "noise",
    Kind.BANNED: "denied",
    Kind.BANNED_NOISE: "denied-noise",
    Kind.AWAY: "away",
    Kind.BROKEN: "broken",
    Kind.MISSING: "missing",
    Kind.HANGS: "hangs",
    Kind.TRACELESS: "traceless",
    Kind.UNTOLD_BANNED: "203-user",
    Kind.UNTOLD_AWAY: "203-all",
    Kind.UNTOLD_DENIED: "203-all",
    Kind.NOBODYS: "nobodys",
    Kind.LOOSE_PROXY: "misused",
    Kind.ODD_MODE: "misused-all",
    Kind.PAYLOAD_203: "payload-203",
}
"""The weathers that are like a circumstance; none of them refuses the pilot as well."""
KINDER = {
    ("panda-test", Kind.NOISE): Step.DONE,  # the node's mkgltempdir says nothing when all went well
    ("panda-test", Kind.LOOSE_PROXY): Step.DONE,  # 0700 before it calls
    ("panda-true", Kind.LOOSE_PROXY): Step.DONE,
    ("blah", Kind.ODD_MODE): Step.DONE,  # sets GLEXEC_MODE itself
    **{
        (client, kind): Step.DONE  # mended; the weather cannot be
        for client in ("careful-no", "careful-depends", "careful-yes")
        for kind in (Kind.LOOSE_PROXY, Kind.ODD_MODE)
    },
}
"""Where the node is kinder than the weather, or the client helps itself."""
STAGES = {stage.command: stage for profile in PROFILES.values() for stage in profile.stages}
AT = Place("/tmp/replay-0/somebody")


def test_every_profile_is_replayed_and_a_careful_one_once_for_each_answer() -> None:
    assert [name for name in CLIENTS if name not in PROFILES] == ["careful-no", "careful-depends", "careful-yes"]
    assert set(PROFILES) - set(CLIENTS) == {"careful"}
    assert set(LAST) == set(CLIENTS)


@pytest.mark.parametrize("mode", [Mode.LOG_ONLY, Mode.SETUID])
@pytest.mark.parametrize("authority", SERVICES)
def test_the_sites_that_are_shipped_let_every_client_be_replayed(mode: Mode, authority: Authority) -> None:
    """At another site the cells do not apply (scenarios/failure/conftest.py), and nobody would miss them."""
    site, why_not = Choice.of_examples().site_for(mode, authority)
    assert site, why_not
    assert (site.answers.needs_trace, site.answers.multi_user_pilots, site.tells_causes) == (True, MultiUser.YES, True)


def test_every_call_that_a_profile_tells_of_can_be_made_and_no_other() -> None:
    assert set(STAGES) | {CANARY.command} == set(WAYS)


@pytest.mark.parametrize("command", STAGES)
def test_a_call_runs_the_payload_only_where_the_profile_says_so(command: str) -> None:
    shown = " ".join(word for errand in WAYS[command](AT, "/tmp/made") for word in errand.argv)
    assert (AT.marks in shown) == (STAGES[command].moment.name == "RUN")


@pytest.mark.parametrize("command", STAGES)
def test_who_looks_for_a_sign_of_the_start_gets_one(command: str) -> None:
    signs = [bool(errand.handshake or errand.leaves) for errand in WAYS[command](AT, "/tmp/made")]
    assert any(signs) == STAGES[command].good.starts


@pytest.mark.parametrize(("client", "kind"), list(itertools.product(LAST, WEATHER)))
def test_what_is_documented_is_what_the_profile_decides(client: str, kind: Kind) -> None:
    given = CLIENTS[client]
    walked = walk(given.profile, WEATHERS[WEATHER[kind]], given.answers, Situation(runs=0))[-1].step
    decided = KINDER.get((client, kind), walked)
    assert Documented(kind, Mode.SETUID).fate(client).step == str(decided)


def test_a_payload_that_the_pilot_runs_in_secret_has_the_pilots_uid_in_every_mode() -> None:
    for mode in (Mode.LOG_ONLY, Mode.SETUID):
        fate = Documented(Kind.DENIED, mode).fate("dirac")
        assert (fate.end, fate.step, fate.code, fate.ran_as) == (End.SILENT, str(Step.IN_PROCESS), 203, ("pilot",))


def test_only_a_switch_that_changes_the_uid_separates() -> None:
    assert Documented(Kind.WELL, Mode.SETUID).fate("blah").end is End.SEPARATED
    assert Documented(Kind.WELL, Mode.LOG_ONLY).fate("blah").end is End.UNSEPARATED


def test_a_careful_client_runs_no_denied_user_under_any_answer() -> None:
    for client, kind in itertools.product(CLIENTS, (Kind.DENIED, Kind.BANNED, Kind.BANNED_NOISE)):
        if CLIENTS[client].profile.careful:
            assert Documented(kind, Mode.SETUID).fate(client).end is End.RETURNED


@pytest.mark.parametrize(
    ("last", "traces", "end"),
    [
        (Step.DONE, Traces(("pool alpha",), switched=True, recorded=True), End.SEPARATED),
        (Step.FAIL, Traces(("pool alpha",), switched=True, recorded=True), End.SEPARATED),
        (Step.DONE, Traces(("pilot",), switched=True, recorded=True), End.UNSEPARATED),
        (Step.BYPASS, Traces(("pilot",), switched=False, recorded=True), End.UNSEPARATED),
        (Step.BYPASS, Traces(("pilot",), switched=False, recorded=False), End.SILENT),
        (Step.DONE, Traces(("pilot",), switched=False, recorded=False), End.SILENT),
        (Step.DONE, Traces(("root",), switched=True, recorded=True), End.SILENT),
        (Step.DONE, Traces(("pool alpha", "pilot"), switched=True, recorded=True), End.UNSEPARATED),
        (Step.DONE, Traces((), switched=True, recorded=True), End.RETURNED),
        (Step.IN_PROCESS, Traces((), switched=False, recorded=False), End.RETURNED),
        (Step.FAIL, Traces((), switched=False, recorded=False), End.LOST),
        (Step.WAIT, Traces((), switched=False, recorded=False), End.HUNG),
    ],
)
def test_the_end_is_what_the_node_says_and_not_what_the_client_claims(last: Step, traces: Traces, end: End) -> None:
    assert end_of(last, traces) is end
