"""Alice's payload leaves things behind: what is there when it has ended, and what Bob's payload finds, and hers.

Hers is the next one of the same user. It runs beside Bob's: they have nothing to do with each other.
"""

from collections.abc import Mapping
from typing import Any

from testbed.model.attack import ENCLOSING, Attack
from testbed.model.catalogue import CATALOGUE
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, Outcome
from testbed.pilot.desk import PAYLOAD_LIMIT, Desk
from testbed.pilot.payload import Payload
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.estate import Census, Estate, estate
from testbed.pilot.stages.findings import Attempts, findings, last_words
from testbed.pilot.stages.orphan import Orphan
from testbed.pilot.stages.successor import NOBODY_LOOKS, Targets, comes, succeeded

NEEDS: Mapping[Attack, str] = {
    Attack.LEFT_DAEMON: "daemon",
    Attack.LEFT_FILE: "closed-files",
    Attack.LEFT_OPEN_FILE: "open-files",
    Attack.LEFT_SEGMENT: "segment",
    Attack.LEFT_QUEUE: "queue",
    Attack.LEFT_HOME: "start-files",
    Attack.LEFT_SET_ID_FILE: "set-id-file",
    Attack.LEFT_AT_JOB: "at-job",
    Attack.LEFT_CRON_JOB: "cron-job",
    Attack.OWN_FORMER_FILE: "closed-files",
    Attack.OWN_FORMER_SEGMENT: "segment",
    Attack.OWN_FORMER_HOME: "start-files",
    Attack.OWN_FORMER_PROCESS: "daemon",
}
"""What of the leaver's things each attack needs."""
OWN: Mapping[Attack, Attack] = {
    Attack.OWN_FORMER_FILE: Attack.LEFT_FILE,
    Attack.OWN_FORMER_SEGMENT: Attack.LEFT_SEGMENT,
    Attack.OWN_FORMER_HOME: Attack.LEFT_HOME,
}
"""What Alice's next payload looks for, and what Bob's looks for in the same place."""
LEAVER = ("sysv", "mqueue")
"""The parts of the leaver."""
JOBS = {Attack.LEFT_AT_JOB, Attack.LEFT_CRON_JOB}
"""What is given to daemons of the node's."""


