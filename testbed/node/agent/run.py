"""One run of a payload, from its first to its last moment."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace

from .bringing import bring_back
from .clearing import clear
from .ending import end
from .handshake import no_folder, parsed_start
from .machine import Machine
from .means import Means
from .problems import Late
from .process import LARGEST_PREVIEW, Process
from .processes import let_in
from .renewal import renew
from .report import BEAT, FRESH_BEAT, Report
from .task import Task
from .verdict import is_apart, judged


def run(
    means: Means, task: Task, command: list[str], environment: Mapping[str, str], report: Report, until: float
) -> Report:
    """Run a command to its end, its time limit, or ours; what became of it. It has to have started at ``until``."""
    task.began, task.cleared, task.let_in, task.machine = time.time(), False, False, Machine()
    try:
        process = Process(
            command,
            environment,
            task.place.folder,
            task.payload.stdin,
            means.wake,
            careless=bool(means.orders.careless),
        )
    except OSError as error:
        code = 127 if isinstance(error, FileNotFoundError) else 126
        return replace(report, state="returned", code=code, why=f"{command[0]}: {error.strerror}")
    try:
        report, reason = follow(means, process, task, report, until)
    finally:
        leftovers = end(means, process, task)
        process.close()
    identity, out = parsed_start(bytes(process.out))
    report = replace(report, identity=identity, out=out, err=bytes(process.err))
    if means.orders.mode == "vm" and not report.bypassed:
        task.machine = Machine.read(means.sandbox.private(f"{task.payload.ident}.machine") / "result")
        task.account.machine = task.machine.said
    report = judged(means, report, process.code, reason, leftovers, task)
    task.let_in = task.let_in or no_folder(report) or task.machine.of_the_users
    if identity and reason != "ended":
        report = replace(report, outputs=bring_back(means, task, report))
    if means.mode.own_account and not report.bypassed:
        clear(means, task, identity)
    return report


def follow(means: Means, process: Process, task: Task, report: Report, until: float) -> tuple[Report, str]:
    """Watch until it ends or must be ended (the reason), reporting its start and what it says."""
    deadline, told_at, shown = until, math.inf, 0
    while process.code is None:
        said = min(len(process.out), LARGEST_PREVIEW)
        due = told_at + (FRESH_BEAT if said != shown else BEAT)
        process.turn(min(deadline, due, means.until) - time.monotonic())
        now = time.monotonic()
        if means.wake.ending and process.code is None:
            return report, "ended"
        if now >= deadline or now >= means.until:
            task.let_in = means.mode.own_account and let_in(process.group)
            return report, "hung"
        identity, out = parsed_start(bytes(process.out[: 2 * LARGEST_PREVIEW]))
        if identity and report.state != "started":
            apart = is_apart(means, report, identity)
            report = replace(report, state="started", identity=identity, separated=apart)
            deadline, shown = now + task.payload.limit, said
            task.account.started = time.time()
            if means.mode.own_account and not report.bypassed:
                task.place.folder.chmod(0o700)  # what it needs of it, it has copied; others could read it too
        elif now < due:
            continue
        else:
            report = replace(report, out=out[:LARGEST_PREVIEW], err=bytes(process.err[:LARGEST_PREVIEW]))
            shown = said
        told_at = now
        try:
            answer = means.vo.tell(report, min(deadline, means.until))
        except Late:
            continue  # its time is up, whatever the VO would have said
        if answer.stop:
            return report, "stopped"
        if answer.until > task.until:
            renew(means, task, report, min(deadline, means.until))
            task.until = answer.until
    return report, ""
