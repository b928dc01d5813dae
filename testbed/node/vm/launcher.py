"""One call of the launcher, from its words to its exit code."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from .accelerator import accelerator
from .arguments import arguments
from .failure import BEFORE, FAILED, OVER, WORDS, Failure, line_of
from .machine import Kind
from .network import chosen_network
from .output import write_whole
from .parts import check_parts
from .payload import LARGEST_SANDBOX, LARGEST_USER_DATA, Payload, environment_of, read_file, read_proxy, read_stdin
from .run import Run
from .time_limit import expire


def payload_of(chosen: argparse.Namespace, environment: Mapping[str, str]) -> Payload:
    """Everything that the payload is to have."""
    proxy = read_proxy(environment)
    sandbox = read_file(chosen.sandbox, LARGEST_SANDBOX + (4 << 20), "sandbox") if chosen.sandbox else b""
    data = read_file(chosen.user_data, LARGEST_USER_DATA, "user data") if chosen.user_data else b""
    script = chosen.user_data_as == "script"
    if data and script and not data.startswith(b"#!"):
        raise Failure("input", "the user data is no script", "begin it with #!, as cloud-init has it")
    return Payload(
        chosen.command,
        environment_of(environment, proxy),
        read_stdin(chosen.limit),
        proxy,
        sandbox,
        chosen.bring,
        data if script else b"",
        b"" if script else data,
        chosen_network(chosen.network),
    )


def pilot(pid: int) -> int:
    """The pilot, to be watched, of which the switch and others may stand between us. Raises `Failure` without one."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise Failure(
            "pilot-gone", f"there is no pilot {pid}: {error.strerror}", "let --pilot name the pilot"
        ) from error


def launch(chosen: argparse.Namespace) -> int:
    """Run the payload, and write down what became of it: the launcher's exit code."""
    run: Run | None = None

    def note(result: Mapping[str, Any]) -> None:
        if chosen.result:
            write_whole(chosen.result, json.dumps(result).encode() + b"\n")

    try:
        check_parts()
        payload = payload_of(chosen, os.environ)
        file = os.environ.get("X509_USER_PROXY")
        whose = pilot(chosen.pilot) if chosen.pilot else None
        found, _ = accelerator()
        kind = Kind(found, chosen.memory, payload.network)
        proxy = Path(file) if file else None
        run = Run(payload, kind, chosen.limit, cold=chosen.cold, proxy=proxy, whose=whose)
        if chosen.result and (chosen.result.is_file() or not chosen.result.exists()):
            run.begun = note
        result = run.result()
        code = int(result["code"] if result["signal"] is None else 128 + result["signal"])
        if result["cause"]:
            print(
                line_of(result["cause"], f"{WORDS[result['cause']]}; look at what the payload needs"), file=sys.stderr
            )
        if chosen.outputs:
            write_whole(chosen.outputs, run.files)
        note({"payload": OVER, **result})
    except Failure as failure:
        code = failed(failure)
        facts = {"cause": failure.word, "error": failure.cause, "remedy": failure.remedy}
        note({"payload": run.reached if run else BEFORE, **facts, **(run.facts if run else {})})
    if chosen.console:
        chosen.console.write_bytes(run.console if run else b"")
    return code


def failed(failure: Failure) -> int:
    print(failure, file=sys.stderr)
    return FAILED


def stop(number: int, _: object) -> NoReturn:
    """End at once: leaving the stack kills the guest."""
    raise SystemExit(128 + number)


def main(words: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(signal.SIGALRM, expire)
    try:
        chosen = arguments(words)
        if chosen.probe:
            check_parts()
            found, cause = accelerator()
            print(json.dumps({"accelerator": found, "cause": cause}))
            return 0
        return launch(chosen)
    except Failure as failure:
        return failed(failure)
    except OSError as error:
        return failed(Failure("output", f"{error.filename}: {error.strerror}", "give paths that can be written"))
