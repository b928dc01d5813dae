"""The replay of clients against a real switch: what they decide is done, and the node says what came of it."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from testbed.model.condition import Situation
from testbed.model.failure import Failure, classify
from testbed.model.outcome import End
from testbed.model.replay import Fate, Replay
from testbed.model.seen import told as cause_told
from testbed.pilot.profiles import Next, Step
from testbed.pilot.profiles.walk import course
from testbed.pilot.replay.calls import RealCalls
from testbed.pilot.replay.client import Client
from testbed.pilot.replay.ground import Ground, Traces

PAUSE = 0.01
"""What is left of a client's pauses: 5 s are 50 ms."""
AT_ONCE = 5
"""Clients beside each other on one node: they wait more than they work, and sshd takes ten sessions."""

_BYPASS = 'rm -f "$1" && logger -t pilot -p daemon.warning -- "$2" && shift 2 && exec "$@"'
"""A careful client's duties, in this order: its own proxy is out of reach, the site is told, then it runs."""

_GUESS = {
    Step.DONE: Failure.PAYLOAD,
    Step.IN_PROCESS: Failure.INTERNAL,
    Step.BYPASS: Failure.INTERNAL,
    Step.STOP: Failure.INTERNAL,
    Step.HOLD: Failure.AMBIGUOUS,
    Step.RETURN: Failure.AMBIGUOUS,
    Step.FAIL: Failure.AMBIGUOUS,
}
"""What an old client treats a result as, told from what it does then (inferred): none of them has a word for it."""
_NOT_RUN = {Step.FAIL: End.LOST, Step.WAIT: End.HUNG}
"""What does not run stays in the VO's hands (held, returned, never fetched), unless its client fails it or waits."""


@dataclass(frozen=True, slots=True)
class _Course:
    """What one client did, before the node is asked what came of it."""

    last: Next
    calls: RealCalls
    guess: Failure | None
    seconds: float


def replayed(
    ground: Ground, clients: Sequence[Client], mode: str, circumstance: str, truth: Failure
) -> dict[str, Replay]:
    """Every client's replay, by the client's name. Raises `Problem` when the node itself fails."""
    with ThreadPoolExecutor(AT_ONCE) as together:
        courses = list(together.map(lambda client: _run(ground, client), clients))
    traces = ground.traces()
    return {
        client.name: _replay(client, run, traces[client.name], mode, circumstance, truth)
        for client, run in zip(clients, courses, strict=True)
    }


def _run(ground: Ground, client: Client) -> _Course:
    began = time.monotonic()
    calls = RealCalls(ground, client.profile, ground.places[client.name])
    situation = Situation(
        owner=ground.owner.dn,
        pilot_owner=ground.pilot.dn,
        fqans=ground.owner.fqans,
        vo=ground.owner.vo,
        runs=0,
        now=datetime.now(UTC),
    )
    guess, step = None, Next(Step.WAIT, "")
    for step, sight in course(client.profile, calls, client.answers, situation):
        if client.profile.careful and sight.call:
            guess = classify(sight.call, sight.canary)
        if not step.ends:
            time.sleep(PAUSE * (step.low + step.high) / 2)  # the client's own pause, not a wait for anything
    _do(ground, client, step)
    if not client.profile.careful:
        guess = _guess(client, step, calls)
    elif calls.mended and guess is Failure.PAYLOAD:
        guess = Failure.MISUSED  # what it found, and put right
    return _Course(step, calls, guess, time.monotonic() - began)


def _guess(client: Client, last: Next, calls: RealCalls) -> Failure | None:
    """Nobody who never called the switch can have taken its answer for anything."""
    return _GUESS.get(last.step) if calls.count else None


def _do(ground: Ground, client: Client, last: Next) -> None:
    """Run the payload past the switch, where that is the client's last word."""
    if not last.unseparated:
        return
    place = ground.places[client.name]
    command, env = list(place.payload), {"X509_USER_PROXY": place.payload_proxy}
    if last.step is Step.BYPASS:
        told = f"by-pass: {client.name} runs {ground.log_of(client.name)} for {ground.owner.dn}: {last.why}"
        command = ["/usr/bin/sh", "-c", _BYPASS, "by-pass", place.pilot_proxy, told, *command]
    ground.run(command, env)  # whether it ran is for the node to say


def _replay(client: Client, run: _Course, traces: Traces, mode: str, circumstance: str, truth: Failure) -> Replay:
    fate = Fate(end_of(run.last.step, traces), str(run.last.step), run.calls.code, traces.ran_as, run.guess)
    lines = run.calls.said.strip().splitlines()
    told = "; ".join([run.last.why, *lines[-1:]])
    if truth is Failure.MISUSED and traces.switched and not run.calls.mended:
        truth = Failure.PAYLOAD  # the mistake is none of this client's
    return Replay(
        client.profile.name,
        client.answer,
        mode,
        circumstance,
        truth,
        fate,
        traces.switched or (bool(traces.ran_as) and not run.last.unseparated),  # a log may have lost the record
        told,
        run.calls.count,
        str(cause_told(run.calls.said, run.calls.code) or ""),
        round(run.seconds, 3),
    )


def end_of(last: Step, traces: Traces) -> End:
    """Who ran as the pilot was said to do so where the node's log knows of it: from the switch, or from the client.

    A payload that ran as root is nothing that anybody can have meant: silence, whatever the log says.
    """
    if not traces.ran_as:
        return _NOT_RUN.get(last, End.RETURNED)
    if "root" in traces.ran_as:
        return End.SILENT
    if "pilot" not in traces.ran_as:
        return End.SEPARATED
    return End.UNSEPARATED if traces.recorded else End.SILENT
