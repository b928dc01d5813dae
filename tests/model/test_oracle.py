"""The oracle: every cell has an answer, and the answers say what the documents say."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.model.answers import OnInternalError
from testbed.model.attack import ORDER, Attack
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import AXES, Authority, Cell, cells
from testbed.model.condition import NEVER_OPEN, Condition, Situation
from testbed.model.consequence import CONSEQUENCES, SERVICES, UNTOLD, Waits
from testbed.model.failure import Failure
from testbed.model.fault import Fault
from testbed.model.measure import Measure
from testbed.model.mode import WAYS, Mode
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.model.oracle import RULES, expected
from testbed.model.outcome import End

ALWAYS = ("mode", "authority", "user")
SOMETIMES = tuple(axis for axis in AXES if axis not in (*ALWAYS, "attack", "measure"))
EVERYTHING = [
    *(
        cell
        for count in range(len(SOMETIMES) + 1)
        for axes in itertools.combinations(SOMETIMES, count)
        for cell in cells(**{axis: " ".join(AXES[axis]) for axis in (*ALWAYS, *axes)})
    ),
    *cells(mode=" ".join(Mode), attack=" ".join(Attack)),
    *cells(mode=" ".join(Mode), measure=" ".join(Measure)),
    *cells(mode=" ".join(Mode), attack=" ".join(Attack), measure=" ".join(Measure)),
    *cells(mode="none setuid", authority="gridmap argus", attack="bobs-proxy weaker-mode", fault=" ".join(Fault)),
]


def test_every_rule_decides_some_cell_and_cites_its_source() -> None:
    deciding = {expected(cell, pool).rule.name for cell in EVERYTHING for pool in ("alpha", None)}
    deciding.add(expected(Cell.parse("setuid-argus-split-brain"), "alpha", endpoints=1).rule.name)
    assert deciding == {rule.name for rule in RULES}
    assert all(rule.source and rule.says for rule in RULES)


@pytest.mark.parametrize("mode", Mode)
def test_an_attack_comes_to_what_the_catalogue_says_of_the_mode(mode: Mode) -> None:
    for attack, threat in CATALOGUE.items():
        outcome = expected(Cell(mode, attack=attack), "alpha").outcome
        letter = threat.letters[ORDER.index(mode)]
        assert (outcome is None) == (letter == "-")
        if outcome is not None:
            assert outcome.protects == (letter == "B")
            assert outcome == replace(expected(Cell(mode), "alpha").outcome, attack=outcome.attack)


@pytest.mark.parametrize("mode", Mode)
def test_a_uid_of_the_payloads_own_a_container_and_a_machine_stop_every_theft_of_files(mode: Mode) -> None:
    for attack in (Attack.BOBS_PROXY, Attack.BOBS_FILE, Attack.PILOTS_PROXY):
        outcome = expected(Cell(mode, attack=attack), "alpha").outcome
        assert outcome is not None
        assert outcome.protects == WAYS[mode].separates


def test_no_answer_to_question_four_lets_a_refused_user_run() -> None:
    for cell in EVERYTHING:
        if WAYS[cell.mode].calls_switch and cell.fault == "none" and cell.on_internal_error is None:
            outcome = expected(cell, None).outcome
            assert outcome is not None
            assert (outcome.end, outcome.code) == (End.RETURNED, 203)


def test_a_payload_never_runs_unseparated_in_silence() -> None:
    outcomes = [expected(cell, pool).outcome for cell in EVERYTHING for pool in ("alpha", None)]
    assert all(outcome.end is not End.SILENT for outcome in outcomes if outcome)


def test_a_cell_without_meaning_says_why() -> None:
    meaningless = [expected(cell, "alpha") for cell in EVERYTHING if expected(cell, "alpha").outcome is None]
    assert meaningless
    assert all(expectation.meaningless for expectation in meaningless)


def test_where_a_cell_gives_no_answer_the_sites_own_counts() -> None:
    cell = Cell.parse("setuid-gridmap-no-config")
    ends = {answer: expected(cell, "alpha", answer).outcome.end for answer in OnInternalError}  # type: ignore[union-attr]
    assert ends == {"no": End.RETURNED, "depends": End.RETURNED, "yes": End.UNSEPARATED}


def test_every_fault_has_its_consequence() -> None:
    assert set(CONSEQUENCES) | set(NODE_CONSEQUENCES) == set(Fault) - {Fault.NONE, Fault.NO_CONFIG}
    assert not set(CONSEQUENCES) & set(NODE_CONSEQUENCES)
    assert all(each.source and bool(each.because) == (len(each.modes) == 1) for each in NODE_CONSEQUENCES.values())
    assert all(each.source and each.meant for each in CONSEQUENCES.values())
    assert all(bool(each.because) == (each.meant != SERVICES) for each in CONSEQUENCES.values())


def test_the_causes_of_the_model_are_those_that_the_switch_knows() -> None:
    source = (Path(__file__).parents[2] / "images/worker-node/glexec/cause.c").read_text()
    known = set(re.findall(r'\{NOT_AUTHORISED, "(\S+)", "(\S+)"\}', source))
    meant = {each.cause_with(authority) for each in CONSEQUENCES.values() for authority in each.meant} - {None}
    assert {(cause.kind, cause.reason) for cause in meant if cause} <= known


def test_no_fault_of_the_authority_makes_a_payload_run_unless_the_site_says_so_of_no_decision() -> None:
    """Under a fault that keeps an answer away nothing runs; with the answer yes the pilot may, and says so."""
    for fault, consequence in CONSEQUENCES.items():
        for authority in consequence.meant:
            cause = consequence.cause_with(authority)
            for answer in OnInternalError:
                outcome = expected(Cell(Mode.SETUID, authority, fault), "alpha", answer).outcome
                assert outcome is not None
                if cause is None:
                    assert (outcome.end, outcome.code) == (End.SEPARATED, 0)
                elif cause.kind in UNTOLD and cause.reason not in NEVER_OPEN and answer is OnInternalError.YES:
                    assert (outcome.end, outcome.code) == (End.UNSEPARATED, 0)
                else:
                    assert (outcome.end, outcome.code) == (End.RETURNED, 203)


@pytest.mark.parametrize("fault", ["refused", "deny", "account-unknown"])
def test_where_the_switch_does_not_tell_why_a_canary_that_is_refused_as_well_is_an_outage(fault: str) -> None:
    for answer, end in (("yes", End.UNSEPARATED), ("no", End.RETURNED)):
        silent = expected(Cell.parse(f"setuid-argus-{fault}-{answer}"), "alpha", tells=False).outcome
        assert silent is not None
        assert silent.end is end
    unmapped = expected(Cell.parse("setuid-argus-dave"), None, OnInternalError.YES, tells=False).outcome
    assert unmapped is not None
    assert unmapped.end is End.RETURNED, "the canary of a pilot that is mapped passes"


def test_where_nobody_is_asked_nothing_of_it_can_fail() -> None:
    for fault in CONSEQUENCES:
        assert expected(Cell(Mode.SETUID, Authority.GRIDMAP, fault), "alpha").outcome is None
        assert expected(Cell(Mode.NONE, Authority.ARGUS, fault), "alpha").outcome is None


def test_a_call_sits_out_as_many_time_limits_as_there_are_endpoints_that_it_waits_for() -> None:
    for authority, tries in {Authority.ARGUS: 1, Authority.SCAS: 2, Authority.GUMS: 2}.items():
        bounds: dict[Waits, set[float]] = {waits: set() for waits in Waits}
        for each in CONSEQUENCES.values():
            bounds[each.waits].add(each.bound(authority, 10, 2))
        never, first, every = (bounds[waits].pop() for waits in Waits)
        assert (first - never, every - never) == (10 * tries, 20 * tries)
        assert not any(bounds.values())


DEPENDS = (
    Condition(causes=("service-unreachable", "site"), roles=("production",)),
    Condition(causes=("service-broken",), runs_at_most=2),
)
PRODUCTION = Situation(fqans=("/alpha/Role=production", "/alpha"), runs=2)


def end(cell: str, situation: Situation, **others: bool) -> End:
    found = expected(Cell.parse(cell), "alpha", conditions=DEPENDS, situation=situation, **others)  # type: ignore[arg-type]
    assert found.outcome
    assert found.ruling
    assert found.ruling.allowed == (found.outcome.end is End.UNSEPARATED)
    return found.outcome.end


def test_what_could_not_be_recorded_is_not_said_to_be_allowed_where_glexec_is_required() -> None:
    """Its rule refuses it whatever question 4 says: `testbed explain` is not to give a yes as the reason."""
    assert end("setuid-argus-log-dead-yes", PRODUCTION) is End.RETURNED


def test_what_depends_is_judged_by_the_sites_conditions() -> None:
    assert end("setuid-argus-refused-depends", PRODUCTION) is End.UNSEPARATED
    assert end("setuid-gridmap-no-config-depends", PRODUCTION) is End.RETURNED, "nobody could ask to be told why"
    assert end("setuid-gridmap-policy-missing-depends", PRODUCTION) is End.UNSEPARATED
    assert end("setuid-gridmap-tmp-full-depends", Situation()) is End.RETURNED
    assert end("setuid-argus-refused-depends", Situation()) is End.RETURNED, "nobody's role is known"
    assert end("setuid-argus-hang-in-tls-depends", PRODUCTION) is End.RETURNED, "no condition names it"
    assert end("setuid-argus-html-depends", PRODUCTION) is End.RETURNED, "two payloads have run already"
    assert end("setuid-argus-html-depends", Situation(runs=1)) is End.UNSEPARATED
    assert end("setuid-argus-refused-depends", PRODUCTION, tells=False) is End.RETURNED


def test_a_cells_own_depends_is_on_the_examples_where_the_site_states_nothing() -> None:
    """docs/scenarios.md. A site that answers so itself, and states nothing, has said no."""
    hers = Situation(fqans=("/alpha/Role=production", "/alpha"), runs=0)
    for fault, ends in {
        "refused": (End.UNSEPARATED, End.UNSEPARATED),
        "indeterminate": (End.UNSEPARATED, End.RETURNED),
        "tls-unknown-ca": (End.RETURNED, End.RETURNED),
        "deny": (End.RETURNED, End.RETURNED),
    }.items():
        cell = Cell.parse(f"setuid-argus-{fault}-depends")
        outcomes = [expected(cell, "alpha", situation=each).outcome for each in (hers, Situation(runs=0))]
        assert tuple(outcome.end for outcome in outcomes if outcome) == ends
    site = Cell.parse("setuid-argus-refused")
    outcome = expected(site, "alpha", OnInternalError.DEPENDS, situation=hers).outcome
    assert outcome
    assert outcome.end is End.RETURNED


def test_a_condition_counts_for_the_answer_depends_only() -> None:
    assert end("setuid-argus-refused-no", PRODUCTION) is End.RETURNED
    assert end("setuid-argus-html-yes", Situation()) is End.UNSEPARATED


@pytest.mark.parametrize("fault", ["account-unknown", "account-shortened", "secondary-group-unknown"])
def test_an_account_that_the_node_does_not_have_is_run_by_nobody(fault: str) -> None:
    everything = (Condition(vos=("alpha",)), Condition(causes=("unavailable",)))
    for answer in OnInternalError:
        cell = Cell.parse(f"setuid-argus-{fault}-{answer}")
        found = expected(cell, "alpha", conditions=everything, situation=Situation(vo="alpha")).outcome
        assert found
        assert (found.end, found.code) == (End.RETURNED, 203)


def test_the_causes_of_faults_of_the_node_are_those_that_the_switch_knows_with_their_codes() -> None:
    source = (Path(__file__).parents[2] / "images/worker-node/glexec/cause.c").read_text()
    names = {"SYSTEM_FAULT": 202, "NOT_AUTHORISED": 203, "CALLER_FAULT": 201}
    known = {
        (kind, reason): names.get(code) for code, kind, reason in re.findall(r'\{(\w+), "(\S+)", "(\S+)"\}', source)
    }
    for each in NODE_CONSEQUENCES.values():
        for mode in each.modes:
            if cause := each.cause_in(mode):
                assert known[cause.kind, cause.reason] == each.code_in(mode)


def test_under_a_fault_of_the_node_a_payload_runs_unseparated_only_by_leave_and_never_without_a_record() -> None:
    for fault, each in NODE_CONSEQUENCES.items():
        for answer in OnInternalError:
            outcome = expected(Cell(Mode.SETUID, Authority.GRIDMAP, fault), "alpha", answer).outcome
            assert outcome is not None
            if each.cause_in(Mode.SETUID) is None:
                assert (outcome.end, outcome.code) == (End.SEPARATED, 0)
            elif each.cause_in(Mode.SETUID).reason in NEVER_OPEN and each.told:
                assert (outcome.end, outcome.code) == (End.RETURNED, 203)
            elif each.failure_in(Mode.SETUID) is Failure.INTERNAL and answer is OnInternalError.YES:
                assert (outcome.end, outcome.code) == (End.UNSEPARATED, 0)
            else:
                assert (outcome.end, outcome.code) == (End.RETURNED, each.code_in(Mode.SETUID))


def test_a_fault_that_a_node_cannot_have_has_no_meaning_there() -> None:
    assert "set-id bit" in expected(Cell.parse("log-only-gridmap-set-id-lost"), "alpha").meaningless
    assert "map files" in expected(Cell.parse("setuid-argus-pool-exhausted"), "alpha").meaningless
    assert expected(Cell.parse("setuid-argus-log-dead"), "alpha").outcome is not None
