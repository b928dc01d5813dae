"""Both sides in one payload, of one account and in one place: ``python3 - ORDERS < within.py``.

It keeps victims, leaves things behind, and attacks them itself, by the probes that payloads elsewhere attack others
with. What does not succeed here works in no such place, and nothing follows from its being blocked. ORDERS is JSON:

    "victim", "daemon"      their sources
    "token", "framework"    the secrets that they are told
    "leaves"                what `leaver` is told
    "targets"               probe -> attack -> its target; {"told": "victim.secret"} in it is what the victim says

It prints one JSON object: "findings", attack -> {"attempt", "saw", "errno"}, and "felt", what the two victims felt.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from testbed.node.probes.finder import attempt as find
from testbed.node.probes.finding import Finding, Target, blocked, by_any, succeeded, tried
from testbed.node.probes.hog import memory
from testbed.node.probes.leaver import leave
from testbed.node.probes.liar import attempt as lie
from testbed.node.probes.thief import attempt as steal

PYTHON = ("/usr/bin/python3", "-S", "-")
LIFE, LIMIT = 25.0, 5.0
"""Seconds that a victim stays at most, and for one answer; usual is a tenth of one."""
LOOK = 0.01
HELD = 0.2
"""Seconds for which a pipe is held: until somebody has looked at it."""
HANDED = ("PILOT_SECRET", "_CONDOR_CREDS", "PBS_JOBCOOKIE", "BEARER_TOKEN")
"""Variables that a careless pilot hands on."""
SWITCH = '#!/bin/sh\nexec "$@"\n'
"""One that lets everybody do everything."""

Told = dict[str, Mapping[str, Any]]


def filled(value: Any, told: Told) -> Any:
    """A target with what the victims say in the places that are left open for it."""
    if isinstance(value, dict):
        if value.keys() == {"told"}:
            who, _, name = value["told"].partition(".")
            return told[who][name]
        return {key: filled(each, told) for key, each in value.items()}
    return [filled(each, told) for each in value] if isinstance(value, list) else value


@contextlib.contextmanager
def victim(orders: Mapping[str, Any], proxy: str) -> Iterator[tuple[Mapping[str, Any], list[bytes]]]:
    """One that runs: what it says of itself, and a list that has its last words once it has ended."""
    environment = {**os.environ, "SECRET": orders["token"], "X509_USER_PROXY": proxy}
    command, words = [*PYTHON, orders["token"], f"{LIFE:g}"], list[bytes]()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(orders["victim"].encode())
        process.stdin.close()
        try:
            yield json.loads(process.stdout.readline()), words
        finally:
            process.send_signal(signal.SIGTERM)
            words += process.stdout.read().splitlines()


@contextlib.contextmanager
def daemon(orders: Mapping[str, Any], proxy: str) -> Iterator[tuple[Mapping[str, Any], list[bytes]]]:
    """The same of a daemon of a pilot's, which has the environment of one that sshd started."""
    order = {"proxy": proxy, "careful": False, "asks_peers": False, "limit": LIFE}
    secrets = {"FRAMEWORK": f"{orders['framework']}-environment", "SSH_CONNECTION": orders["framework"]}
    command, words = [*PYTHON, orders["framework"], json.dumps(order)], list[bytes]()
    source, environment = orders["daemon"].encode(), {**os.environ, **secrets}
    said = subprocess.run(command, input=source, stdout=subprocess.PIPE, env=environment, timeout=LIMIT, check=True)
    facts = json.loads(said.stdout)
    try:
        yield facts, words
    finally:
        os.kill(facts["pid"], signal.SIGTERM)
        told = Path(facts["words"])
        if awaited(told):
            words += told.read_bytes().splitlines()
        shutil.rmtree(told.parent)


def awaited(path: Path) -> bool:
    """Whether a file comes to be in time."""
    deadline = time.monotonic() + LIMIT
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(LOOK)
    return path.exists()


def left_to(target: Target) -> Finding:
    """Tell a daemon that was left a word, in the file ``say`` of its ``place``, and have its ``answer``, ``marker``."""
    place = Path(str(target["place"]))
    (place / str(target["say"])).write_text(str(target["word"]))
    answer = place / str(target["answer"])
    if not awaited(answer):
        return blocked(f"what was left did not answer within {LIMIT:g} s")
    if str(target["marker"]) not in answer.read_text():
        return blocked("what was left answered something else")
    return succeeded("what was left lives when who left it is done, and answers")


def lie_to_own(target: Target) -> Finding:
    """Lie where there is somebody to be lied to: a log that takes everything, a program that may be killed, a switch.

    What the log has not got was not forged.
    """
    if target["kind"] == "silence":
        with program(str(target["program"])):
            return by_any({"hold": hold_its_own, "kill": lie}, target)
    if target["kind"] != "syslog":
        Path(str(target["program"])).write_text(SWITCH)
        os.chmod(str(target["program"]), 0o755)
        return lie(target)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(target["log"]))
        log.settimeout(LIMIT)
        said = lie(target)
        return said if log.recv(len(str(target["line"])) + 1) == str(target["line"]).encode() else blocked("not there")


def hold_its_own(target: Target) -> Finding:
    """Have a child keep a pipe open for a moment: whoever waits for the pipe's end sees none when we have let go."""
    ours, its = os.pipe()
    os.set_blocking(ours, False)
    said = lie({**target, "kind": "hold", "seconds": HELD})
    os.close(its)
    try:
        os.read(ours, 1)
    except BlockingIOError:
        return said
    finally:
        os.close(ours)
    return blocked(f"the pipe has ended; {said['saw']}")


@contextlib.contextmanager
def program(name: str) -> Iterator[None]:
    """A process of this name, which waits to be killed."""
    ours, its = os.pipe()
    pid = os.fork()
    if not pid:
        Path("/proc/self/comm").write_text(name)
        os.write(its, b"!")
        signal.pause()
    os.close(its)  # so that one which ends early is not waited for
    os.read(ours, 1)
    os.close(ours)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def take(target: Target) -> Finding:
    """Take some MiB of memory."""
    piece, taken = memory(int(str(target["memory"])))
    return succeeded(f"it took {taken['taken']} MiB in one piece") if piece else blocked(str(taken["why"]))


PROBES: Mapping[str, Callable[[Target], Finding]] = {
    "thief": steal,
    "finder": find,
    "liar": lie_to_own,
    "hog": take,
    "lingerer": left_to,
}


def main(orders: Mapping[str, Any]) -> None:
    """Keep them, leave, attack, say."""
    leaves, findings = orders["leaves"], dict[str, Finding]()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as kept:
        proxy, place = f"{folder}/proxy.pem", leaves["place"]
        shutil.copy(os.environ["X509_USER_PROXY"], proxy)  # the same key, but not the thief's own file
        os.mkdir(place, 0o700)
        kept.callback(shutil.rmtree, place)
        his, his_words = kept.enter_context(victim(orders, proxy))
        its, its_words = kept.enter_context(daemon(orders, proxy))
        said = leave(leaves)
        kept.enter_context(open(his["secret"], "rb"))  # as if who started us had left it open, and
        os.environ |= dict.fromkeys(HANDED, orders["token"])  # these set
        told: Told = {"victim": his, "daemon": its}
        for probe, targets in filled(orders["targets"], told).items():
            findings |= {attack: tried(PROBES[probe], target) for attack, target in targets.items()}
    felt = {"victim": json.loads(his_words[-1]), "daemon": json.loads(its_words[-1])}
    print(json.dumps({"findings": findings, "left": said, "felt": felt}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
