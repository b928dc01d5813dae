"""PanDA's first pilot: off, on with a hard end, or on unless /bin/true says a single word."""

import dataclasses

from testbed.model.demand import Demand
from testbed.pilot.profiles.profile import PAYLOAD, PILOT, Codes, Final, Good, Profile, Retry, Stage
from testbed.pilot.profiles.step import Moment, Step

_FAILED = Final(Step.FAIL, "error 1226: no output of the payload")
_SETUP = Stage(
    Moment.SETUP,
    "mkgltempdir -t 777",
    Good(quiet=True),
    Final(Step.FAIL, "mkgltempdir failed"),
    retry=Retry(2, 10.0),
)
_RUN = Stage(Moment.RUN, "glexec_unwrapenv.pl -- python -m glexec_aux", Good(Codes.ANY, starts=True), _FAILED)
_PROBE = Stage(
    Moment.PROBE,
    "/bin/true",
    Good(quiet=True),
    Final(Step.IN_PROCESS, "a warning in the pilot's own log: problem with the glexec infrastructure, normal mode"),
    credential=PILOT,
)

PANDA_TEST = Profile(
    name="panda-test",
    about="calls glexec without a probe, and fails the job when anything goes wrong",
    years="2012 to 2019",
    source="PanDAWMS/pilot a0cb4710: pilot.py, glexec_utils.py, glexec_aux.py",
    configured="queue field glexec = test",
    finds=(
        "$OSG_GLEXEC_LOCATION",
        "$GLEXEC_LOCATION/sbin/glexec",
        "/usr/sbin/glexec",
        "$GLITE_LOCATION/sbin/glexec",
    ),
    environment={
        "GLEXEC_CLIENT_CERT": PAYLOAD,
        "GLEXEC_SOURCE_PROXY": PAYLOAD,
        "GLEXEC_TARGET_PROXY": "{folder}/user_proxy",
        "GLEXEC_TARGET_DIR": "{folder}",
        "GLEXEC_ENV": "{wrapped_environment}",
    },
    stages=(_SETUP, _RUN),
    missing=Final(Step.FAIL, "mkgltempdir failed"),
    question_4="no",
    proxy_mode=0o700,
    loosens=(
        "mkgltempdir -t 777",
        "0777 on the pilot's folder in it, 0666 on its modules, the job's definition readable",
        "the user's proxy 0700; where the server gives none, the pilot's own",
    ),
    other_calls=("mkgltempdir -r",),
)
PANDA_TRUE = dataclasses.replace(
    PANDA_TEST,
    name="panda-true",
    about="tries /bin/true with the pilot's proxy; one word on standard error, and everybody runs without glexec",
    configured="queue field glexec = True",
    stages=(_PROBE, _SETUP, _RUN),
    missing=Final(Step.IN_PROCESS, "/usr/sbin/glexec is taken for granted: the probe fails, normal mode"),
    question_4="yes, for everybody, as soon as the probe of the pilot fails",
)
PANDA_FALSE = dataclasses.replace(
    PANDA_TEST,
    name="panda-false",
    about="does not call glexec, whatever the site demands",
    configured="queue field glexec = False",
    missing=Final(Step.WITHOUT, "glexec is not looked for"),
    question_4="not asked: never calls it",
    demand=Demand.NEVER,
    proxy_mode=None,
    loosens=(),
)
