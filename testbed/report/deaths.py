"""What every blow of the kill suite comes to, as a table in Markdown, which docs/failures.md has."""

from testbed.model.death import SWITCHED, Death
from testbed.model.deaths import DEATHS
from testbed.model.mode import Mode


def table() -> str:
    """A row for each blow: how the queue has the payload then, how often it ran, what is left, and why."""
    head = ["killed", "step", "the payload", "has run", "may have run", "still runs", "proxies", "leases", "why"]
    rows = [_row(death) for death in DEATHS]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def _row(death: Death) -> list[str]:
    where = "" if death.modes == SWITCHED else f" ({', '.join(death.modes)})"
    return [
        f"{death.victim}{where}",
        str(death.step),
        death.then,
        "once" if death.ran else "no",
        "said" if death.doubt else "",
        _running(death),
        str(death.left(Mode.LOG_ONLY).proxies or ""),
        str(death.left(death.modes[0]).leases or ""),
        death.why,
    ]


def _running(death: Death) -> str:
    """How many processes, and how many of them the pilot account may signal in the mode setuid; and machines."""
    setuid = f" ({death.left(Mode.SETUID).killable})" if Mode.SETUID in death.modes else ""
    machine = " and the machine" if death.machines else ""
    return f"{death.running}{setuid}{machine}" if death.running else ""
