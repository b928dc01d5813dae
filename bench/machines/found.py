"""What was measured of virtual machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from testbed.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Together:
    """Machines that were started at one moment: seconds of each, KiB of each kind for each, what failed."""

    seconds: Sequence[float]
    memory: Sequence[Mapping[str, int]]
    complaints: Sequence[str]

    def mebibytes(self, kind: str) -> float:
        """Of one machine on average."""
        return mean(each[kind] for each in self.memory) / 1024


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was measured; times in seconds, from the launcher's start to the payload's first word."""

    accelerator: str
    first: float
    """The first payload's on this node: its machine is booted and saved before it goes on."""
    restored: Sequence[float]
    booted: Sequence[float]
    alone: Together
    together: Together

    @classmethod
    def of(cls, data: Mapping[str, Any], accelerator: str) -> "Found":
        """What the node printed. A machine that did not come up while it was alone ends the bench."""
        series = {name: data[name] for name in ("restored", "booted")} | {"first": [data["first"]]}
        for name, times in series.items():
            if bad := [each for each in times if isinstance(each, str)]:
                raise Problem("a machine did not come up", where=name, found=bad[0] or "it said nothing")
        alone, together = (
            Together([each for each in data[name]["seconds"] if each], data[name]["memory"], data[name]["complaints"])
            for name in ("alone", "together")
        )
        if not alone.memory or not together.memory:
            raise Problem("no machine came up", found="; ".join((*alone.complaints, *together.complaints))[:500])
        return cls(accelerator, data["first"], data["restored"], data["booted"], alone, together)

    @property
    def restored_median(self) -> float:
        """Of all starts from a saved state, one machine at a time."""
        return median(self.restored)

    @property
    def booted_median(self) -> float:
        """Of all boots of the same run."""
        return median(self.booted)
