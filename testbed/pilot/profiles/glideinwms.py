"""glideinWMS: the VO says NEVER, OPTIONAL or REQUIRED, the site requires or not; then two probes, then HTCondor."""

import dataclasses

from testbed.model.demand import Demand
from testbed.pilot.profiles.htcondor import HTCONDOR
from testbed.pilot.profiles.profile import PILOT, Final, Good, Profile, Stage
from testbed.pilot.profiles.step import Moment, Step

_PROBE = Stage(
    Moment.PROBE,
    "sh -c 'id && echo \"Hello World\"', and the same as a script",
    Good(last_line="Hello World"),
    Final(Step.STOP, "WN_Resource: any failure of a probe ends the glidein"),
    credential=PILOT,
)


def _of(demand: Demand, about: str) -> Profile:
    return dataclasses.replace(
        HTCONDOR,
        name=f"glideinwms-{demand}",
        about=about,
        years="to 3.4.6, 2009 to 2020",
        source="glideinWMS/glideinwms before 3b9308a57: creation/web_base/glexec_setup.sh",
        configured=f"VO: GLIDEIN_Glexec_Use = {demand.upper()}; site: GLIDEIN_Require_Glexec_Use, GLEXEC_BIN",
        finds=(
            "GLEXEC_BIN as a path",
            "OSG: $OSG_GLEXEC_LOCATION",
            "glite: $GLEXEC_LOCATION/sbin/glexec, $GLITE_LOCATION/sbin/glexec, /opt/glite/sbin/glexec",
            "auto: $OSG_GLEXEC_LOCATION, /usr/sbin/glexec, then as glite",
        ),
        stages=(_PROBE, *HTCONDOR.stages),
        missing=Final(Step.STOP, "a glexec that the site has configured and that is not there ends the glidein"),
        question_4="no; yes where the site has configured none and demands none"
        if demand is Demand.OPTIONAL
        else "no"
        if demand is Demand.REQUIRED
        else "not asked: never calls it",
        demand=demand,
        asks_site=True,
        loosens=("chmod a+x from the working folder up to /",),
    )


GLIDEINWMS_NEVER = _of(Demand.NEVER, "never calls glexec; a site that requires it ends the glidein (VO_Config)")
GLIDEINWMS_OPTIONAL = _of(Demand.OPTIONAL, "calls it where the site has configured one; a broken one ends the glidein")
GLIDEINWMS_REQUIRED = _of(Demand.REQUIRED, "calls it, or ends the glidein")
