"""What a cell is documented to do: ordered rules, each with its source. The first that fits decides."""

from dataclasses import dataclass, replace

from testbed.model.answers import OnInternalError
from testbed.model.case import Case
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Cell
from testbed.model.condition import Condition, Situation
from testbed.model.failure import Failure
from testbed.model.kernel import Kernel
from testbed.model.measure import Measure
from testbed.model.outcome import Outcome
from testbed.model.policy import Ruling
from testbed.model.rules.attacks import ATTACKS
from testbed.model.rules.failures import NOBODY, NODE, SERVICE, SWITCH, UNMAPPED
from testbed.model.rules.meaning import MEANINGLESS
from testbed.model.rules.modes import MODES
from testbed.model.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of a cell, and the rule that says so."""

    outcome: Outcome | None
    rule: Rule
    ruling: Ruling | None = None
    """What question 4 says, where the pilot has to ask it."""
    stopped_by: tuple[Measure, ...] = ()
    """What the site does against the attack anyway, whatever the cell's own counter-measure."""

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
    standing: tuple[Measure, ...] = (),
) -> Expectation:
    """The expectation of a cell at a site that maps the cell's user to ``pool`` (``None``: to nobody); see `Case`."""
    case = Case(cell, pool, sites_answer, tells, endpoints, conditions, situation or Situation(), needs_trace)
    case = replace(case, kernel=kernel or case.kernel, standing=standing)
    return expected_of(case)


def expected_of(case: Case) -> Expectation:
    """The expectation of a case."""
    rule = next(rule for rule in RULES if rule.fits(case))
    outcome = rule.outcome(case)
    asked = outcome is not None and case.failure in (Failure.INTERNAL, Failure.TRACELESS)
    threat = CATALOGUE[case.cell.attack] if case.cell.attack else None
    stopped_by = threat.stopped_by(case.cell.mode, *case.standing) if threat else ()
    return Expectation(outcome, rule, case.ruling if asked else None, stopped_by)


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
