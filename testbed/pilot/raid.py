"""A raid: what the attacks of one stage achieved, in one mode, on one worker node."""

import json
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


def raid_of(
    ran: Outcome, felt: Mapping[Attack, bool] | None = None, said: Mapping[str, Mapping[str, str]] | None = None
) -> Raid:
    """The findings that a payload printed, as JSON: attack -> what `testbed.node.probes.finding` says of it.

    ``felt`` says of attacks whether their victims felt them. Where they say otherwise nobody is believed: a `Problem`.
    ``said``: the findings where they are not all that it printed.
    """
    try:
        findings = json.loads(ran.out) if said is None else said
        found = {Attack(attack): (finding["attempt"], finding["saw"]) for attack, finding in findings.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        words = f"{ran}\n{ran.out}{ran.err}"
        raise Problem("a payload did not say what its attacks came to", found=words, cause=repr(error)) from error
    tried = {attack: (Attempt(word), saw) for attack, (word, saw) in found.items() if word in list(Attempt)}
    for attack, victims in (felt or {}).items():
        if attack in tried and (tried[attack][0] is Attempt.SUCCEEDED) != victims:
            words = f"{attack}: {tried[attack][1]}; its victim felt {'it' if victims else 'nothing'}"
            raise Problem("who attacked and who was attacked disagree", found=words)
    return Raid(ran, tried, {attack: saw for attack, (_, saw) in found.items() if attack not in tried})
