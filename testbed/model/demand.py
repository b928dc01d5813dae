"""What a VO demands, held against what a site answers: the mode that results, or why the two do not fit.

After glideinWMS, where a VO said NEVER, OPTIONAL or REQUIRED (GLIDEIN_Glexec_Use) and a site required the use or did
not (GLIDEIN_Require_Glexec_Use): glexec_setup.sh of 3.4. ``separated`` is ours: there REQUIRED was content with a
glexec that only logs.
"""

from dataclasses import dataclass
from enum import StrEnum

from testbed.model.answers import Answers, MultiUser
from testbed.model.mode import Installation, Mode
from testbed.model.offer import offer


class Demand(StrEnum):
    """What a VO wants of glexec."""

    NEVER = "never"
    """It is not called, whatever the site offers."""
    OPTIONAL = "optional"
    """It is called where the site has it."""
    REQUIRED = "required"
    """It is called, in whatever mode; where it cannot be, nothing runs."""
    SEPARATED = "separated"
    """Payloads have accounts of their own; where they cannot, nothing runs."""


WANTED = {
    Demand.NEVER: (Mode.NONE,),
    Demand.OPTIONAL: (Mode.SETUID, Mode.LOG_ONLY, Mode.NONE),
    Demand.REQUIRED: (Mode.SETUID, Mode.LOG_ONLY),
    Demand.SEPARATED: (Mode.SETUID,),
}
"""The modes that a demand is content with, the best first."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The mode in which a VO's payloads run at a site; ``None`` where they do not, and why in both cases."""

    mode: Mode | None
    why: str


def fit(demand: Demand, answers: Answers, installation: Installation | None = None) -> Fit:
    """What comes of a demand at a site; where the switch is installed one way, of what that leaves of the offer.

    An optional demand is no wish: it gets what the site gives to pilots that ask for nothing.
    """
    if answers.multi_user_pilots is MultiUser.NO:
        return Fit(None, "the site does not allow multi-user pilots (question 1)")
    said = f'setuid = "{answers.setuid}", log_only = "{answers.log_only}"'
    full = offer(answers)
    here = full.at(installation) if installation else full
    if here is None:
        return Fit(None, f"the site says {said}, which its switch, installed {installation}, cannot do")
    wanted = WANTED[demand]
    modes = here.modes if demand is Demand.OPTIONAL else [mode for mode in wanted if mode in here.modes]
    if modes:
        return Fit(modes[0], f"the VO says {demand}, the site {said}")
    if demand is Demand.NEVER:
        return Fit(None, f"the VO never calls glexec, and the site demands it ({said})")
    lacks = "calls glexec in one mode or another" if demand is Demand.REQUIRED else "wants accounts of its own"
    offered = " or ".join(here.modes)
    return Fit(None, f"the VO {lacks}, and the site offers {offered} only ({said})")
