"""DIRAC's glexec computing element: a test with the payload's proxy, and in-process when that fails."""

import dataclasses

from testbed.pilot.profiles.profile import PAYLOAD, Codes, Final, Good, Profile, Stage
from testbed.pilot.profiles.step import Moment, Step

_IN_PROCESS = Final(Step.IN_PROCESS, "glexec test failed, will submit payload regardless")
_RESCHEDULE = Final(Step.RETURN, "RescheduleOnError: the payload is rescheduled")
_FAILED = Final(Step.FAIL, "taken for a failure of glexec, though a payload can end so too")
_TEST = "a script: id, hostname, date, dirac-proxy-info"

DIRAC = Profile(
    name="dirac",
    about="runs the payload in-process whenever its test of glexec fails, a refusal of the payload's user included",
    years="2009 to 2021; codes below 127 count as good since 2014",
    source="DIRACGrid/DIRAC before fd4d2d59bd: Resources/Computing/glexecComputingElement.py",
    configured="CEType = glexec",
    finds=("$OSG_GLEXEC_LOCATION", "$GLITE_LOCATION/sbin/glexec", "PATH"),
    environment={"GLEXEC_CLIENT_CERT": PAYLOAD, "GLEXEC_SOURCE_PROXY": PAYLOAD},
    stages=(
        Stage(Moment.PROBE, _TEST, Good(Codes.BELOW_127), _IN_PROCESS),
        Stage(Moment.RUN, "/bin/bash -lc COMMAND", Good(Codes.BELOW_127), _FAILED),
    ),
    missing=Final(Step.IN_PROCESS, "glexec is not found: the payload runs in-process"),
    question_4="yes, and for denials too",
    loosens=("chmod 0755 of working folder and executable",),
    other_calls=("glexec without a command, to renew the payload's proxy",),
)

DIRAC_RESCHEDULE = dataclasses.replace(
    DIRAC,
    name="dirac-reschedule",
    about="gives the payload back when its test fails; where there is no glexec it still runs it in-process",
    configured="CEType = glexec, RescheduleOnError = True",
    stages=(dataclasses.replace(DIRAC.stages[0], failed=_RESCHEDULE), DIRAC.stages[1]),
    question_4="no; yes where glexec is missing",
)

_MISERABLY = Final(Step.IN_PROCESS, "glexec failed miserably... Running without it")

DIRAC_PARANOID = dataclasses.replace(
    DIRAC,
    name="dirac-paranoid",
    about="more steps before the payload; if any of them fails it runs in-process just the same",
    years="a branch of 2013",
    source="DIRACGrid/DIRAC 261b392d32: Resources/Computing/glexecComputingElement.py",
    configured="CEType = glexec; only with a pilot proxy of the property GENERIC_PILOT",
    finds=(
        "$OSG_GLEXEC_LOCATION",
        "$GLITE_LOCATION/sbin/glexec",
        "$GLEXEC_LOCATION/sbin/glexec",
        "/usr/sbin/glexec",
        "PATH",
    ),
    stages=(
        Stage(Moment.SETUP, "sh -c 'mkdir FOLDER; chmod 700 FOLDER'", Good(), _MISERABLY),
        Stage(Moment.PROBE, "a script that shows identity, environment, proxy, network", Good(), _MISERABLY),
        Stage(Moment.RUN, "a wrapper with the pilot's whole environment in it", Good(), _FAILED),
    ),
    missing=_MISERABLY,
    loosens=(
        "DIRAC's tree readable for all, its folders writable for others ('Rob-all-my-house mode ON')",
        "a folder 1777 for what goes in and out",
        "the pilot's whole environment in a wrapper that everybody can read",
    ),
    other_calls=("rm -rf of the payload's folder",),
)
