"""The pilot: takes payloads, has each run, ends what they leave, and reports."""

import contextlib
import json
import math
import os
import random
import re
import signal
import sys
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .condition import Situation
from .failure import AMBIGUOUS, DENIED, INTERNAL, MISUSED, PAYLOAD, TRACELESS, Cause, canary_of, classify, told
from .handshake import NAMED_WRAPPER, WRAPPER, in_own_namespaces, no_folder, parsed_start, wrapped
from .log import log, syslog
from .machine import Machine, packed, read_plain
from .modes import CONTAINER, MODES
from .notes import Notes, Seen
from .orders import Orders
from .owner import owner_of
from .packing import LARGEST_OUTPUTS, good_outputs
from .payload import Payload
from .problems import Ended, Late, SandboxProblem, VoProblem
from .process import DRAIN, LARGEST_PREVIEW, LARGEST_STREAM, Process
from .processes import children, descendants, let_in, ours, owner, runs
from .removal import CLEAR, CLEAR_LIMIT, PACK_LIMIT, discard, left_elsewhere, remove
from .report import BEAT, FRESH_BEAT, MOST_CALLS, MOST_NAMED, Account, Report
from .sandbox import Sandbox
from .task import Ran, Task
from .this_node import pilots
from .unpacking import unpack
from .vo import Vo
from .wake import Wake

LAUNCHER_FAILED = 125
LAUNCHER_MARK = re.compile(rb"^\[(?:vm|container)\]: ", re.MULTILINE)
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL."""
CLOCK = 0.02
"""Seconds by which the time of a file may be behind the clock: the kernel's own for files is a coarse one."""
BYPASS_START = 10.0
"""Seconds until a payload must have started that the pilot runs itself."""
STILL_THERE = "something of a call of the switch still runs, and may yet start the payload"
LET_IN = (
    "the switch had let the user in, and it was the user's own account that got no further; whoever brings that about "
    "would get round the switch"
)
WORKERS = (
    "this pilot has several payloads at once, and what it runs itself could read the proxies of its workers, and of "
    "the others' users"
)
CARELESS = "this pilot leaves its own proxy open to what it starts, and so cannot hide it"
WORDS = {
    DENIED: "the payload was refused and did not start",
    MISUSED: "the payload did not start, and the switch finds fault with the pilot's call",
    INTERNAL: "an internal error kept the payload from starting",
    AMBIGUOUS: "the payload did not start, nobody says why",
    TRACELESS: "the payload did not start, since nobody could have recorded it",
}
"""What a call that ran nothing came to, in words."""