def after(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload leave what it can, look what is there when it has ended, then let Bob's look."""
    with estate(desk, killer=measure is Measure.END_LEFTOVERS) as left:
        orphan = None if measure else Orphan(desk, left)
        if orphan and desk.mode is not Mode.VM:  # machines may boot at once
            orphan.bereave()
        ran, said = leave(desk, left, adopts=measure is Measure.CAREFUL_PILOT)
        left.say("ended", left.mark)
        if orphan and desk.mode is Mode.VM:
            orphan.bereave()
        targets = targets_of(left)
        bobs = comes(desk, "bob", targets)
        attempts, untried = comes_back(desk, left, targets, measure) if _matters(measure) else ({}, {})
        found, not_tried = _found(desk.end_of(*bobs), "Bob's payload")
        census = left.settled("daemon", "at")
        attempts, untried = {**attempts, **found, **remains(census)}, {**untried, **not_tried}
        if orphan:
            attempts[Attack.OUTLIVED_PILOT] = orphan.seen()
        attempt, saw = attempts[Attack.LEFT_DAEMON]
        if desk.mode is Mode.VM and attempt is Attempt.BLOCKED:  # what runs in a machine its node does not see
            running = left.machines()
            words = f"{saw}; machines that still run there: {running or 'none'}"
            attempts[Attack.LEFT_DAEMON] = Attempt.SUCCEEDED if running else Attempt.BLOCKED, words
        if "at" not in census.answers and census.awaited("at"):
            untried[Attack.LEFT_AT_JOB] = "at did not start the job that it has"
    return sorted_out(desk.mode, Raid(ran, attempts, untried), not_left(said, NEEDS))


def not_left(said: Mapping[str, str], needs: Mapping[Attack, str]) -> dict[Attack, str]:
    """The attacks for which the leaver could not leave what they need, and why."""
    words = {attack: said.get(thing, f"it said nothing of {thing}") for attack, thing in needs.items()}
    return {attack: why for attack, why in words.items() if why != "left"}


def leave(desk: Desk, left: Estate, *, adopts: bool = False) -> tuple[Outcome, Mapping[str, str]]:
    """Alice's payload leaves things behind; what became of it, and what it says of each thing.

    Its pilot ends nothing that it leaves, unless it ``adopts``.
    """
    payload = Payload("alice", (*PYTHON, left.orders()), probe("leaver", *LEAVER), PAYLOAD_LIMIT)
    ran = desk.end_of(*desk.hand(payload, adopts=adopts))
    return ran, last_words(ran)


def comes_back(
    desk: Desk, left: Estate, targets: Targets, measure: Measure | None
) -> tuple[Attempts, dict[Attack, str]]:
    """What Alice's next payload makes of it: its attempts, and why others were not tried.

    A daemon of hers that still runs is told where that one's proxy is, unless folders of its own keep it from that
    place: they are no measure against it, since an account reaches all that its processes reach.
    """
    own = {attack: targets[like] for attack, like in OWN.items()}
    runs = left.census().running("daemon")
    if runs and measure is not Measure.PRIVATE_TMP:
        ran, stolen = succeeded(desk, left, "alice", own)
    else:
        ran, stolen = desk.end_of(*comes(desk, "alice", own)), NOBODY_LOOKS
    attempts, untried = _found(ran, "Alice's next payload")
    if runs and measure is Measure.PRIVATE_TMP:
        return attempts, {**untried, Attack.OWN_FORMER_PROCESS: f"{runs} is in folders of its own"}
    return {**attempts, Attack.OWN_FORMER_PROCESS: stolen}, untried


def _found(ran: Outcome, who: str) -> tuple[Attempts, dict[Attack, str]]:
    """What a finder says in its last line."""
    return findings((ran.out.splitlines() or [""])[-1], who, ran.err)


def _matters(measure: Measure | None) -> bool:
    """Whether Alice's own next payload is tried with a measure: where it is one against that."""
    own = (*OWN, Attack.OWN_FORMER_PROCESS)
    return measure is None or any(measure in CATALOGUE[attack].measures for attack in own)


def targets_of(left: Estate) -> dict[Attack, dict[str, Any]]:
    """Where Bob's payload looks."""
    mark, shared = left.mark, ("/tmp", "/var/tmp", "/dev/shm")
    return {
        Attack.LEFT_FILE: {"kind": "read", "paths": [f"{each}/{mark}-closed" for each in shared], "marker": mark},
        Attack.LEFT_OPEN_FILE: {"kind": "read", "paths": [f"{each}/{mark}-open" for each in shared], "marker": mark},
        Attack.LEFT_SEGMENT: {"kind": "segment", "key": left.key, "marker": mark},
        Attack.LEFT_QUEUE: {"kind": "queue", "name": f"/{mark}", "marker": mark},
        Attack.LEFT_HOME: {"kind": "start", "marker": mark},
        Attack.LEFT_SET_ID_FILE: {
            "kind": "run",
            "commands": [[f"{each}/{mark}-programs/cat", f"/tmp/{mark}-secret"] for each in shared],
            "marker": mark,
        },
    }


def remains(census: Census) -> Attempts:
    """What still runs, or is to run, after the payload has ended."""
    tables = [path for path in census.queued if "/crontabs/" in path]
    return {
        Attack.LEFT_DAEMON: _program(census, "daemon"),
        Attack.LEFT_AT_JOB: _program(census, "at"),
        Attack.LEFT_CRON_JOB: (
            (Attempt.SUCCEEDED, f"{tables[0]} is there when the payload has ended")
            if tables
            else (Attempt.BLOCKED, "no table of cron's holds anything of the payload's")
        ),
    }


def _program(census: Census, name: str) -> tuple[Attempt, str]:
    """Whether a program answered what was asked after the payload's end, or runs at least."""
    if name in census.answers:
        uid = census.answers[name]["uid"]
        return Attempt.SUCCEEDED, f"it answered after the payload had ended, as uid {uid}; {census.running(name)}"
    if running := census.running(name):
        return Attempt.SUCCEEDED, f"{running} still runs"
    return Attempt.BLOCKED, "no process bears its mark any more, no job waits, and nothing answered"


def sorted_out(mode: Mode, raid: Raid, missing: Mapping[Attack, str]) -> Raid:
    """The raid without the attacks that were not tried, and those for which what they need was ``missing``.

    Nothing follows from these. But where the payload sees another node, or a part of it only, that is what keeps it
    from the node's at and cron: the same job could be left in mode none, see `Threat.proved_in`. All else can be left
    anywhere. What the leaver says of daemons in there, and what root has seen on the node, is said of both.
    """
    hindered = {
        attack: f"{missing[attack]}; on the node: {raid.attempts[attack][1]}"
        for attack in JOBS & missing.keys()
        if mode in ENCLOSING and raid.attempts[attack][0] is Attempt.BLOCKED
    }
    untried = {attack: why for attack, why in {**raid.untried, **missing}.items() if attack not in hindered}
    attempts = {attack: seen for attack, seen in raid.attempts.items() if attack not in untried}
    return Raid(raid.ran, {**attempts, **{attack: (Attempt.BLOCKED, why) for attack, why in hindered.items()}}, untried)
