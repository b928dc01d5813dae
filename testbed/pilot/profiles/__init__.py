"""How real pilot frameworks called glexec, and how a careful one would: values, and one function that decides."""

from testbed.pilot.profiles.catalogue import PROFILES, profile_of
from testbed.pilot.profiles.decide import decide
from testbed.pilot.profiles.profile import Profile
from testbed.pilot.profiles.sight import Sight
from testbed.pilot.profiles.step import Moment, Next, Step

__all__ = ["PROFILES", "Moment", "Next", "Profile", "Sight", "Step", "decide", "profile_of"]
