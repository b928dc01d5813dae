"""A site's answers to the four questions about multi-user pilot jobs."""

from dataclasses import dataclass
from enum import StrEnum


class MultiUser(StrEnum):
    """Question 1: are multi-user pilot jobs allowed?"""

    NO = "no"
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


@dataclass(frozen=True, slots=True)
class Answers:
    """The four answers, in the order in which the sites were asked."""

    multi_user_pilots: MultiUser
    setuid: Stance
    log_only: Stance
    on_internal_error: OnInternalError
