#!/usr/bin/python3
"""The site's gatekeeper, as a compute element without pilots has it: maps a user and starts a job as that account.

``gatekeeper.py < REQUEST``, as root, on a worker node; standard library only. The request is one JSON object:

    proxy            PEM: the user's, by which LCMAPS says the account, with the site's own settings and policy
    job              a payload: {id, argv, stdin, sandbox, limit, start_limit}; its end is told on standard output
    orders           instead of a job: those of a single-user pilot, which is then run as the account (node/agent)

The site's log has a line of each, with the DN and the account, before it runs, and of a job's end: no record, no run.
A job is told of as a pilot reports: {"state", "code", "separated", "bypassed", "identity", "out", "err", "why"}. Who is
mapped to nobody is not run: `returned`, code 203; nor is anybody of whom nobody could say it, code 202. Exit code 0
when that was told, 2 for a request that makes no sense; for a pilot, the pilot's own, or 203, or 202 likewise and where
its start could not be recorded.
"""

import base64
import contextlib
import ctypes
import io
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONF = "/etc/glexec.conf"
LCMAPS_ACCOUNT = "/usr/libexec/glexec/lcmaps-account"
KEEPER = "glexec"
"""The account that LCMAPS runs as, as in a set-id installation of the switch."""
SITE_LOG = "/dev/log"
AGENT = ("/usr/bin/python3", "-I", "-S", "/usr/libexec/testbed/node/agent")
ANSWER, LOG, POLICY = 3, 4, 5
"""What lcmaps-account has open, as images/worker-node/glexec/answer.h says."""
ATTEMPTS_SECONDS = 30.0
DENIED, FAILED = 203, 202
VERDICT_REFUSED = 11
"""How lcmaps-account ends where LCMAPS ran and gave no account, as images/worker-node/glexec/answer.h says."""
DENIALS = (
    *("banned", "credential-refused", "credential-expired", "not-mapped", "account-refused", "account-differs"),
    *("denied", "no-rule", "lcmaps-refused"),
)
"""The causes of lcmaps-account that are about the user; where it names none a module has refused. Any other is an
outage: nobody has decided."""
LARGEST_SANDBOX = 1 << 24
MOST_FILES = 1000
"""Bytes of a sandbox once unpacked, and members of it, as the pilot job has them."""
MINIMUM = "1000"
"""The lowest uid and gid of a job, where glexec.conf says nothing, as images/worker-node/glexec/options.c has it."""
NO_CHANGE = 2**32 - 1
LARGEST_STREAM = 1 << 20
LONGEST_RECORD = 8192
LONGEST_LIMIT = 7 * 24 * 3600.0
"""Seconds of a job, as the pilot job has it."""
GRACE = 2.0
START = re.compile(rb"started (\d{0,10}) (\S*) (\S*)\n")
WRAPPER = (
    "read -r host </proc/sys/kernel/hostname; "
    'printf "started %s %s %s\\n" "$(/usr/bin/id -u)" "$(/usr/bin/id -un)" "$host"; exec "$@"'
)
"""The start handshake, as the pilot job has it."""


class Refused(Exception):
    """LCMAPS gives no account."""

    code = DENIED
    failure = "denied"
    words = "the gatekeeper maps this user to nobody"


class Undecided(Refused):
    """Nobody could say whether there is one: the site's fault, and not the user's."""

    code = FAILED
    failure = "internal"
    words = "the gatekeeper could not learn this user's account"


ENDING: list[int] = []
"""A descriptor from which something can be read once the gatekeeper was told to end."""


@dataclass(frozen=True, slots=True)
class Account:
    """As whom a job runs."""

    uid: int
    gid: int
    groups: Sequence[int]
    dn: str = ""
    """Whose it is for this job, as LCMAPS says."""

    @property
    def name(self) -> str:
        """Its name, or its number."""
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(self.uid).pw_name
        return str(self.uid)


def main() -> int:
    """One request."""
    try:
        request = json.loads(sys.stdin.buffer.read())
        proxy, job, orders = str(request["proxy"]), request.get("job"), request.get("orders")
        if (job is None) == (orders is None):
            raise ValueError("a job or a pilot's orders, one of them")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log(f"a request that cannot be read: {error}")
        return 2
    try:
        account = mapped(proxy)
    except Refused as refused:
        log(f"not run: {refused.words}: {refused}")
        if orders is not None:
            return refused.code
        why = f"{refused.words}: {refused}"
        tell({"state": "returned", "code": refused.code, "failure": refused.failure, "why": why})
        return 0
    if orders is not None:
        try:
            record(account, "a pilot starts")
        except OSError as error:
            log(f"not run: it could not be recorded: {error}")
            return FAILED
        become_pilot(account, json.dumps(orders).encode())
    adopt_orphans()
    hear_the_end()
    tell(run(account, proxy, job))
    return 0


