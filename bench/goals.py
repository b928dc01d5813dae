"""What the switch is to keep, each goal held against what was measured in the same run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.load import Load
from bench.race import Race
from bench.speed import Series

VOMS_ALLOWANCE = 15.0
"""Milliseconds that a call with VOMS attributes may take beyond LCMAPS."""
SUDOS = 2
"""How many calls of sudo a call with a plain proxy may take beyond LCMAPS."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: met when what was found is no more than what is allowed."""

    name: str
    says: str
    found: float
    allowed: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether it was kept."""
        return self.found <= self.allowed


def of_speed(series: Mapping[str, Series]) -> list[Goal]:
    """Medians against medians."""
    plain, lcmaps, sudo = (
        series[name].median for name in ("plain proxy, pool: glexec", "plain proxy, pool: lcmaps-account", "sudo")
    )
    set_id, log_only = series["plain proxy, set-id: glexec"], series["plain proxy, log-only: glexec"]
    voms, voms_lcmaps = series["VOMS proxy: glexec"].median, series["VOMS proxy: lcmaps-account"].median
    return [
        Goal("plain proxy", f"glexec <= {SUDOS} x sudo + LCMAPS", plain, SUDOS * sudo + lcmaps, "ms"),
        Goal("log-only", "glexec - glexec set-id <= noise", log_only.beyond(set_id), set_id.noise, "ms"),
        Goal("VOMS proxy", f"glexec <= LCMAPS + {VOMS_ALLOWANCE:g} ms", voms, voms_lcmaps + VOMS_ALLOWANCE, "ms"),
    ]


def of_load(load: Load) -> list[Goal]:
    """None may be somebody else, none may be forgotten."""
    return [
        Goal("identities", f"wrong ones of {load.calls} calls", len(load.wrong), 0, ""),
        Goal("records", f"lost or doubtful ones of {load.good} runs", len(load.lost), 0, ""),
    ]


def of_race(races: Sequence[Race]) -> list[Goal]:
    """Of the first race, which is the switch's: nobody goes away, nobody shares."""
    switch = races[0]
    first = f"failed ones of {switch.asked}"
    return [
        Goal("first accounts", first, switch.failed, 0, ""),
        Goal("own accounts", "newcomers who share one", switch.shared, 0, ""),
    ]
