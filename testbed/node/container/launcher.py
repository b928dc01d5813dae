"""One call of the launcher, from its words to its exit code."""

import json
import os
import pwd
import signal
from typing import Any

from .arguments import arguments
from .container import Container
from .failure import Failure, failed, unforeseen
from .options import Options
from .payload import Payload, payload_of

PROBE_LIMIT = 5.0
"""Seconds in which a container has to prove itself; usual is a tenth of one."""


def pilot(pid: int) -> int:
    """The pilot, to be watched, of which the switch and others may stand between us. Raises `Failure` without one."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise Failure(f"there is no pilot {pid}: {error.strerror}", "let --pilot name whose payload it is") from error


def probe(options: Options) -> dict[str, Any]:
    """Whether a container runs here, tried with one; why not, if so."""
    payload = Payload(["/usr/bin/true"], {"PATH": "/usr/bin"}, pwd.getpwuid(os.getuid()).pw_dir)
    try:
        result = run(options, payload, PROBE_LIMIT)
    except Failure as failure:
        return {"usable": False, "cause": failure.cause, "remedy": failure.remedy}
    if result["code"] != 0:
        return {"usable": False, "cause": f"/usr/bin/true ended with {result['code']} in it", "remedy": ""}
    return {"usable": True, "cause": f"a container ran in {result['seconds']} s", "remedy": ""}


def run(options: Options, payload: Payload, limit: float, whose: int | None = None) -> dict[str, Any]:
    """Run a payload to its end; what became of it. It ends with the process of the pidfd ``whose``, if there is one."""
    container = Container(options, payload)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda kind, _: container.pass_on(kind))
    try:
        return container.end_within(limit, whose)
    finally:
        container.end()


def main(words: list[str]) -> int:
    """Run the payload; the launcher's exit code."""
    result: dict[str, Any]
    chosen = None
    try:
        chosen = arguments(words)
        options = Options.parse(chosen.options)
        if chosen.probe:
            print(json.dumps(probe(options)))
            return 0
        payload = payload_of(chosen, os.environ, options)
        whose = pilot(chosen.pilot) if chosen.pilot and options.die_with_parent else None
        result = run(options, payload, chosen.limit, whose)
        code: int = result["code"]
    except (Failure, OSError, KeyError) as error:
        failure = error if isinstance(error, Failure) else unforeseen(error)
        code, result = failed(failure), {"error": failure.cause, "remedy": failure.remedy}
    if chosen and chosen.result:
        try:
            chosen.result.write_text(json.dumps(result) + "\n")
        except OSError as error:
            return failed(Failure(f"{error.filename}: {error.strerror}", "give a path that can be written"))
    return code