def hear_the_end() -> None:
    """From now on who ends the gatekeeper ends its job: nobody else would, nor take its proxy away, nor record it."""
    ending, sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    ENDING.append(ending)
    signal.set_wakeup_fd(sink, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # `follow` hears of it, at whatever moment it comes


def record(account: Account, what: str) -> None:
    """A line in the site's log: whose a job is, and as whom it runs. Raises `OSError` when nobody takes it."""
    line = f'{what} for "{account.dn}" as {account.name} (uid {account.uid}, gid {account.gid})'
    printable = "".join(each if each.isprintable() else "?" for each in line)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(GRACE)
        site.connect(SITE_LOG)
        site.send(f"<13>gatekeeper[{os.getpid()}]: {printable}".encode()[:LONGEST_RECORD])


# --- who it is --------------------------------------------------------------------------------------------------------


def settings(text: str) -> Mapping[str, str]:
    """The options of a glexec.conf, of which only the section [glexec] counts."""
    section = re.split(r"(?m)^\[.*\]\s*$", f"\n{text}".partition("\n[glexec]\n")[2])[0]
    lines = (line.split("#")[0].partition("=") for line in section.splitlines())
    return {name.strip(): value.strip().strip('"') for name, found, value in lines if found}


def mapped(proxy: str) -> Account:
    """The account of the proxy's owner. Raises `Refused`, and `Undecided` where nobody could say."""
    keeper = pwd.getpwnam(KEEPER)
    try:
        conf = settings(Path(CONF).read_text())
        policy = Path(conf["lcmaps_db_file"]).read_bytes()
    except (OSError, KeyError) as error:
        raise Undecided(f"the site's configuration cannot be read: {error}") from None
    files = [memory("policy", policy, keeper), memory("log", b"", keeper)]
    source = memory("proxy", proxy.encode(), keeper)
    hear, say = os.pipe()
    environment = {
        "LCMAPS_DB_FILE": f"/proc/self/fd/{POLICY}",
        "LCMAPS_POLICY_NAME": conf.get("lcmaps_get_account_policy", ""),
        "LCMAPS_DEBUG_LEVEL": "3",
    }
    pid = os.fork()
    if not pid:
        try:
            for number, descriptor in enumerate((say, files[1], files[0], source)):
                os.dup2(descriptor, 100 + number)
            for number, place in enumerate((ANSWER, LOG, POLICY, 0)):
                os.dup2(100 + number, place)
            os.closerange(POLICY + 1, 200)
            become(Account(keeper.pw_uid, keeper.pw_gid, ()))
            os.execve(LCMAPS_ACCOUNT, [LCMAPS_ACCOUNT], environment)
        finally:
            os._exit(127)
    os.close(say)
    deadline = time.monotonic() + ATTEMPTS_SECONDS
    answer = read_until(hear, deadline)
    code = end_of(pid, deadline if answer is not None else 0.0)
    for descriptor in (*files, source, hear):
        os.close(descriptor)
    if answer is None:
        raise Undecided(f"LCMAPS did not answer within {ATTEMPTS_SECONDS:g} s")
    return account_of(answer, code, conf, keeper)


def end_of(pid: int, deadline: float) -> int:
    """The exit code of a child, which is ended where it does not end in time."""
    waited = os.pidfd_open(pid)
    try:
        if not select.select([waited], [], [], max(0.0, deadline - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(waited)


def account_of(answer: bytes, code: int, conf: Mapping[str, str], keeper: pwd.struct_passwd) -> Account:
    """The account that lcmaps-account says. Raises `Refused` for what the switch would not become either."""
    lines = [line.split(" ", 1) for line in answer.decode(errors="replace").splitlines()]
    told = {
        word: [line[1] for line in lines if line[0] == word and len(line) > 1]
        for word in ("dn", "uid", "pgid", "sgid", "cause")
    }
    if code != 0 or ["end"] not in lines or not told["uid"] or not told["pgid"]:
        cause = (told["cause"] or ["no account"])[0]
        decided = code == VERDICT_REFUSED and ["end"] in lines and (not told["cause"] or cause in DENIALS)
        raise (Refused if decided else Undecided)(f"{cause} (lcmaps-account: {code})")
    [uid, *more] = (number(text, conf.get("minimum_uid", MINIMUM)) for text in told["uid"])
    groups = [number(text, conf.get("minimum_gid", MINIMUM)) for text in (*told["pgid"], *told["sgid"])]
    if more or uid == keeper.pw_uid or groups[0] == keeper.pw_gid:
        raise Refused("account-refused: two uids, or the account that keeps the mappings")
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise Undecided(f"account-missing: uid {uid}") from None
    return Account(uid, groups[0], groups, told["dn"][0] if told["dn"] else "")


def number(text: str, minimum: str) -> int:
    """A uid or gid that the site lets jobs have. Raises `Refused`: to setresuid(2) -1, or 4294967295, is no change."""
    found = int(text) if re.fullmatch(r"[1-9][0-9]{0,9}", text) else 0
    if not max(int(minimum), 1) <= found < NO_CHANGE:
        raise Refused(f"account-refused: {text[:20]!r} is below minimum_uid or minimum_gid, or no real number")
    return found


def memory(name: str, content: bytes, owner: pwd.struct_passwd) -> int:
    """A file without a place, at its beginning, that this account may open by its descriptor."""
    descriptor = os.memfd_create(name)
    os.fchown(descriptor, owner.pw_uid, owner.pw_gid)
    os.fchmod(descriptor, 0o600)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def read_until(descriptor: int, deadline: float) -> bytes | None:
    """All that comes until it is closed, up to 64 KiB; None when the time is up."""
    found = b""
    while len(found) < 1 << 16:
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        if not (data := os.read(descriptor, 4096)):
            break
        found += data
    return found


def become(account: Account) -> None:
    """Be somebody else for good."""
    os.setgroups(account.groups)
    os.setresgid(account.gid, account.gid, account.gid)
    os.setresuid(account.uid, account.uid, account.uid)


def become_pilot(account: Account, orders: bytes) -> None:
    """Turn into the pilot job of this user."""
    source = os.memfd_create("orders")
    os.write(source, orders)
    os.lseek(source, 0, os.SEEK_SET)
    os.dup2(source, 0)
    os.close(source)
    os.chdir("/")
    become(account)
    pilot = str(json.loads(orders)["pilot"])
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/", "PILOT_ID": pilot}
    os.execve(AGENT[0], [*AGENT, pilot], environment)


# --- one job ----------------------------------------------------------------------------------------------------------


def run(account: Account, proxy: str, job: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run a payload as an account, in a folder of its own that nobody else can enter; what became of it."""
    folder = Path(tempfile.mkdtemp(prefix="job-"))
    try:
        place = lay_out(folder, account, proxy, base64.b64decode(job.get("sandbox", "")))
        environment = {
            "HOME": str(folder),
            "PATH": "/usr/bin:/bin",
            "X509_USER_PROXY": str(place),
            "JOB_ID": str(job["id"]),
        }
        command = [os.path.realpath("/bin/sh"), "-c", WRAPPER, "payload", *job["argv"]]
        limit = float(job["limit"]) + float(job["start_limit"])
        if not 0 < limit <= LONGEST_LIMIT:
            raise ValueError(f"a limit of {limit} s")
        record(account, f"job {str(job['id'])[:80]} starts")
        code, out, err, why, left = executed(
            command, environment, folder, account, base64.b64decode(job.get("stdin", "")), limit
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, tarfile.TarError, EOFError, zlib.error) as error:
        return {"state": "returned", "why": f"the job could not be laid out, or not be recorded: {error}"}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        record(account, f"job {str(job['id'])[:80]} has ended, {why or f'code {code}'}{left},")
    return judged(account, code, out, err, why, left)


def lay_out(folder: Path, account: Account, proxy: str, sandbox: bytes) -> Path:
    """The folder of a job, all of it the account's; where its proxy lies. Raises what is wrong with its sandbox."""
    if sandbox:
        with tarfile.open(fileobj=io.BytesIO(plain(sandbox)), mode="r:", encoding="utf-8") as members:
            for count, member in enumerate(members, 1):
                if count > MOST_FILES or not (member.isreg() or member.isdir()) or member.issparse():
                    raise tarfile.TarError(f"{member.name[:80]!r} is not let in")
                members.extract(member, folder, filter="data")
    place = folder / "x509up"
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(proxy)
    for path in (*folder.rglob("*"), folder):  # it last: until then nobody else comes in to put a link in a path
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    return place


def plain(archive: bytes) -> bytes:
    """A tar as it is before gzip, however large it would become: root unpacks it, whose disk has no quota."""
    data = archive
    if archive.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        data = unpacking.decompress(archive, LARGEST_SANDBOX + 1)
        if not unpacking.eof or unpacking.unused_data:
            raise tarfile.TarError("it has no end, is too large, or is more than one")
    if len(data) > LARGEST_SANDBOX:
        raise tarfile.TarError(f"it has more than {LARGEST_SANDBOX} bytes")
    return data


def executed(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, account: Account, stdin: bytes, limit: float
) -> tuple[int | None, bytes, bytes, str, str]:
    """A command as an account to its end: code, outputs, why it was ended, if it was, and what it left running."""
    source = os.memfd_create("stdin")
    os.write(source, stdin)
    os.lseek(source, 0, os.SEEK_SET)
    with subprocess.Popen(
        command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=folder,
        user=account.uid, group=account.gid, extra_groups=list(account.groups), start_new_session=True, umask=0o022,
    ) as process:  # fmt: skip
        os.close(source)
        assert process.stdout
        assert process.stderr
        streams = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        out, err = streams.values()
        try:
            why = follow(process, streams, time.monotonic() + limit)
        finally:  # whatever comes, or we would wait here for a job that nobody ends
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what it left running in its session's first group
        code = process.wait()
    left = end_orphans()  # and elsewhere: it came to us
    return (None if why else code if code >= 0 else 128 - code), bytes(out), bytes(err), why, left


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (PR_SET_CHILD_SUBREAPER, prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) != 0:
        log(f"orphans cannot be adopted: {os.strerror(ctypes.get_errno())}")


def end_orphans() -> str:
    """End what a job has left running, and what comes to us when that ends, in bounded time; what it was, in words."""
    deadline, ended = time.monotonic() + GRACE, 0
    while (left := children()) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                ended += gone(pid, deadline)
    words = f"; left-over processes were ended: {ended}" if ended else ""
    if left:
        words += f"; STILL RUNNING: {' '.join(map(str, left))}"
    if words:
        log(words.removeprefix("; "))
    return words


def gone(pid: int, deadline: float) -> bool:
    """Whether a child that was killed has ended by then: one that the kernel holds, on a dead disk, say, does not."""
    with contextlib.suppress(ProcessLookupError):
        waited = os.pidfd_open(pid)
        try:
            select.select([waited], [], [], max(0.0, deadline - time.monotonic()))
        finally:
            os.close(waited)
    return os.waitpid(pid, os.WNOHANG)[0] == pid


def children() -> list[int]:
    """The processes whose parent we are."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(path.parent.name))
    return found


def follow(process: "subprocess.Popen[bytes]", streams: Mapping[int, bytearray], deadline: float) -> str:
    """Read until the command has ended; why it must be ended before, if it must."""
    poll = select.poll()
    poll.register(1, 0)  # only to hear that nobody reads it any more
    for number in (*streams, *ENDING):
        poll.register(number, select.POLLIN)
    waited = os.pidfd_open(process.pid)
    poll.register(waited, select.POLLIN)
    ended, open_streams = False, set(streams)
    try:
        while open_streams or not ended:
            left = min(deadline - time.monotonic(), GRACE if ended else deadline)
            if left <= 0:
                return "" if ended else "hung"
            found = poll.poll(left * 1000)
            if not found:
                return "" if ended else "hung"
            for number, _ in found:
                if number == waited:
                    ended = True
                    poll.unregister(waited)
                elif number not in streams:
                    return "lost"
                elif data := os.read(number, 1 << 16):
                    streams[number].extend(data[: LARGEST_STREAM - len(streams[number])])
                else:
                    poll.unregister(number)
                    open_streams.discard(number)
    finally:
        os.close(waited)
    return ""


def judged(account: Account, code: int | None, out: bytes, err: bytes, why: str, left: str = "") -> Mapping[str, Any]:
    """What became of a job, and of what it ``left`` running, as a pilot would report it."""
    found = START.match(out)
    identity = None
    if found:
        uid, user, host = (part.decode(errors="replace") for part in found.groups())
        identity, out = {"uid": int(uid or -1), "user": user, "host": host}, out[found.end() :]
    state = why or ("ended" if found else "returned")
    said = {
        "hung": "the job did not end in time, so it was ended",
        "lost": "the gatekeeper was hung up on, or told to end, while the job ran",
        "ended": f"the job ran as {account.name}",
        "returned": "the job did not start",
    }
    return {
        "state": state,
        "code": code,
        "separated": found is not None,
        "identity": identity,
        "out": out,
        "err": err,
        "why": said[state] + left,
    }


# --- its words --------------------------------------------------------------------------------------------------------


def tell(report: Mapping[str, Any]) -> None:
    """The report of a job."""
    whole = {"code": None, "separated": False, "bypassed": False, "identity": None, "out": b"", "err": b"", **report}
    texts = {name: base64.b64encode(whole[name]).decode() for name in ("out", "err")}
    sys.stdout.write(json.dumps({**whole, **texts}))
    sys.stdout.flush()


def log(line: str) -> None:
    """A line for whoever looks after the site."""
    with contextlib.suppress(OSError):
        os.write(2, f"gatekeeper: {line}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
