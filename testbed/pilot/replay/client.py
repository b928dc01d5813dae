"""A client as it meets a site: its profile, and the site's answers as far as it asks for them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from testbed.model.answers import Answers, OnInternalError
from testbed.model.condition import EXAMPLES
from testbed.model.replay import UNASKED
from testbed.pilot.profiles import PROFILES, Profile


@dataclass(frozen=True, slots=True)
class Client:
    """A profile at a site that answers so."""

    profile: Profile
    answers: Answers

    @property
    def answer(self) -> str:
        """To question 4, where it makes a difference to this client."""
        return str(self.answers.on_internal_error) if self.profile.careful else UNASKED

    @property
    def name(self) -> str:
        """The profile's, and for a careful one the answer: ``careful-depends``."""
        return f"{self.profile.name}-{self.answer}" if self.profile.careful else self.profile.name


def clients(answers: Answers) -> Iterator[Client]:
    """Every profile at a site; those that ask question 4 once for each answer, the others as the site answers.

    "depends" is on `EXAMPLES`, whatever the site states: what is documented of a client holds for these.
    """
    for profile in PROFILES.values():
        if not profile.careful:
            yield Client(profile, answers)
            continue
        for answer in OnInternalError:
            conditions = EXAMPLES if answer is OnInternalError.DEPENDS else ()
            yield Client(profile, replace(answers, on_internal_error=answer, on_internal_error_if=conditions))
