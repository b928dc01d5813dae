"""What a client has seen when it has to decide."""

from dataclasses import dataclass, field

from testbed.model.condition import Situation
from testbed.model.failure import Canary
from testbed.model.seen import Seen
from testbed.pilot.profiles.step import Moment


@dataclass(frozen=True, slots=True)
class Sight:
    """The moment, the call that is over (where one was made), how often it was made, and what is known besides."""

    moment: Moment
    call: Seen | None = None
    tries: int = 1
    """Calls of this kind for this payload, this one included."""
    canary: Canary | None = None
    situation: Situation = field(default_factory=Situation)
    """Without the cause, which stands in the call."""
