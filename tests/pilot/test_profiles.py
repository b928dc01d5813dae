"""The profiles of real clients, row by row of what their sources say: find, set, probe, look, retry, give up."""

import itertools

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import Condition, Situation
from testbed.model.effect import Cause
from testbed.model.failure import Canary, Failure, classify
from testbed.model.problem import Problem
from testbed.model.seen import Seen
from testbed.pilot.profiles import PROFILES, Moment, Sight, Step, decide, profile_of
from testbed.pilot.profiles.profile import PILOT
from testbed.pilot.profiles.walk import walk
from testbed.pilot.profiles.weather import HARMLESS_LINE, WEATHERS, refusal

NO, ALLOW, REQUIRE = Stance
STRICT = Answers(MultiUser.YES, REQUIRE, NO, OnInternalError.NO)
LENIENT = Answers(MultiUser.YES, REQUIRE, NO, OnInternalError.YES)
FREE = Answers(MultiUser.YES, NO, NO, OnInternalError.YES)
GOOD = Seen(0, out="Hello World\n", started=True)
BANNED = refusal(203, "denied", "banned")
AWAY = refusal(203, "unavailable", "service-unreachable")
OLD = [name for name in PROFILES if name != "careful"]


def step(name: str, moment: Moment, call: Seen | None = None, tries: int = 1, answers: Answers = STRICT) -> Step:
    return decide(PROFILES[name], Sight(moment, call, tries), answers).step


def end(name: str, weather: str, answers: Answers = STRICT, situation: Situation | None = None) -> Step:
    return walk(PROFILES[name], WEATHERS[weather], answers, situation)[-1].step


# --- every profile ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_cites_its_source_and_says_how_it_was_chosen(name: str) -> None:
    profile = PROFILES[name]
    assert profile.name == name
    assert profile.about
    assert profile.years
    assert profile.configured
    assert "/" in profile.source, "a repository and its file"


@pytest.mark.parametrize(("name", "weather"), list(itertools.product(PROFILES, WEATHERS)))
def test_every_client_comes_to_an_end_in_every_weather(name: str, weather: str) -> None:
    for answers in (STRICT, LENIENT, FREE):
        steps = walk(PROFILES[name], WEATHERS[weather], answers)
        assert [each.ends for each in steps] == [False] * (len(steps) - 1) + [True]
        assert all(each.why for each in steps)
        assert all(0 <= each.low <= each.high for each in steps)


def test_an_unknown_client_is_answered_with_the_nearest() -> None:
    with pytest.raises(Problem) as caught:
        profile_of("panda-ture")
    assert caught.value.remedy == "did you mean 'panda-true'?"


# --- what they find and set -------------------------------------------------------------------------------------------


FINDS = {
    "htcondor": ("GLEXEC of its configuration",),
    "dirac": ("$OSG_GLEXEC_LOCATION", "$GLITE_LOCATION/sbin/glexec", "PATH"),
    "dirac-paranoid": (
        "$OSG_GLEXEC_LOCATION",
        "$GLITE_LOCATION/sbin/glexec",
        "$GLEXEC_LOCATION/sbin/glexec",
        "/usr/sbin/glexec",
        "PATH",
    ),
    "panda-true": (
        "$OSG_GLEXEC_LOCATION",
        "$GLEXEC_LOCATION/sbin/glexec",
        "/usr/sbin/glexec",
        "$GLITE_LOCATION/sbin/glexec",
    ),
    "blah": ("blah_id_mapping_command_glexec",),
}


@pytest.mark.parametrize("name", FINDS)
def test_where_it_looks_for_glexec(name: str) -> None:
    assert PROFILES[name].finds == FINDS[name]


PLACES = {"payload_proxy": "/p/user", "pilot_proxy": "/p/pilot", "folder": "/f", "wrapped_environment": "WRAPPED"}
BOTH = {"GLEXEC_CLIENT_CERT": "/p/user", "GLEXEC_SOURCE_PROXY": "/p/user"}
SETS = {
    "htcondor": {"GLEXEC_CLIENT_CERT": "/p/user", "GLEXEC_TARGET_PROXY": "/dev/null"},
    "glideinwms-optional": {"GLEXEC_CLIENT_CERT": "/p/user", "GLEXEC_TARGET_PROXY": "/dev/null"},
    "dirac": BOTH,
    "dirac-paranoid": BOTH,
    "panda-true": {
        **BOTH,
        "GLEXEC_TARGET_PROXY": "/f/user_proxy",
        "GLEXEC_TARGET_DIR": "/f",
        "GLEXEC_ENV": "WRAPPED",
    },
    "blah": {**BOTH, "GLEXEC_MODE": "lcmaps_get_account", "GLEXEC_TARGET_PROXY": "/f/user_proxy"},
    "careful": BOTH,
}


