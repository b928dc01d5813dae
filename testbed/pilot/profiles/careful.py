"""Ours: classifies first, then applies the site's answers. What it looks at, no old client looked at together."""

from testbed.model.demand import Demand
from testbed.pilot.profiles.profile import PAYLOAD, Codes, Final, Good, Profile, Retry, Stage
from testbed.pilot.profiles.step import Moment, Step

CAREFUL = Profile(
    name="careful",
    about="start handshake, cause, canary, bounded retries; a denial is final, an internal error is question 4's",
    years="here",
    source="our choice: testbed/model/failure.py, testbed/model/policy.py",
    configured="what the site answers",
    finds=("/usr/sbin/glexec",),
    environment={"GLEXEC_CLIENT_CERT": PAYLOAD, "GLEXEC_SOURCE_PROXY": PAYLOAD},
    stages=(
        Stage(
            Moment.RUN,
            "sh -c HANDSHAKE payload COMMAND",
            Good(Codes.ANY, starts=True),
            Final(Step.RETURN, "see testbed/pilot/profiles/care.py"),
            retry=Retry(2, 5.0, grows=True),
        ),
    ),
    missing=Final(Step.RETURN, "an internal error: see testbed/pilot/profiles/care.py"),
    question_4="as the site answers it",
    demand=Demand.OPTIONAL,
    asks_site=True,
    handshake=True,
    patience=60.0,
    careful=True,
    other_calls=("/bin/true with the pilot's proxy, after an ambiguous result", "kill, through the switch"),
)
