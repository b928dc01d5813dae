"""The catalogue of attacks, the counter-measures and what is only stated, as tables in Markdown: docs/separation.md."""

from collections.abc import Sequence

from testbed.model.attack import ENCLOSING, ORDER, Threat
from testbed.model.catalogue import CATALOGUE
from testbed.model.measure import REMEDIES, Measure
from testbed.model.stated import STATED

WORDS = {"S": "**succeeds**", "B": "blocked", "-": ""}
HEADING = ("attack", "no.", "what is tried", "none", "log-only", "setuid", "container", "vm", "why", "stopped by")


def table() -> str:
    """A row for each attack: what it comes to in each mode, why, and what stops it where it succeeds."""
    return _table(HEADING, [_row(threat) for threat in CATALOGUE.values()])


def measures() -> str:
    """A row for each counter-measure: what is done, by whom, at what cost, and against what."""
    rows = [
        (
            f"`{each.measure}`",
            each.says,
            each.who,
            each.costs,
            ", ".join(f"`{threat.attack}`" for threat in CATALOGUE.values() if each.measure in threat.measures),
            each.source,
        )
        for each in REMEDIES.values()
    ]
    return _table(("measure", "what is done", "by", "costs", "against", "source"), rows)


def uncontrolled() -> str:
    """A row for each attack that is not shown to succeed within a container or machine, and why not."""
    rows = [
        (f"`{attack}`", threat.no_control or "no mode lets it through: a site with a defect shows that its probe works")
        for attack, threat in CATALOGUE.items()
        if "B" in threat.letters[ORDER.index(ENCLOSING[0]) :] and not any(map(threat.controlled_in, ENCLOSING))
    ]
    return _table(("attack", "why nothing shows that it works in there"), rows)


def stated() -> str:
    """A row for each threat that is stated and not exploited."""
    rows = [(each.number, each.says, each.reaches, each.source) for each in STATED]
    return _table(("no.", "threat", "what it reaches", "source"), rows)


def _row(threat: Threat) -> tuple[str, ...]:
    stops = (f"`{measure}` ({_modes(threat, measure)})" for measure in threat.measures)
    letters = (WORDS[letter] for letter in threat.letters)
    return (f"`{threat.attack}`", threat.number, threat.says, *letters, threat.why, ", ".join(stops))


def _modes(threat: Threat, measure: Measure) -> str:
    return ", ".join(threat.measures[measure])


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"