@pytest.mark.parametrize("name", SETS)
def test_what_it_sets_for_the_payloads_call(name: str) -> None:
    stage = PROFILES[name].stage(Moment.RUN)
    assert stage
    assert PROFILES[name].variables(stage, **PLACES) == SETS[name]


PROBES = {
    # name: command begins with, whose credential, nothing on standard error, last line
    "glideinwms-optional": ("sh -c 'id && echo", True, False, "Hello World"),
    "dirac": ("a script: id, hostname", False, False, ""),
    "dirac-paranoid": ("a script that shows identity", False, False, ""),
    "panda-true": ("/bin/true", True, True, ""),
}


@pytest.mark.parametrize("name", PROFILES)
def test_what_it_probes_and_with_whose_credential(name: str) -> None:
    stage = PROFILES[name].stage(Moment.PROBE)
    kind = name.replace("-never", "-optional").replace("-required", "-optional").replace("-reschedule", "")
    if kind not in PROBES:
        assert stage is None
        return
    command, pilots, quiet, last = PROBES[kind]
    assert stage
    assert stage.command.startswith(command)
    assert (stage.credential == PILOT, stage.good.quiet, stage.good.last_line) == (pilots, quiet, last)
    own = PROFILES[name].variables(stage, **PLACES)
    assert own == ({"GLEXEC_CLIENT_CERT": "/p/pilot"} if pilots else SETS[kind])


# --- which codes they look at, and how often they ask again -----------------------------------------------------------


@pytest.mark.parametrize("moment", [Moment.SETUP, Moment.RUN, Moment.CLEANUP])
@pytest.mark.parametrize("code", [201, 202, 203, 126, 127, 1, -9])
def test_htcondor_asks_again_after_202_and_203_only(moment: Moment, code: int) -> None:
    first, last = (step("htcondor", moment, Seen(code), tries) for tries in (1, 4))
    assert first is (Step.RETRY if code in (202, 203) else Step.HOLD)
    assert last is Step.HOLD


def test_htcondor_pauses_a_multiple_of_its_delay_by_chance() -> None:
    """GLEXEC_RETRY_DELAY x (1 + random mod n), n the failures so far, at most a hundred times."""
    pauses = [decide(PROFILES["htcondor"], Sight(Moment.RUN, Seen(203), tries), STRICT) for tries in (1, 2, 3)]
    assert [(pause.low, pause.high) for pause in pauses] == [(5, 5), (5, 10), (5, 15)]
    assert pauses[2].scaled(0.1).high == pytest.approx(1.5)


def test_htcondor_knows_by_handshake_what_the_payload_ended_with() -> None:
    assert step("htcondor", Moment.RUN, Seen(203, started=True)) is Step.CALL
    assert [each.moment for each in walk(PROFILES["htcondor"], WEATHERS["payload-203"], STRICT)] == [
        Moment.SETUP,
        Moment.RUN,
        Moment.CLEANUP,
        None,
    ]


@pytest.mark.parametrize(
    ("moment", "code"), [(Moment.SETUP, "28"), (Moment.RUN, "6"), (Moment.CLEANUP, "30"), (Moment.EXPIRED, "28")]
)
def test_htcondor_holds_the_job_with_a_code_for_each_call(moment: Moment, code: str) -> None:
    found = decide(PROFILES["htcondor"], Sight(moment, Seen(201)), STRICT)
    assert found.step is Step.HOLD
    assert f"hold code {code}:" in found.why


