"""A site's answers to the four questions about multi-user pilot jobs, as typed data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from testbed.model.condition import EXAMPLES, Condition, restored


class MultiUser(StrEnum):
    """Question 1: are multi-user pilot jobs allowed?"""

    NO = "no"
    DEPENDS = "depends"
    YES = "yes"


class Stance(StrEnum):
    """Questions 2 and 3: is glexec in this mode refused, accepted, or demanded?"""

    NO = "no"
    ALLOW = "allow"
    REQUIRE = "require"


class OnInternalError(StrEnum):
    """Question 4: glexec has an internal error; may the pilot run the payload itself?"""

    NO = "no"
    DEPENDS = "depends"
    YES = "yes"


QUESTIONS: Mapping[str, str] = {
    "multi_user_pilots": "may a pilot run payloads of other users?",
    "setuid": "is glexec that switches the uid refused, accepted, or demanded?",
    "log_only": "is glexec that only decides and records refused, accepted, or demanded?",
    "on_internal_error": "glexec has an internal error: may the pilot run the payload itself?",
}
"""The four questions by the names of their answers, in the order in which the sites were asked in 2010."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The four answers, in the order in which the sites were asked; conditions for "depends", and reasons.

    A list of conditions means "yes, where one of them holds"; an empty one means no.
    """

    multi_user_pilots: MultiUser
    setuid: Stance
    log_only: Stance
    on_internal_error: OnInternalError
    multi_user_pilots_if: tuple[Condition, ...] = ()
    on_internal_error_if: tuple[Condition, ...] = ()
    because: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The site's reasons, by the name of the answer."""

    @property
    def needs_trace(self) -> bool:
        """Whether the site demands glexec, in whatever mode: a run without its record is then against its rules."""
        return Stance.REQUIRE in (self.setuid, self.log_only)

    def with_question_4(self, answer: OnInternalError | None) -> "Answers":
        """As if question 4 were answered so; ``None``: as it is answered.

        On what "depends" depends then is the site's own affair where it states something, else there are `EXAMPLES`.
        """
        if answer is None:
            return self
        conditions = (self.on_internal_error_if or EXAMPLES) if answer is OnInternalError.DEPENDS else ()
        return replace(self, on_internal_error=answer, on_internal_error_if=conditions)

    def words(self) -> dict[str, str]:
        """Each answer in words, with its conditions: ``depends: if the cause is timed-out``."""
        conditions = {
            "multi_user_pilots": self.multi_user_pilots_if,
            "on_internal_error": self.on_internal_error_if,
        }
        told = {}
        for name in QUESTIONS:
            told[name] = answer = str(getattr(self, name))
            if answer == "depends":
                cases = [f"if {condition}" for condition in conditions[name]]
                told[name] += ": " + ("; or ".join(cases) or "on nothing that is stated, so no")
        return told


def parse(data: Mapping[str, Any]) -> Answers:
    """The answers of the JSON data that `dataclasses.asdict` made of them. Raises ValueError, KeyError or TypeError."""
    return Answers(
        MultiUser(data["multi_user_pilots"]),
        Stance(data["setuid"]),
        Stance(data["log_only"]),
        OnInternalError(data["on_internal_error"]),
        tuple(restored(each) for each in data.get("multi_user_pilots_if", ())),
        tuple(restored(each) for each in data.get("on_internal_error_if", ())),
        dict(data.get("because", {})),
    )
