"""What attacks come to: the outcome is that of the mode, with what the catalogue says of the attempt."""

from dataclasses import replace

from testbed.model.attack import Chance, Threat
from testbed.model.case import Case
from testbed.model.catalogue import CATALOGUE
from testbed.model.outcome import Attempt, Outcome
from testbed.model.rules.modes import MODES
from testbed.model.rules.rule import Rule, meaningless


def _threat(case: Case) -> Threat | None:
    return CATALOGUE[case.cell.attack] if case.cell.attack else None


def _idle(case: Case) -> bool:
    """Whether the measure of a case does nothing against its attack in its mode."""
    cell, threat = case.cell, _threat(case)
    return bool(threat and cell.measure and cell.mode not in threat.measures.get(cell.measure, ()))


def _absent(case: Case) -> bool:
    """Whether there is nothing in this mode, or on this node, that the attack could be tried on."""
    threat = _threat(case)
    return threat is not None and threat.chance(case.cell.mode, case.kernel) is Chance.MEANINGLESS


def _tried(threat: Threat) -> Rule:
    def outcome(case: Case) -> Outcome | None:
        ran = next(rule for rule in MODES if rule.fits(case)).outcome(case)
        chance = threat.chance(case.cell.mode, case.kernel, case.cell.measure, *case.standing)
        attempt = Attempt.SUCCEEDED if chance is Chance.SUCCEEDS else Attempt.BLOCKED
        return replace(ran, attack=attempt) if ran else None

    return Rule(
        threat.says,
        threat.why,
        f"catalogue of attacks, {threat.number} (docs/separation.md)",
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
    Rule(
        "an attack needs something to be tried on",
        "in this mode, or with this kernel, there is nothing of the kind",
        "definition of the attacks",
        _absent,
        meaningless,
    ),
    Rule(
        "a counter-measure needs an attack that it is against",
        "the measure does nothing against this attack in this mode",
        "definition of the counter-measures",
        _idle,
        meaningless,
    ),
    *(_tried(threat) for threat in CATALOGUE.values()),
)
"""What somebody's payload tries, and what is done against that."""