def test_htcondor_can_give_a_job_back_that_could_not_be_set_up() -> None:
    assert step("htcondor-idle", Moment.SETUP, Seen(203), 4) is Step.RETURN
    assert step("htcondor-idle", Moment.CLEANUP, Seen(203), 4) is Step.HOLD


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (GOOD, Step.CALL),
        (Seen(0, out="uid=1\n"), Step.STOP),
        (Seen(0, out="Hello World\nx\n"), Step.STOP),
        (Seen(1, out="Hello World\n"), Step.STOP),
        (Seen(0, out="Hello World\n", err=HARMLESS_LINE), Step.CALL),
        (Seen(203), Step.STOP),
    ],
)
@pytest.mark.parametrize("name", ["glideinwms-optional", "glideinwms-required"])
def test_any_failure_of_a_probe_ends_the_glidein(name: str, call: Seen, expected: Step) -> None:
    assert step(name, Moment.PROBE, call) is expected


NEVER, OPTIONAL, REQUIRED = (f"glideinwms-{word}" for word in ("never", "optional", "required"))
NEGOTIATED = {
    # setuid, log-only at the site: what NEVER, OPTIONAL and REQUIRED come to
    (NO, NO): (Step.WITHOUT, Step.WITHOUT, Step.STOP),
    (ALLOW, NO): (Step.WITHOUT, Step.CALL, Step.CALL),
    (ALLOW, ALLOW): (Step.WITHOUT, Step.CALL, Step.CALL),
    (REQUIRE, NO): (Step.STOP, Step.CALL, Step.CALL),
    (NO, REQUIRE): (Step.STOP, Step.CALL, Step.CALL),
}


@pytest.mark.parametrize("pair", NEGOTIATED, ids="-".join)
def test_glideinwms_negotiates_the_vos_word_with_the_sites(pair: tuple[Stance, Stance]) -> None:
    answers = Answers(MultiUser.YES, *pair, OnInternalError.YES)
    assert tuple(step(name, Moment.START, answers=answers) for name in (NEVER, OPTIONAL, REQUIRED)) == NEGOTIATED[pair]


def test_a_glexec_that_is_configured_and_not_there_ends_even_an_optional_glidein() -> None:
    assert end(OPTIONAL, "missing") is Step.STOP


@pytest.mark.parametrize(
    ("code", "good"), [(0, True), (1, True), (126, True), (127, False), (129, False), (203, False), (255, False)]
)
def test_dirac_takes_everything_below_127_for_good(code: int, good: bool) -> None:
    assert step("dirac", Moment.PROBE, Seen(code)) is (Step.CALL if good else Step.IN_PROCESS)
    assert step("dirac", Moment.RUN, Seen(code, started=True)) is (Step.DONE if good else Step.FAIL)


def test_dirac_asks_for_nothing_a_second_time() -> None:
    assert [stage.retry for name in PROFILES if name.startswith("dirac") for stage in PROFILES[name].stages] == [
        None
    ] * 7


def test_dirac_gives_back_when_it_is_told_to_and_only_where_there_is_a_glexec() -> None:
    assert step("dirac-reschedule", Moment.PROBE, Seen(203)) is Step.RETURN
    assert step("dirac-reschedule", Moment.MISSING) is Step.IN_PROCESS, "no glexec, nothing to test: source"


@pytest.mark.parametrize("moment", [Moment.SETUP, Moment.PROBE])
@pytest.mark.parametrize("code", [1, 127, 201, 202, 203])
def test_the_paranoid_dirac_takes_any_code_but_0_for_an_error_and_goes_on_without(moment: Moment, code: int) -> None:
    assert step("dirac-paranoid", moment, Seen(code)) is Step.IN_PROCESS
    assert step("dirac-paranoid", moment, Seen(0)) is Step.CALL


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Seen(0), Step.CALL),
        (Seen(0, err=HARMLESS_LINE), Step.IN_PROCESS),
        (Seen(203), Step.IN_PROCESS),
        (Seen(1), Step.IN_PROCESS),
    ],
)
def test_panda_true_goes_on_without_when_its_probe_says_a_word(call: Seen, expected: Step) -> None:
    assert step("panda-true", Moment.PROBE, call) is expected


def test_panda_makes_its_folder_three_times_ten_seconds_apart() -> None:
    found = [decide(PROFILES["panda-test"], Sight(Moment.SETUP, Seen(203), tries), STRICT) for tries in (1, 2, 3)]
    assert [each.step for each in found] == [Step.RETRY, Step.RETRY, Step.FAIL]
    assert [each.high for each in found[:2]] == [10, 10]


