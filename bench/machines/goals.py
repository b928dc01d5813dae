"""What the virtual machines are to keep, each goal held against what was measured in the same run."""

from bench.goals import Goal
from bench.machines.found import Found

START = 0.35
"""Seconds from the launcher to the payload's first word, emulated, on two cores that nobody else uses (issue: our own
goal, beside a boot of about 2.8 s)."""
TIMES = 5
"""How often a machine starts from its saved state in the time of one boot: holds on a busy machine, too."""


def of_machines(found: Found, many: int) -> list[Goal]:
    """Medians, and that nobody is left behind."""
    return [
        Goal("start", "median of a saved machine's payload", found.restored_median, START, "s"),
        Goal(
            "against a boot", f"median <= 1/{TIMES} of a boot", found.restored_median, found.booted_median / TIMES, "s"
        ),
        Goal("at once", f"of {many} machines not up", many - len(found.together.seconds), 0, ""),
    ]
