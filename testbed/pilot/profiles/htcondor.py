"""HTCondor's starter with GLEXEC_JOB: patient with the switch, strict about the end; the only one with a handshake."""

import dataclasses

from testbed.pilot.profiles.profile import PAYLOAD, Codes, Final, Good, Profile, Retry, Stage
from testbed.pilot.profiles.step import Moment, Step

_RETRY = Retry(3, 5.0, frozenset({202, 203}), grows=True)
"""GLEXEC_RETRIES and GLEXEC_RETRY_DELAY; the pause is the delay times 1 + (random mod n), n the failures so far."""

HTCONDOR = Profile(
    name="htcondor",
    about="sets the job's folder up through glexec, runs the job, fetches the folder back: three calls, each can fail",
    years="7.1 to 9.10, 2008 to 2022",
    source="htcondor/htcondor before d8132c9391: src/condor_starter.V6.1/glexec_privsep_helper.linux.cpp",
    configured="GLEXEC, GLEXEC_JOB; GLEXEC_RETRIES = 3, GLEXEC_RETRY_DELAY = 5, GLEXEC_HOLD_ON_INITIAL_FAILURE = True",
    finds=("GLEXEC of its configuration",),
    environment={"GLEXEC_CLIENT_CERT": PAYLOAD, "GLEXEC_TARGET_PROXY": "/dev/null"},
    stages=(
        Stage(
            Moment.SETUP,
            "condor_glexec_setup: tar into the sandbox",
            Good(),
            Final(Step.HOLD, "hold code 28: the sandbox could not be given to the user"),
            retry=_RETRY,
        ),
        Stage(
            Moment.RUN,
            "condor_glexec_job_wrapper COMMAND",
            Good(Codes.ANY, starts=True),
            Final(Step.HOLD, "hold code 6: the job could not be started (the code: inferred)"),
            retry=_RETRY,
        ),
        Stage(
            Moment.CLEANUP,
            "condor_glexec_cleanup: tar out of the sandbox",
            Good(),
            Final(Step.HOLD, "hold code 30: the sandbox could not be taken back; the job has run"),
            retry=_RETRY,
        ),
    ),
    missing=Final(Step.HOLD, "hold code 28: the sandbox could not be given to the user"),
    question_4="no, with retries",
    expired=Final(Step.HOLD, "hold code 28: glexec is not called with a proxy that has expired"),
    handshake=True,
    loosens=("the sandbox goes through tar, its mode is set explicitly",),
    other_calls=("update_proxy", "kill, through glexec with the job's proxy"),
)

_IDLE = Final(Step.RETURN, "GLEXEC_HOLD_ON_INITIAL_FAILURE = False: idle again, tried elsewhere")

HTCONDOR_IDLE = dataclasses.replace(
    HTCONDOR,
    name="htcondor-idle",
    about="the same, but a job that could not be set up goes back to the queue",
    configured="GLEXEC_HOLD_ON_INITIAL_FAILURE = False",
    stages=(dataclasses.replace(HTCONDOR.stages[0], failed=_IDLE), *HTCONDOR.stages[1:]),
    missing=_IDLE,
)