def test_panda_looks_at_what_the_payload_left_and_at_no_code() -> None:
    assert step("panda-test", Moment.RUN, Seen(1, started=True)) is Step.DONE
    failed = decide(PROFILES["panda-test"], Sight(Moment.RUN, Seen(0)), STRICT)
    assert failed.step is Step.FAIL
    assert "1226" in failed.why


@pytest.mark.parametrize("answers", [STRICT, LENIENT, FREE])
def test_panda_false_runs_everybody_without_whatever_the_site_demands(answers: Answers) -> None:
    assert {end("panda-false", weather, answers) for weather in WEATHERS} == {Step.WITHOUT}


@pytest.mark.parametrize(("code", "expected"), [(0, Step.DONE), (1, Step.FAIL), (203, Step.FAIL), (None, Step.FAIL)])
def test_blah_passes_on_what_its_child_ended_with(code: int | None, expected: Step) -> None:
    assert step("blah", Moment.RUN, Seen(code)) is expected
    assert PROFILES["blah"].patience == 30


def test_who_has_no_time_limit_waits_for_ever() -> None:
    waiting = {name for name in PROFILES if end(name, "hangs") is Step.WAIT}
    assert waiting == {name for name in OLD if name not in ("blah", "panda-false", NEVER)}


# --- what they open, and what else they do ----------------------------------------------------------------------------


OPENS = {
    "glideinwms-optional": "chmod a+x",
    "dirac": "chmod 0755",
    "dirac-paranoid": "Rob-all-my-house",
    "panda-true": "mkgltempdir -t 777",
}


@pytest.mark.parametrize("name", OPENS)
def test_what_it_opens_so_that_the_switch_works(name: str) -> None:
    assert OPENS[name] in " ".join(PROFILES[name].loosens)


