"""How each call that a profile tells of in words is made for real. Whose words they are, the profile's source says."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from testbed.model.entry import Entry, tar
from testbed.pilot.profiles.profile import PILOT, Final, Good, Stage
from testbed.pilot.profiles.step import Moment, Step
from testbed.pilot.replay.ground import Place
from testbed.site.layout import SWITCH

HANDSHAKE = 'echo started; exec "$@"'
"""Said by the payload's first process, before it becomes the payload."""
SAID = "started\n"

_SHELL = (SWITCH, "/usr/bin/sh", "-c")
_SANDBOX = tar([Entry("job.sh", b"#!/bin/sh\necho done\n", 0o755)])
_TAR_IN = 'umask 077; mkdir "$1" && tar -x -C "$1" -f -'
_TAR_OUT = 'tar -c -C "$1" -f - . && rm -rf "$1"'
_AUX = "import subprocess, sys\nsubprocess.run(sys.argv[2:])\nopen(sys.argv[1], 'w').write('{}')"
"""What glexec_aux comes to: it runs the payload, and leaves data-output.json for the pilot."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One command of a call. Where it leaves a file, that is the sign that the payload started; else the handshake."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    handshake: bool = False
    leaves: str = ""
    wraps: bool = False
    """The pilot's environment goes through glexec_wrapenv.pl first."""
    makes: bool = False
    """Prints the folder that it has made."""


Way = Callable[[Place, str], tuple[Errand, ...]]
"""A call's commands, given the client's place and the folder that an earlier call has made (empty: none)."""


def _sandbox(at: Place) -> str:
    return f"{at.work}/sandbox"


def _wrapper(at: Place, made: str) -> tuple[Errand, ...]:
    shown = 'export PILOT_HOME="$0"; exec "$@"'
    return (Errand((*_SHELL, shown, at.path, *at.payload)),)


def _panda(at: Place, made: str) -> tuple[Errand, ...]:
    left = f"{made}/data-output.json"
    aux = ("/usr/bin/python3", "-c", _AUX, left, *at.payload)
    return (Errand((SWITCH, "/usr/sbin/glexec_unwrapenv.pl", "--", *aux), leaves=left, wraps=True),)


WAYS: Mapping[str, Way] = {
    "condor_glexec_setup: tar into the sandbox": lambda at, made: (
        Errand((*_SHELL, _TAR_IN, "setup", _sandbox(at)), _SANDBOX),
    ),
    "condor_glexec_job_wrapper COMMAND": lambda at, made: (
        Errand((*_SHELL, HANDSHAKE, "job", *at.payload), handshake=True),
    ),
    "condor_glexec_cleanup: tar out of the sandbox": lambda at, made: (
        Errand((*_SHELL, _TAR_OUT, "cleanup", _sandbox(at))),
    ),
    "sh -c 'id && echo \"Hello World\"', and the same as a script": lambda at, made: (
        Errand((*_SHELL, 'id && echo "Hello World"')),
        Errand((SWITCH, at.script)),
    ),
    "a script: id, hostname, date, dirac-proxy-info": lambda at, made: (Errand((SWITCH, at.script)),),
    "/bin/bash -lc COMMAND": lambda at, made: (Errand((SWITCH, "/bin/bash", "-lc", shlex.join(at.payload))),),
    "sh -c 'mkdir FOLDER; chmod 700 FOLDER'": lambda at, made: (
        Errand((*_SHELL, 'mkdir "$1"; chmod 700 "$1"', "setup", _sandbox(at))),
    ),
    "a script that shows identity, environment, proxy, network": lambda at, made: (Errand((SWITCH, at.script)),),
    "a wrapper with the pilot's whole environment in it": _wrapper,
    "mkgltempdir -t 777": lambda at, made: (Errand(("/usr/sbin/mkgltempdir", "-t", "777", at.work), makes=True),),
    "glexec_unwrapenv.pl -- python -m glexec_aux": _panda,
    "/bin/true": lambda at, made: (Errand((SWITCH, "/bin/true")),),
    "COMMAND, /bin/pwd for none": lambda at, made: (Errand((SWITCH, *at.payload)),),
    "sh -c HANDSHAKE payload COMMAND": lambda at, made: (
        Errand((*_SHELL, HANDSHAKE, "payload", *at.payload), handshake=True),
    ),
}
"""By the words of the profiles' stages."""

CANARY = Stage(Moment.RUN, "/bin/true", Good(), Final(Step.RETURN, "see testbed/model/failure.py"), credential=PILOT)
"""Ours: a careful client's harmless call after an ambiguous result."""
