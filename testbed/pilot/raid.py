"""A raid: what the attacks of one stage achieved, in one mode, on one worker node."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from testbed.model.attack import Attack
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Raid:
    """What was achieved. ``ran`` is what became of the payload that tried, or that left things behind."""

    ran: Outcome
    attempts: Mapping[Attack, tuple[Attempt, str]]
    """The achievement of each attack, and what was seen of it."""
    untried: Mapping[Attack, str] = field(default_factory=dict)
    """Why an attack could not be tried on this node: there is no cron, for one. It is not applicable then."""

    def outcome(self, attack: Attack) -> Outcome:
        """The outcome of one attack. One that nobody tried is a `Problem`, never "blocked"."""
        if attack not in self.attempts:
            why = self.untried.get(attack, "nobody says why")
            found = f"{why}\n{self.ran}\n{self.ran.out}{self.ran.err}"
            raise Problem(f"the attack {attack} could not be tried", found=found)
        attempt, saw = self.attempts[attack]
        return replace(self.ran, attack=attempt, out=saw)

    def json(self) -> dict[str, Any]:
        """All of it as JSON data, for the evidence."""
        tried = {str(attack): {"attempt": str(attempt), "saw": saw} for attack, (attempt, saw) in self.attempts.items()}
        untried = {str(attack): why for attack, why in self.untried.items()}
        return {"payload": str(self.ran), "attempts": tried, "untried": untried}

    def joined(self, other: "Raid") -> "Raid":
        """Both in one; the payload is this one's."""
        return Raid(self.ran, {**self.attempts, **other.attempts}, {**self.untried, **other.untried})