OTHERS = {
    "htcondor": ["update_proxy", "kill"],
    "dirac": ["without a command, to renew"],
    "dirac-paranoid": ["rm -rf"],
    "panda-true": ["mkgltempdir -r"],
    "blah": ["kill -s SIGTERM", "dd and mv"],
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_else_it_does_through_the_switch(name: str) -> None:
    said = " ".join(PROFILES[name].other_calls)
    assert [words for words in OTHERS[name] if words not in said] == []


def test_only_htcondor_and_who_builds_on_it_and_we_have_a_handshake() -> None:
    knowing = {name for name, profile in PROFILES.items() if profile.handshake}
    assert knowing == {"htcondor", "htcondor-idle", NEVER, OPTIONAL, REQUIRED, "careful"}


# --- what comes of it -------------------------------------------------------------------------------------------------


def run_as_pilot(weather: str, answers: Answers = STRICT) -> set[str]:
    found = {name: walk(PROFILES[name], WEATHERS[weather], answers)[-1] for name in PROFILES}
    return {name for name, last in found.items() if last.unseparated}


def test_who_runs_a_user_that_is_banned() -> None:
    """R6. DIRAC tests with the user's own proxy, and takes the refusal for a broken glexec."""
    assert run_as_pilot("denied") == {"dirac", "dirac-paranoid", "panda-false"}
    assert run_as_pilot("denied", LENIENT) == run_as_pilot("denied")


def test_one_harmless_line_on_standard_error_makes_panda_run_a_banned_user() -> None:
    assert run_as_pilot("noise") == {"panda-true", "panda-false"}
    assert run_as_pilot("denied-noise") == {"panda-true", "panda-false", "dirac", "dirac-paranoid"}


def test_an_outage_makes_old_clients_go_on_without_where_the_site_has_said_no() -> None:
    assert run_as_pilot("away") == {"panda-true", "panda-false", "dirac", "dirac-paranoid"}
    assert run_as_pilot("missing") == {"panda-true", "panda-false", "dirac", "dirac-paranoid", "dirac-reschedule"}


@pytest.mark.parametrize("weather", WEATHERS)
def test_question_4_is_heard_by_nobody_but_the_careful(weather: str) -> None:
    for name in OLD:
        ways = {
            answer: walk(PROFILES[name], WEATHERS[weather], Answers(MultiUser.YES, REQUIRE, NO, answer))
            for answer in OnInternalError
        }
        assert len(set(ways.values())) == 1, name


# --- the careful one --------------------------------------------------------------------------------------------------

CLASSES = {
    Failure.PAYLOAD: (Step.DONE, Step.DONE),
    Failure.DENIED: (Step.RETURN, Step.RETURN),
    Failure.MISUSED: (Step.RETURN, Step.RETURN),
    Failure.INTERNAL: (Step.RETURN, Step.BYPASS),
    Failure.TRACELESS: (Step.RETURN, Step.RETURN),  # the site requires glexec
}
NOBODYS = (Step.RETURN, Step.RETURN)
"""An internal error by its class; but nobody runs as an account that the node does not have."""


@pytest.mark.parametrize("weather", WEATHERS)
def test_the_careful_one_does_what_follows_from_the_class(weather: str) -> None:
    failure = WEATHERS[weather].failure
    if failure is Failure.AMBIGUOUS:
        failure = Failure.INTERNAL if weather == "203-all" else Failure.DENIED
    documented = NOBODYS if weather == "nobodys" else CLASSES[failure]
    assert (end("careful", weather, STRICT), end("careful", weather, LENIENT)) == documented


@pytest.mark.parametrize("weather", WEATHERS)
def test_the_class_of_a_weather_is_what_a_careful_client_sees(weather: str) -> None:
    if WEATHERS[weather].found:
        assert classify(WEATHERS[weather].payload) is WEATHERS[weather].failure


def test_the_careful_one_asks_question_1_first() -> None:
    assert end("careful", "well", Answers(MultiUser.NO, ALLOW, NO, OnInternalError.YES)) is Step.STOP
    some = Answers(MultiUser.DEPENDS, ALLOW, NO, OnInternalError.NO, multi_user_pilots_if=(Condition(vos=("alpha",)),))
    assert end("careful", "well", some, Situation(vo="alpha")) is Step.DONE
    assert end("careful", "well", some, Situation(vo="beta")) is Step.STOP


def test_the_careful_one_runs_without_where_the_site_has_none() -> None:
    assert end("careful", "well", FREE) is Step.WITHOUT


def test_the_careful_one_asks_a_canary_before_it_calls_anything_an_outage() -> None:
    steps = [each.step for each in walk(PROFILES["careful"], WEATHERS["203-user"], LENIENT)]
    assert steps == [Step.CALL, Step.CANARY, Step.RETURN]
    after = Sight(Moment.RUN, Seen(203), 3, Canary.FAILED)
    assert decide(PROFILES["careful"], after, LENIENT).step is Step.BYPASS
    assert decide(PROFILES["careful"], after, STRICT).step is Step.RETURN


def test_the_careful_one_tries_again_twice_with_pauses_that_differ() -> None:
    steps = walk(PROFILES["careful"], WEATHERS["away"], STRICT)
    assert [each.step for each in steps] == [Step.CALL, Step.RETRY, Step.RETRY, Step.RETURN]
    assert steps[2].low < steps[2].high


def test_the_careful_one_mends_its_call_once() -> None:
    steps = [each.step for each in walk(PROFILES["careful"], WEATHERS["misused"], LENIENT)]
    assert steps == [Step.CALL, Step.REPAIR, Step.RETURN]
    assert step("careful", Moment.EXPIRED, tries=1) is Step.REPAIR
    assert step("careful", Moment.EXPIRED, tries=2) is Step.RETURN


def test_the_careful_one_hears_conditions() -> None:
    condition = Condition(causes=("service-unreachable",), roles=("production",))
    answers = Answers(MultiUser.YES, REQUIRE, NO, OnInternalError.DEPENDS, on_internal_error_if=(condition,))
    production = Situation(fqans=("/alpha/Role=production",))
    assert end("careful", "away", answers, production) is Step.BYPASS
    assert end("careful", "away", answers, Situation(fqans=("/alpha",))) is Step.RETURN
    assert end("careful", "broken", answers, production) is Step.RETURN, "another cause"
    assert end("careful", "denied", answers, production) is Step.RETURN


def test_a_cause_that_is_not_told_makes_a_denial_of_an_outage_unless_the_canary_fails() -> None:
    untold = WEATHERS["away"].untold()
    assert untold.payload.cause is None
    assert AWAY.cause == Cause("unavailable", "service-unreachable")
    assert BANNED.cause == Cause("denied", "banned")
    last = walk(PROFILES["careful"], untold, LENIENT)[-1]
    assert last.step is Step.BYPASS
    assert walk(PROFILES["careful"], WEATHERS["denied"].untold(), LENIENT)[-1].step is Step.RETURN
