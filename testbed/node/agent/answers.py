"""What the site answers: to question 1, whose payloads, and to question 4, whether past a switch that is broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .condition import Condition, Situation, by_conditions
from .failure import AMBIGUOUS, DENIED, MISUSED, PAYLOAD, TRACELESS

NEVER_OPEN = ("account-missing",)
"""Reasons that no answer covers: there was a decision, and it gave an account that the node does not have."""
NEVER = {
    DENIED: "a user who is refused is not run, whatever question 4 says",
    MISUSED: "the pilot's own fault is no internal error of the switch: mend it",
    AMBIGUOUS: "nobody knows whether this was a denial, so it is taken as one",
    PAYLOAD: "the payload has run",
}
NOBODY = (
    "there was a decision, and it gave an account that the node does not have; whoever shapes that would get round "
    "the switch"
)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the site answers to questions 1 and 4, and whether it demands glexec."""

    multi_user_pilots: str
    on_internal_error: str
    multi_user_pilots_if: Sequence[Condition] = ()
    on_internal_error_if: Sequence[Condition] = ()
    needs_trace: bool = False

    @classmethod
    def parse(cls, orders: Mapping[str, Any]) -> "Answers":
        """The answers in the orders."""
        for question in ("multi_user_pilots", "on_internal_error"):
            if orders[question] not in ("no", "depends", "yes"):
                raise ValueError(f"unknown answer: {orders[question]}")
        return cls(
            orders["multi_user_pilots"],
            orders["on_internal_error"],
            tuple(Condition.parse(each) for each in orders["multi_user_pilots_if"]),
            tuple(Condition.parse(each) for each in orders["on_internal_error_if"]),
            bool(orders["needs_trace"]),
        )

    def may_fetch(self, at: Situation) -> tuple[bool, str]:
        """Question 1: may the pilot run this payload of somebody else's here, and why?"""
        if self.multi_user_pilots == "depends":
            return by_conditions("question 1", self.multi_user_pilots_if, at, asks_for_cause=False)
        return self.multi_user_pilots == "yes", f"question 1 is answered {self.multi_user_pilots}"

    def may_run_itself(self, failure: str, at: Situation) -> tuple[bool, str]:
        """Question 4: after a call that came to this, may the pilot run the payload itself, and why?"""
        if failure in NEVER:
            return False, NEVER[failure]
        if at.cause and at.cause.reason in NEVER_OPEN:
            return False, f"{at.cause.reason}: {NOBODY}"
        if failure == TRACELESS and self.needs_trace:
            return False, "the site requires glexec, and a run that nobody recorded is none of glexec's"
        if self.on_internal_error == "depends":
            if failure == TRACELESS:
                return False, "what nobody could record fulfils no condition"
            return by_conditions("question 4", self.on_internal_error_if, at, asks_for_cause=True)
        return self.on_internal_error == "yes", f"question 4 is answered {self.on_internal_error}"

    def only(self, at: Situation) -> list[dict[str, Any]] | None:
        """Whose payloads the pilot asks for, as an offer has it; ``None``: everybody's.

        Its own owner's always. Of a condition what is about the node has to hold now; the rest is for the VO to heed.
        """
        if self.multi_user_pilots == "yes":
            return None
        cases: list[dict[str, Any]] = [{"owners": [at.pilot_owner]}] if at.pilot_owner else []
        for condition in self.multi_user_pilots_if if self.multi_user_pilots == "depends" else ():
            of_node = replace(condition, owners=(), roles=(), vos=(), own_payload=False)
            if condition.own_payload or any(of_node.misses(at, asks_for_cause=False)):
                continue
            said = {"owners": condition.owners, "roles": condition.roles, "vos": condition.vos}
            if not any(said.values()):
                return None
            cases.append({key: list(words) for key, words in said.items() if words})
        return cases
