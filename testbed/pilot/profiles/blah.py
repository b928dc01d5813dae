"""BLAH, as CREAM submits jobs: no probe, no retry, the child's exit code is the answer."""

from testbed.pilot.profiles.profile import PAYLOAD, Final, Good, Profile, Stage
from testbed.pilot.profiles.step import Moment, Step

BLAH = Profile(
    name="blah",
    about="asks glexec for the account and runs one command; what comes back is the request's result",
    years="2009 to now, with sudo in glexec's place",
    source="htcondor/htcondor 78f842dbce: src/blahp/src/mapped_exec.c",
    configured="delegation type glexec or sudo; blah_id_mapping_command_glexec, blah_child_poll_timeout",
    finds=("blah_id_mapping_command_glexec",),
    environment={
        "GLEXEC_MODE": "lcmaps_get_account",
        "GLEXEC_CLIENT_CERT": PAYLOAD,
        "GLEXEC_SOURCE_PROXY": PAYLOAD,
        "GLEXEC_TARGET_PROXY": "{folder}/user_proxy",
    },
    stages=(Stage(Moment.RUN, "COMMAND, /bin/pwd for none", Good(), Final(Step.FAIL, "the request fails")),),
    missing=Final(Step.FAIL, "the request fails"),
    question_4="no",
    patience=30.0,
    other_calls=("kill -s SIGTERM, after 20 s SIGKILL", "dd and mv for the proxy, with sudo"),
)
