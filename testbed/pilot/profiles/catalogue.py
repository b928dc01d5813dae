"""Every profile by its name, the old ones first."""

from collections.abc import Mapping

from testbed.model.problem import Problem, nearest
from testbed.pilot.profiles.blah import BLAH
from testbed.pilot.profiles.careful import CAREFUL
from testbed.pilot.profiles.dirac import DIRAC, DIRAC_PARANOID, DIRAC_RESCHEDULE
from testbed.pilot.profiles.glideinwms import GLIDEINWMS_NEVER, GLIDEINWMS_OPTIONAL, GLIDEINWMS_REQUIRED
from testbed.pilot.profiles.htcondor import HTCONDOR, HTCONDOR_IDLE
from testbed.pilot.profiles.panda import PANDA_FALSE, PANDA_TEST, PANDA_TRUE
from testbed.pilot.profiles.profile import Profile

PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        HTCONDOR,
        HTCONDOR_IDLE,
        GLIDEINWMS_NEVER,
        GLIDEINWMS_OPTIONAL,
        GLIDEINWMS_REQUIRED,
        DIRAC,
        DIRAC_RESCHEDULE,
        DIRAC_PARANOID,
        PANDA_FALSE,
        PANDA_TEST,
        PANDA_TRUE,
        BLAH,
        CAREFUL,
    )
}


def profile_of(name: str) -> Profile:
    """The profile of this name."""
    if name not in PROFILES:
        near = nearest(name, PROFILES)
        raise Problem(
            f"no client is called {name!r}",
            expected="one of " + ", ".join(PROFILES),
            remedy=f"did you mean {near!r}?" if near else "",
        )
    return PROFILES[name]