class Pilot:
    """Takes payloads until there are none, and leaves nothing of them behind."""

    def __init__(self, orders: Orders, sandbox: Sandbox, vo: Vo, wake: Wake) -> None:
        self._orders = orders
        self._mode = MODES[orders.mode]
        self._sandbox = sandbox
        self._vo = vo
        self._wake = wake
        self._owner = owner_of(orders.proxy)
        self._notes = Notes(orders.notes)
        self._until = time.monotonic() + orders.limit
        if orders.careless:
            os.environ["PILOT_SECRET"] = orders.careless
            os.set_inheritable(os.open(sandbox.proxy, os.O_RDONLY), True)

    def work(self) -> None:
        """Run every payload that the VO has for us."""
        while payload := self._next():
            account, report = Account(), Report(payload.ident, self._orders.pilot)
            try:
                place = self._sandbox.place(payload, separates=self._mode.own_account, enclosed=self._mode.encloses)
            except OSError as error:
                why = f"its folder could not be made: {error.strerror}"
                report = replace(report, state="returned", failure=INTERNAL, why=why)
            else:
                report = self._served(Task(payload, place, account, payload.until), report)
            account.ended = time.time()
            code = "" if report.code is None else f", code {report.code}"
            log(f"{payload.ident} of {payload.user}: {report.state}{code}; {report.why}")
            self._vo.tell_end(replace(report, account=account))
            if account.bypass and account.remaining:
                raise Ended("what still runs of a payload that the pilot ran itself could read the next one's proxy")
            self._wake.check()

    def _served(self, task: Task, report: Report) -> Report:
        """Run a payload if it is ours to run, and take away what was laid out for it, whatever comes."""
        payload, place = task.payload, task.place
        try:
            if refusal := self._not_ours(payload):
                report = replace(report, state="returned", why=refusal)
            else:
                unpack(payload.sandbox, place.folder)
                report = self._handle(task, report)
        except SandboxProblem as error:
            report = replace(report, state="returned", why=f"its sandbox could not be unpacked: {error}")
        finally:
            if self._mode.own_account:
                if not task.cleared and task.calls:  # the VO was lost while it ran
                    self._clear(task, None)
            else:
                remove(place.copy.parent)
            discard(place.proxy)
            self._sandbox.forget_machine(payload.ident)
            if left := remove(place.folder):
                task.account.leftovers = left if task.account.leftovers >= 0 else -1
                task.account.left = "; ".join(filter(None, (task.account.left, str(place.folder))))
        return report

    # Question 1

    def _next(self) -> Payload | None:
        self._wake.check()
        left = self._until - time.monotonic()
        if left <= 0:
            raise Ended(f"the pilot's own limit of {self._orders.limit:g} s is up")
        with self._notes.held() as seen:
            only = self._orders.answers.only(self._situation(None, None, seen))
        if only is not None:
            log(f"question 1 is answered {self._orders.answers.multi_user_pilots}: asks for payloads of {only}")
        return self._vo.next(left, only)

    def _not_ours(self, payload: Payload) -> str:
        """Why a payload that the VO handed out is not to be run at this site; empty where it is."""
        with self._notes.held() as seen:
            at = self._situation(payload, None, seen)
        if at.owner and at.owner == at.pilot_owner:
            return ""
        allowed, why = self._orders.answers.may_fetch(at)
        return "" if allowed else f"not run: it is not the pilot owner's own, and {why}"

    def _situation(self, payload: Payload | None, cause: Cause | None, seen: Seen) -> Situation:
        return Situation(
            cause,
            owner_of(payload.proxy) if payload else "",
            self._owner,
            payload.fqans if payload else (),
            payload.vo if payload else "",
            well=seen.well,
            pilots=None if (there := pilots()) is None else there + self._orders.slots - 1,
            runs=seen.runs,
            now=datetime.now(UTC),
        )

    # The way through the switch, and what follows when it fails

    def _handle(self, task: Task, report: Report) -> Report:
        """Run one payload through the mode, and itself where question 4 allows it."""
        until = min(time.monotonic() + self._orders.start_limit, self._until)
        if not self._mode.calls_switch:
            return self._run(task, wrapped(task), self._plain(task), report, until)
        task.calls = self._for_switch(task)
        allowed = self._orders.start_limit + task.payload.limit
        own_account = self._mode.own_account
        contained, elsewhere = self._orders.mode == "container", self._orders.mode == "vm"
        wrapper = NAMED_WRAPPER if contained else WRAPPER
        words = wrapped(
            task, own_account=own_account, in_folder=self._mode.in_folder, elsewhere=elsewhere, wrapper=wrapper
        )
        tries = 0
        while True:
            launcher = self._launcher(task, allowed)
            command = [self._orders.switch, *launcher, *words]
            began = time.monotonic()
            ran = self._run(task, command, task.calls, report, until)
            ran, failure = self._classified(task, ran, began)
            if ran.state != "returned":
                return ran
            if failure == MISUSED and not task.account.mended and self._mend(task):
                continue
            if failure not in (INTERNAL, TRACELESS) or tries == self._orders.retries or task.account.remaining:
                return self._question_4(task, ran, failure)
            tries += 1
            pause = random.uniform(self._orders.retry_delay, self._orders.retry_delay * tries)
            if time.monotonic() + pause >= until:
                return self._question_4(task, ran, failure)
            if reason := self._pause(pause, report):
                return replace(ran, why=f"{ran.why}; {reason}")

    def _launcher(self, task: Task, limit: float) -> list[str]:
        """What starts a payload where it is kept apart, if the mode has such a thing."""
        match self._orders.mode:
            case "container":
                return self._container(task, limit)
            case "vm":
                return self._machine(task, limit)
            case _:
                return self._mode.launcher(limit)

    def _container(self, task: Task, limit: float) -> list[str]:
        """What starts a payload in namespaces of its own. Of the pilot's folders it sees those that are for it."""
        return [
            *CONTAINER,
            *("--limit", str(math.ceil(limit)), "--options", self._orders.container, "--pilot", str(os.getpid())),
            *("--folder", str(task.place.folder), "--proxy-folder", str(task.place.copy.parent), "--"),
        ]

    def _machine(self, task: Task, limit: float) -> list[str]:
        """The launcher of a machine for one run, with what goes in, and where it is to put what comes out."""
        payload, folder = task.payload, self._sandbox.machine(task.payload.ident)
        command = [*self._mode.launcher(limit), "--pilot", str(os.getpid()), "--result", str(folder / "result")]
        if payload.sandbox:
            (folder / "sandbox").write_bytes(packed(task.place.folder))
            command += ["--sandbox", str(folder / "sandbox")]
        if payload.outputs:
            command += ["--outputs", str(folder / "outputs"), *(f"--bring={name}" for name in payload.outputs)]
        return [*command, "--"]

    def _classified(self, task: Task, ran: Report, began: float) -> tuple[Report, str]:
        """The class of a call, after a canary where it is ambiguous; told in the report's words and the account."""
        err = ran.err.decode(errors="replace")
        failure, cause = self._class(task, ran), told(err, ran.code)
        if ran.state == "returned" and failure == AMBIGUOUS and not self._wake.ending:
            canary = self._canary(task)
            task.account.canary = canary
            failure = classify(False, ran.code, err, canary)
            ran = replace(ran, canary=canary, why=f"{ran.why}; the pilot's own harmless call {canary}: {failure}")
        call = {
            "code": ran.code if failure != PAYLOAD else None,
            "failure": failure,
            "cause": f"{cause.kind} {cause.reason}" if cause and failure != PAYLOAD else "",
            "seconds": round(time.monotonic() - began, 3),
        }
        task.account.calls = [*task.account.calls, call][:MOST_CALLS]
        if failure == PAYLOAD:
            with self._notes.held() as seen:
                seen.worked, seen.runs = time.time(), 0
            return ran, failure
        return replace(ran, failure=failure), failure

    def _class(self, task: Task, ran: Report) -> str:
        if ran.identity is None and task.machine.may_have_started:
            return PAYLOAD
        if ran.identity is None and (self._launcher_failed(ran) or no_folder(ran)):
            return INTERNAL
        return classify(ran.identity is not None, ran.code, ran.err.decode(errors="replace"))

    def _launcher_failed(self, report: Report) -> bool:
        marked = report.code == LAUNCHER_FAILED and LAUNCHER_MARK.search(report.err) is not None
        return marked and self._orders.mode in ("vm", "container") and not report.bypassed

    def _canary(self, task: Task) -> str:
        """How a harmless call of the switch with the pilot's own credential goes, right after an ambiguous one."""
        own = {"GLEXEC_CLIENT_CERT": str(self._sandbox.proxy), "GLEXEC_SOURCE_PROXY": str(self._sandbox.proxy)}
        environment = {**task.calls, **own, "GLEXEC_TARGET_PROXY": "/dev/null", "GLEXEC_ID": "canary"}
        ran = self._beside(
            [self._orders.switch, os.path.realpath("/bin/true")], environment, task, self._orders.call_limit
        )
        canary = canary_of(ran.code, ran.err.decode(errors="replace"))
        log(f"{task.payload.ident}: canary {canary}, code {ran}")
        return canary

    def _mend(self, task: Task) -> bool:
        """Put the credentials of a call in their places anew, the user's as the VO has it now; whether that went."""
        try:
            proxy = self._vo.renew(task.payload.ident)
        except VoProblem as problem:
            log(f"{task.payload.ident}: its call could not be mended: {problem}")
            return False
        self._sandbox.keep(task.payload.ident, proxy)
        self._sandbox.renew()
        task.account.mended = True
        log(f"{task.payload.ident}: the switch says that the call was wrong; mended, and once more")
        return True

    def _pause(self, pause: float, report: Report) -> str:
        """Wait before the next call; why there is to be none, if so."""
        deadline = time.monotonic() + pause
        while (left := deadline - time.monotonic()) > 0:
            self._wake.wait(left)
            if self._wake.ending:
                return f"{self._wake.ending} before the switch was called again"
        return "not called again, as the VO asked" if self._vo.tell(report).stop else ""

    def _question_4(self, task: Task, failed: Report, failure: str) -> Report:
        """Give the payload back, or run it as the pilot: recorded and said so, with the pilot's proxy out of reach."""
        allowed, why = self._ruled(task, failed, failure, runs=0)
        if allowed and (objection := self._objection(task) or self._vos_objection(task)):
            allowed, why = False, objection
        if allowed:  # asking took its time, and other pilots of the node note something meanwhile
            allowed, why = self._ruled(task, failed, failure, runs=1)
        if not allowed:
            task.account.ruling = why
            return replace(failed, why=f"{failed.why}; {why}")
        payload, cause = task.payload, told(failed.err.decode(errors="replace"), failed.code)
        said = f"{cause.kind} {cause.reason}" if cause else "no cause told"
        line = (
            f"by-pass: glexec ended with {failed.code}, {said}, taken for {failure}; {self._orders.pilot} runs "
            f"{payload.ident} of {payload.user} itself, unseparated, as uid {os.getuid()}, for "
            f"{owner_of(payload.proxy) or 'nobody knows whom'}: {json.dumps(payload.argv)}"
        )
        try:
            syslog(self._orders.site_log, line)
        except OSError as error:
            task.account.ruling = f"no record could be made, {error.strerror or 'nobody takes it'}"
            return replace(failed, why=f"{failed.why}; not run by the pilot: {task.account.ruling}")
        log(f"{line}; {why}")
        task.account.bypass = why
        report = replace(Report(payload.ident, self._orders.pilot, bypassed=True), canary=failed.canary)
        with self._sandbox.proxy_hidden(task.account):
            until = time.monotonic() + BYPASS_START
            ran = self._run(task, wrapped(task), self._plain(task), report, until)
        said = f"by-pass after {failed.code} of the switch, unseparated; "
        return replace(ran, why=said + ran.why, err=(failed.err + ran.err)[:LARGEST_STREAM], failure=failure)

    def _ruled(self, task: Task, failed: Report, failure: str, *, runs: int) -> tuple[bool, str]:
        """What the site's answer to question 4 says now, and why; where it is yes so many more ``runs`` are noted."""
        cause = told(failed.err.decode(errors="replace"), failed.code)
        with self._notes.held() as seen:
            allowed, why = self._orders.answers.may_run_itself(failure, self._situation(task.payload, cause, seen))
            if allowed and seen.runs is not None:
                seen.runs += runs
        return allowed, why

    def _vos_objection(self, task: Task) -> str:
        """Why the VO has nobody run this payload past the switch: its ban holds there as well. No answer is no."""
        try:
            return self._vo.ban(task.payload.ident)
        except VoProblem as problem:
            return f"the VO does not say whether it has banned its owner: {problem}"

    def _objection(self, task: Task) -> str:
        """Why the pilot does not run a payload itself, though the site would let it."""
        if self._wake.ending or time.monotonic() >= self._until:
            return f"it would be ended at once: {self._wake.ending or 'the time of the pilot is up'}"
        if task.account.remaining:
            return STILL_THERE
        if task.let_in:
            return LET_IN
        if self._orders.careless:
            return CARELESS
        return WORKERS if self._orders.slots > 1 else ""

    def _plain(self, task: Task) -> dict[str, str]:
        """The environment of a payload that runs as the pilot."""
        return {"HOME": str(task.place.folder), "PATH": "/usr/bin:/bin", "X509_USER_PROXY": str(task.place.proxy)}

    def _for_switch(self, task: Task) -> dict[str, str]:
        """The environment of a call of the switch."""
        return {
            "HOME": str(task.place.folder),
            "PATH": "/usr/bin:/bin",
            "X509_USER_PROXY": str(self._sandbox.proxy),
            "GLEXEC_CLIENT_CERT": str(task.place.proxy),
            "GLEXEC_SOURCE_PROXY": str(task.place.proxy),
            "GLEXEC_TARGET_PROXY": str(task.place.copy),
            "GLEXEC_ID": task.payload.ident,
        }

    def _beside(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        task: Task,
        limit: float,
        most: int = LARGEST_PREVIEW,
    ) -> Ran:
        """Run a command beside the payload, for so many seconds at most; ``most`` bytes of each stream are kept."""
        try:
            process = Process(command, environment, task.place.folder, b"", self._wake, most)
        except OSError as error:
            return Ran(127 if isinstance(error, FileNotFoundError) else 126, b"", str(error).encode())
        try:
            self._turn_until(process, limit, lambda: process.code is not None)
            code = process.code
            for kind in (signal.SIGTERM, signal.SIGKILL):
                if process.code is None:
                    with contextlib.suppress(OSError):
                        os.killpg(process.group, kind)
                    self._turn_until(process, GRACE, lambda: process.code is not None)
            self._turn_until(process, DRAIN, lambda: not process.open)
            return Ran(code, bytes(process.out), bytes(process.err))
        finally:
            process.close()

    # One run, from its first to its last moment

    def _run(
        self, task: Task, command: list[str], environment: Mapping[str, str], report: Report, until: float
    ) -> Report:
        """Run a command to its end, its time limit, or ours; what became of it. It has to have started at ``until``."""
        task.began, task.cleared, task.let_in, task.machine = time.time(), False, False, Machine()
        try:
            process = Process(
                command,
                environment,
                task.place.folder,
                task.payload.stdin,
                self._wake,
                careless=bool(self._orders.careless),
            )
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            return replace(report, state="returned", code=code, why=f"{command[0]}: {error.strerror}")
        try:
            report, reason = self._follow(process, task, report, until)
        finally:
            leftovers = self._end(process, task)
            process.close()
        identity, out = parsed_start(bytes(process.out))
        report = replace(report, identity=identity, out=out, err=bytes(process.err))
        if self._orders.mode == "vm" and not report.bypassed:
            task.machine = Machine.read(self._sandbox.private(f"{task.payload.ident}.machine") / "result")
            task.account.machine = task.machine.said
        report = self._judged(report, process.code, reason, leftovers, task)
        task.let_in = task.let_in or no_folder(report) or task.machine.of_the_users
        if identity and reason != "ended":
            report = replace(report, outputs=self._bring_back(task, report))
        if self._mode.own_account and not report.bypassed:
            self._clear(task, identity)
        return report

    def _follow(self, process: Process, task: Task, report: Report, until: float) -> tuple[Report, str]:
        """Watch until it ends or must be ended (the reason), reporting its start and what it says."""
        deadline, told_at, shown = until, math.inf, 0
        while process.code is None:
            said = min(len(process.out), LARGEST_PREVIEW)
            due = told_at + (FRESH_BEAT if said != shown else BEAT)
            process.turn(min(deadline, due, self._until) - time.monotonic())
            now = time.monotonic()
            if self._wake.ending and process.code is None:
                return report, "ended"
            if now >= deadline or now >= self._until:
                task.let_in = self._mode.own_account and let_in(process.group)
                return report, "hung"
            identity, out = parsed_start(bytes(process.out[: 2 * LARGEST_PREVIEW]))
            if identity and report.state != "started":
                apart = self._separated(report, identity)
                report = replace(report, state="started", identity=identity, separated=apart)
                deadline, shown = now + task.payload.limit, said
                task.account.started = time.time()
                if self._mode.own_account and not report.bypassed:
                    task.place.folder.chmod(0o700)  # what it needs of it, it has copied; others could read it too
            elif now < due:
                continue
            else:
                report = replace(report, out=out[:LARGEST_PREVIEW], err=bytes(process.err[:LARGEST_PREVIEW]))
                shown = said
            told_at = now
            try:
                answer = self._vo.tell(report, min(deadline, self._until))
            except Late:
                continue  # its time is up, whatever the VO would have said
            if answer.stop:
                return report, "stopped"
            if answer.until > task.until:
                self._renew(task, report, min(deadline, self._until))
                task.until = answer.until
        return report, ""

    def _separated(self, report: Report, identity: Mapping[str, Any]) -> bool:
        proven = self._orders.mode != "container" or in_own_namespaces(identity)
        return self._mode.separates and not report.bypassed and proven

    def _judged(self, report: Report, code: int | None, reason: str, leftovers: str, task: Task) -> Report:
        """The last report: a payload that has started has run, whatever its code."""
        started = report.identity is not None
        separated = report.identity is not None and self._separated(report, report.identity)
        report = replace(report, separated=separated, code=code)
        if reason == "hung":
            why = f"the payload did not {'end' if started else 'start'} in time, so it was ended{leftovers}"
            # A call that is surely gone without having started anything is one without an answer.
            perhaps = started or task.machine.may_have_started
            state = "hung" if perhaps or task.account.remaining or report.bypassed else "returned"
            return replace(report, state=state, code=None, why=why)
        if reason == "ended":
            return replace(report, state="lost", why=f"{self._wake.ending} while the payload ran{leftovers}")
        machine = task.machine
        # A launcher that is told to end, as the VO asks for, has no time to write more.
        failed = machine.may_have_started and not (started and reason == "stopped")
        if failed or (started and self._launcher_failed(report)):
            what = "launcher" if self._orders.mode == "container" else "machine"
            seen = "failed while it ran" if started else "failed, and it may have run"
            why = f"the {what} of the payload {seen}{f' ({machine.said})' if machine.said else ''}{leftovers}"
            return replace(report, state="hung" if machine.cause == "time-limit" else "lost", why=why)
        if started:
            task.account.started = task.account.started or task.began
            apart = "apart from the pilot" if separated else "as the pilot, unseparated"
            asked = " and was stopped as the VO asked" if reason == "stopped" else ""
            asked += f"; its machine says: {machine.cause}" if machine.cause else ""
            return replace(report, state="ended", why=f"the payload ran {apart}{asked}{leftovers}")
        why = WORDS[self._class(task, report)]
        why += f" (its machine: {machine.said})" if machine.cause else ""
        return replace(report, state="returned", why=why + leftovers)

    # What it needs while it runs, and what it leaves

    def _renew(self, task: Task, report: Report, until: float) -> None:
        """Bring the user's new proxy to the running payload, in the old one's place at one blow; it has until then."""
        account = task.account
        try:
            proxy = self._vo.renew(task.payload.ident, until)
        except VoProblem as problem:
            account.renewal = str(problem)
            return
        self._sandbox.keep(task.payload.ident, proxy)
        if self._mode.calls_switch and not report.bypassed:
            if not os.path.lexists(task.place.copy):
                account.renewal = "there is no copy of the old one to be seen that could be renewed"
                return
            limit = max(min(self._orders.call_limit, until - time.monotonic()), 0.0)
            ran = self._beside([self._orders.switch], task.calls, task, limit)
            account.renewal = "" if ran.code == 0 else f"the switch ended with {ran}"
        else:
            account.renewal = ""
        account.renewals += not account.renewal
        log(f"{task.payload.ident}: a new proxy: {account.renewal or 'brought'}")

    def _bring_back(self, task: Task, report: Report) -> bytes:
        """The tar of the payload's outputs, made by its own account. What of it is left out is told."""
        account, names = task.account, task.payload.outputs
        if not names:
            return b""
        if self._orders.mode == "vm" and not report.bypassed:
            return self._brought_from_machine(task)
        through = self._mode.own_account and not report.bypassed
        command = [os.path.realpath(sys.executable), "-I", "-S", os.path.abspath(sys.argv[0]), "--pack"]
        command += [str(task.place.work if through else task.place.folder), *names]
        environment: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}
        if through:
            command, environment = [self._orders.switch, *command], self._without_copy(task)
        ran = self._beside(command, environment, task, PACK_LIMIT, LARGEST_OUTPUTS + 1)
        account.left_out = "; ".join(ran.err.decode(errors="replace").splitlines())
        if ran.code != 0:
            account.left_out = f"all of it: packing ended with {ran}; {account.left_out}"
            return b""
        return self._let_in(ran.out, account)

    def _brought_from_machine(self, task: Task) -> bytes:
        """The tar that the launcher has written; a machine that was lost has left none."""
        task.account.left_out = task.machine.left_out
        try:
            file = self._sandbox.private(f"{task.payload.ident}.machine") / "outputs"
            return self._let_in(read_plain(file, LARGEST_OUTPUTS), task.account)
        except OSError as error:
            task.account.left_out = f"all of it: nothing came out of the payload's machine: {error.strerror}"
            return b""

    @staticmethod
    def _let_in(archive: bytes, account: Account) -> bytes:
        """A tar that came from a payload's account, if it is one that may be handed on."""
        try:
            if len(archive) > LARGEST_OUTPUTS:
                raise tarfile.TarError(f"more than {LARGEST_OUTPUTS} bytes")
            account.files = good_outputs(archive) if archive else 0
        except (tarfile.TarError, EOFError) as error:
            account.left_out = f"all of it: what came back cannot be used: {error}"
            return b""
        account.bytes = len(archive) if account.files else 0
        return archive if account.files else b""

    def _clear(self, task: Task, identity: Mapping[str, Any] | None) -> None:
        """Take away what belongs to the payload's account, as that account; what stays is told."""
        task.cleared = True
        places = [str(path) for path in (task.place.work, task.place.copy) if os.path.lexists(path)]
        if places:
            command = [self._orders.switch, os.path.realpath("/bin/sh"), "-c", CLEAR, "clear", *places]
            ran = self._beside(command, self._without_copy(task), task, CLEAR_LIMIT)
            stays = [path for path in places if os.path.lexists(path)]
            counted = ran.code == 0 and re.fullmatch(rb"\s*\d{1,9}\s*", ran.out)
            task.account.leftovers = (int(ran.out) if counted else -1) if stays else 0
            if stays:
                task.account.left = f"{' '.join(stays)}: the switch ended with {ran}"
        if identity and (elsewhere := left_elsewhere(identity["uid"], task.began - CLOCK)):
            also = f"made elsewhere by uid {identity['uid']}: {' '.join(elsewhere)}"
            task.account.left = "; ".join(filter(None, (task.account.left, also)))
            task.account.leftovers += len(elsewhere) if task.account.leftovers >= 0 else 0
        if task.account.left:
            log(f"{task.payload.ident}: left behind: {task.account.left}")

    def _without_copy(self, task: Task) -> dict[str, str]:
        """The environment of a call that needs no copy of the proxy."""
        return {**task.calls, "GLEXEC_TARGET_PROXY": "/dev/null"}

    # Its end

    def _end(self, process: Process, task: Task) -> str:
        """End what still runs of a payload, first kindly; what had to be ended beyond it, in words.

        Before the switch itself is killed, which would take its last record from the site, what it runs is.
        """
        said = ""

        def resisting() -> list[int]:
            left = self._reap(process)  # where the switch refuses, it is not asked again and again
            return [pid for pid in left if ours(pid)] if said else left

        if process.code is None:
            self._signal(signal.SIGTERM, [-process.group], task)
            self._turn_until(process, GRACE, lambda: process.code is not None)
        if process.code is None and (foreign := [pid for pid in descendants(process.group) if not ours(pid)]):
            said = self._signal(signal.SIGKILL, foreign, task)
            self._turn_until(process, 0 if said else GRACE, lambda: process.code is not None)
        if process.code is None:
            self._signal(signal.SIGKILL, [-process.group], task)
            self._turn_until(process, GRACE, lambda: process.code is not None)
        self._turn_until(process, DRAIN, lambda: not process.open)
        ended: set[int] = set()
        for kind in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGKILL):
            if not (left := resisting()):
                break
            ended.update(left)
            said = self._signal(kind, left, task) or said
            self._turn_until(process, GRACE, lambda: not resisting())
        left = self._reap(process) and [pid for pid in descendants(os.getpid()) if runs(pid)]
        task.account.processes += len(ended - set(left))
        note = f"; left-over processes were ended: {len(ended - set(left))}" if ended - set(left) else ""
        if not left:
            return note
        named = ", ".join(f"{pid} of uid {owner(pid)}" for pid in left[:MOST_NAMED])
        named += f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        task.account.remaining = (
            f"{named}; {said or 'they did not end'}; root of this node can end them, or the batch system by the job's "
            "cgroup or session, and the switch once it works again"
        )
        log(f"{task.payload.ident}: STILL RUNNING: {task.account.remaining}")
        return f"{note}; some could not be: {task.account.remaining}"

    def _reap(self, process: Process) -> list[int]:
        """Collect the orphans that have ended; those that have not."""
        left = []
        for pid in children():
            if pid == process.group and process.code is None:
                left.append(pid)
                continue
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    left.append(pid)
        return left

    def _turn_until(self, process: Process, limit: float, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + limit
        while not reached() and (left := deadline - time.monotonic()) > 0:
            process.turn(left)

    def _signal(self, kind: signal.Signals, targets: list[int], task: Task) -> str:
        """Send a signal; through the switch, with the user's own proxy, where the targets are another account's.

        Why that did not go, where it did not.
        """
        foreign = []
        for target in targets:
            try:
                os.kill(target, kind)
            except ProcessLookupError:
                continue
            except PermissionError:
                foreign.append(str(target))
        if not (foreign and self._mode.own_account and task.calls):
            return f"they are not the pilot's: {' '.join(foreign)}" if foreign else ""
        # A process that has ended meanwhile is none that resists.
        script = 'kill -s "$0" -- "$@" 2>/dev/null; exit 0'
        command = [self._orders.switch, os.path.realpath("/bin/sh"), "-c", script, kind.name[3:], *foreign]
        ran = self._beside(command, self._without_copy(task), task, CLEAR_LIMIT)
        log(f"{kind.name} to {foreign} through the switch: code {ran}")
        return "" if ran.code == 0 else f"the switch, asked to let the user end them, ended with {ran}"
