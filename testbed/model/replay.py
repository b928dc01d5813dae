"""What became of a payload in the hands of one client under one circumstance: a real run, told as values."""

import json
from dataclasses import asdict, dataclass, field

from testbed.model.failure import Failure
from testbed.model.outcome import End

OURS = "agent (ours)"
"""The pilot of this testbed beside the clients that are replayed: its rows come from scenarios that send it."""
UNASKED = "not asked"
"""In place of an answer to question 4, for clients that never look at it."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What is documented of a replay and compared as a whole; ``ran_as`` and ``recorded`` are the node's own words."""

    end: End
    step: str
    """The client's last word: one of `testbed.pilot.profiles.step.Step`."""
    code: int | None = None
    """What the last call of the switch ended with; ``None``: none was made, or it never ended."""
    ran_as: tuple[str, ...] = ()
    """Who each run of the payload belonged to: ``pilot``, ``pool alpha``. Two of them: it ran twice."""
    guess: Failure | None = field(default=None, compare=False)
    """What the client took it for; ``None``: it made itself no picture."""

    def __str__(self) -> str:
        words = [f"{self.end}" + (f" as {' and as '.join(self.ran_as)}" if self.ran_as else ""), self.step]
        words += [] if self.code is None else [f"code {self.code}"]
        return ", ".join([*words, f"taken for {self.guess or 'nothing'}"])


@dataclass(frozen=True, slots=True)
class Replay:
    """One client, one payload, one circumstance. ``truth`` is the class of what was really wrong."""

    client: str
    answer: str
    """To question 4, or `UNASKED`."""
    mode: str
    circumstance: str
    """The fault's word, or what else was the matter: ``banned``, ``noise``."""
    truth: Failure
    fate: Fate
    switched: bool = field(compare=False, default=False)
    """Whether it was the switch that ran the payload, where it ran."""
    told: str = field(compare=False, default="")
    """What the user or the operator hears of it."""
    calls: int = field(compare=False, default=0)
    """Of the switch."""
    cause: str = field(compare=False, default="")
    """Why the switch ran nothing, where it was told: ``denied banned``."""
    seconds: float = field(compare=False, default=0.0)
    """From the client's start to its last word, its own pauses shortened."""

    @property
    def ran(self) -> bool:
        """Whether the payload ran at all."""
        return bool(self.fate.ran_as)

    @property
    def against_a_denial(self) -> bool:
        """Whether the payload of a user who is refused ran all the same."""
        return self.truth is Failure.DENIED and self.ran

    @property
    def exposed(self) -> bool:
        """Whether the payload ran in the pilot's place, past the switch."""
        return self.ran and not self.switched

    def json(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def parse(cls, line: str) -> "Replay":
        """The replay of such a line. Raises ValueError, KeyError or TypeError when it is none."""
        fields = json.loads(line)
        fate = fields["fate"]
        fate["end"], fate["ran_as"] = End(fate["end"]), tuple(fate["ran_as"])
        fate["guess"] = Failure(fate["guess"]) if fate["guess"] else None
        fields["fate"], fields["truth"] = Fate(**fate), Failure(fields["truth"])
        return cls(**fields)
