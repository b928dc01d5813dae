"""What the probe `identity` says of the payload that ran it."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """Who and where a payload is, in the words of its own kernel."""

    user: str
    group: str
    groups: Sequence[str]
    uids: Sequence[int]
    """Real, effective and saved."""
    gids: Sequence[int]
    capabilities: Mapping[str, str]
    """``CapInh``, ``CapPrm``, ``CapEff``, ``CapBnd``, ``CapAmb`` in hexadecimal, see proc(5)."""
    umask: str
    cwd: str
    environment: Sequence[str]
    """The names only."""
    descriptors: Mapping[str, str]
    """Number to kind and place of every open one."""

    @classmethod
    def parse(cls, text: str) -> "Facts":
        """The facts in the probe's output."""
        said = json.loads(text)
        return cls(**{field.name: said[field.name] for field in dataclasses.fields(cls)})

    @property
    def held_capabilities(self) -> int:
        """Every capability that it holds or could pass on; the bounding set is no holding."""
        sets = ("CapInh", "CapPrm", "CapEff", "CapAmb")
        return max(int(self.capabilities[name], 16) for name in sets)
