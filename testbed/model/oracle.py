"""What a cell is documented to do: ordered rules, each with its source. The first that fits decides."""

from dataclasses import dataclass, replace

from testbed.model.answers import OnInternalError
from testbed.model.attack import Chance, Threat
from testbed.model.case import Case
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Cell
from testbed.model.condition import Condition, Situation
from testbed.model.failure import Failure
from testbed.model.kernel import Kernel
from testbed.model.outcome import Attempt, Outcome
from testbed.model.policy import Ruling
from testbed.model.rules.failures import NOBODY, NODE, SERVICE, SWITCH, UNMAPPED
from testbed.model.rules.meaning import MEANINGLESS
from testbed.model.rules.modes import MODES
from testbed.model.rules.rule import Rule, meaningless


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of a cell, and the rule that says so."""

    outcome: Outcome | None
    rule: Rule
    ruling: Ruling | None = None
    """What question 4 says, where the pilot has to ask it."""

    @property
    def meaningless(self) -> str:
        """Why the cell has no meaning; empty when it has one."""
        return self.rule.says if self.outcome is None else ""


def expected(
    cell: Cell,
    pool: str | None,
    sites_answer: OnInternalError = OnInternalError.NO,
    *,
    tells: bool = True,
    endpoints: int = 2,
    conditions: tuple[Condition, ...] = (),
    situation: Situation | None = None,
    needs_trace: bool = True,
    kernel: Kernel | None = None,
) -> Expectation:
    """The expectation of a cell at a site that maps the cell's user to ``pool`` (``None``: to nobody); see `Case`."""
    case = Case(cell, pool, sites_answer, tells, endpoints, conditions, situation or Situation(), needs_trace)
    case = replace(case, kernel=kernel or case.kernel)
    return expected_of(case)


def expected_of(case: Case) -> Expectation:
    """The expectation of a case."""
    rule = next(rule for rule in RULES if rule.fits(case))
    outcome = rule.outcome(case)
    asked = outcome is not None and case.failure in (Failure.INTERNAL, Failure.TRACELESS)
    return Expectation(outcome, rule, case.ruling if asked else None)


def _tried(threat: Threat) -> Rule:
    """What an attack of the catalogue comes to, beside what becomes of the payload that tries it."""

    def outcome(case: Case) -> Outcome | None:
        cell = case.cell
        chance = threat.chance(cell.mode, case.kernel, cell.measure)
        if chance is Chance.MEANINGLESS or (cell.measure and cell.mode not in threat.measures.get(cell.measure, ())):
            return None
        ran = expected_of(replace(case, cell=replace(cell, attack=None, measure=None))).outcome
        attempt = Attempt.SUCCEEDED if chance is Chance.SUCCEEDS else Attempt.BLOCKED
        return replace(ran, attack=attempt) if ran else None

    return Rule(
        f"{threat.number}: {threat.says}",
        "there is nothing of the kind in this mode, or the measure does nothing against it here",
        threat.why,
        lambda case: case.cell.attack is threat.attack,
        outcome,
    )


ATTACKS: tuple[Rule, ...] = (
    Rule(
        "a counter-measure needs an attack",
        "nothing is done against nothing",
        "definition of the counter-measures",
        lambda case: case.cell.measure is not None and case.cell.attack is None,
        meaningless,
    ),
    *(_tried(threat) for threat in CATALOGUE.values()),
)
"""What somebody's payload tries, and what is done against that: the outcome is that of the mode, with the attempt's."""

RULES: tuple[Rule, ...] = (
    *MEANINGLESS,
    *SWITCH,
    *NOBODY,
    *NODE,
    *SERVICE,
    *UNMAPPED,
    *ATTACKS,
    *MODES,
)
