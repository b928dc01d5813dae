"""Run one payload in namespaces of its own: ``python3 container.py [OPTIONS] -- /usr/bin/COMMAND ARGUMENTS``.

Runs on the worker node, as the account that calls it, with bubblewrap and without any privilege. The payload's input,
output, errors and exit code (128+n for signal n) are the launcher's own; its environment is what this one holds of
GLEXEC_* names, and the proxy that X509_USER_PROXY names goes with it. The launcher's own failures end with 125 and one
line "[container]: cause; remedy".

What the payload shares with its node is data: ``--options`` takes a JSON object with any of the keys of `Options`.
"""

import argparse
import contextlib
import json
import os
import pwd
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

BUBBLEWRAP = "/usr/bin/bwrap"
SHELL = "/bin/sh"
LONGEST = 7 * 86400
PROBE_LIMIT = 5.0
"""Seconds in which a container has to prove itself; usual is a tenth of one."""
END_LIMIT = 5.0
"""Seconds in which what was killed has to be gone."""
ROOM = 1 << 30
"""Bytes that each private folder in memory holds."""
LARGEST_PROXY = 1 << 20
SAID_LIMIT = 1 << 14
"""Bytes that are kept of what bubblewrap says."""
LAST_WORDS = 64
"""Looks at what was said when bubblewrap has ended; two full pipes take half as many. What outlives it may talk on."""
FAILED = 125
HOSTNAME = "container"
SEEN = ("/usr", "/etc", "/opt", "/cvmfs")
"""What of the node the payload may read, where it is there."""
LINKS = ("/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32")
NAMESPACES = ("user", "mnt", "pid", "ipc", "uts", "cgroup", "net")
OWN, SHARED = "own", "shared"
SETTINGS = Path("/proc/sys")
FORBIDDING = {
    "user/max_user_namespaces": "0",
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
}
"""Kernel setting -> the value with which an ordinary account makes no user namespace."""


class Failure(Exception):
    """The launcher itself failed: why, and what mends it."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy


# --- what is shared ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Options:
    """What the payload has for itself, and what it shares with its node. The defaults are mode container."""

    pid: str = OWN
    """Process numbers: what it cannot name it can neither look at nor signal."""
    ipc: str = OWN
    """System V and POSIX message queues, semaphores, shared memory of System V."""
    shm: str = OWN
    """/dev/shm, which is files and no matter of the ipc namespace."""
    network: str = SHARED
    """Addresses, ports and abstract sockets. Sites are advised to allow no network namespaces (EGI CSIRT, 2022)."""
    tmp: str = OWN
    """/tmp and /var/tmp."""
    home: str = OWN
    clean_environment: bool = True
    close_descriptors: bool = True
    """Descriptors above 2 do not reach it."""
    die_with_parent: bool = True
    """It does not outlive the launcher, whatever ends that."""
    new_session: bool = True
    """It has no terminal to put words into (TIOCSTI, CVE-2017-5226)."""

    @classmethod
    def parse(cls, text: str) -> "Options":
        """The options of a JSON object; what it leaves out is as usual."""
        remedy = f"give a JSON object with any of {', '.join(each.name for each in fields(cls))}"
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Failure(f"--options is no JSON: {str(error)[:200]}", remedy) from error
        if not isinstance(data, dict):
            raise Failure("--options is no JSON object", remedy)
        kinds = {each.name: each.type for each in fields(cls)}
        for name, value in data.items():
            if name not in kinds:
                raise Failure(f"--options has no {str(name)[:40]!r}", remedy)
            if type(value) is not kinds[name] or (kinds[name] is str and value not in (OWN, SHARED)):
                words = f"{OWN} or {SHARED}" if kinds[name] is str else "true or false"
                raise Failure(f"--options: {name} is {str(value)[:40]!r}", f"say {words}")
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Payload:
    """What is run, and where its things lie on the node."""

    argv: list[str]
    environment: dict[str, str]
    home: str
    folder: str = ""
    """Where it starts and may write; empty: in its home."""
    proxy_folder: str = ""
    """The folder with its proxy and nothing else, shown as it is: a renewed proxy is seen."""
    proxy: bytes | None = None
    """A copy, where there is no such folder."""


def payload_of(chosen: argparse.Namespace, environment: Mapping[str, str], options: Options) -> Payload:
    """The payload with the part of an environment that goes with it."""
    who = pwd.getpwuid(os.getuid())
    kept = dict(environment)
    if options.clean_environment:
        kept = {name: value for name, value in environment.items() if name.startswith("GLEXEC_")}
        kept |= {"HOME": who.pw_dir, "USER": who.pw_name, "LOGNAME": who.pw_name, "PATH": "/usr/bin"}
    payload = Payload(chosen.command, kept, who.pw_dir, chosen.folder or "")
    file = environment.get("X509_USER_PROXY")
    if not file:
        return payload
    if chosen.proxy_folder and os.path.dirname(file) == chosen.proxy_folder:
        shown = kept | {"X509_USER_PROXY": file}
        return Payload(payload.argv, shown, payload.home, payload.folder, private(chosen.proxy_folder))
    shown = kept | {"X509_USER_PROXY": f"{who.pw_dir}/proxy.pem"}
    return Payload(payload.argv, shown, payload.home, payload.folder, proxy=read_proxy(file))


def private(folder: str) -> str:
    """A folder that nobody else can look into. Raises `Failure` for another."""
    seen = os.lstat(folder)
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise Failure(f"{folder} is no private folder of uid {os.getuid()}", f"chmod 700 {folder}")
    return folder


def read_proxy(file: str) -> bytes:
    """The proxy. What is no plain file is not waited for."""
    remedy = "let X509_USER_PROXY name the payload's proxy, or unset it"
    try:
        with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            content = opened.read(LARGEST_PROXY + 1) if stat.S_ISREG(os.fstat(opened.fileno()).st_mode) else None
    except OSError as error:
        raise Failure(f"cannot read the proxy {file}: {error.strerror}", remedy) from error
    if content is None or len(content) > LARGEST_PROXY:
        raise Failure(f"{file} is no proxy: no plain file, or larger than {LARGEST_PROXY} bytes", remedy)
    return content


# --- bubblewrap's words -----------------------------------------------------------------------------------------------


def bubblewrap(options: Options, payload: Payload, status: int, errors: int, proxy: int | None) -> list[str]:
    """The whole command: namespaces, the payload's view of files, and how it ends.

    Bubblewrap's own errors go one way and the payload's another, its standard error being put back by a shell.
    """
    words = [BUBBLEWRAP, "--unshare-user", "--unshare-uts", "--hostname", HOSTNAME, "--unshare-cgroup-try"]
    words += [f"--unshare-{name}" for name in ("pid", "ipc") if getattr(options, name) == OWN]
    words += ["--unshare-net"] if options.network == OWN else []
    words += ["--die-with-parent"] if options.die_with_parent else []
    words += ["--new-session"] if options.new_session else []
    words += ["--json-status-fd", str(status), *view(options, payload, proxy)]
    words += ["--chdir", payload.folder or payload.home]
    return [*words, "--", SHELL, "-c", f'exec "$@" 2>&{errors} {errors}>&-', "container", *payload.argv]


def view(options: Options, payload: Payload, proxy: int | None) -> Iterator[str]:
    """What the payload sees of files, each laid over those before. The rest of the node is not there."""
    for path in SEEN:
        yield from ("--ro-bind-try", path, path)
    for path in LINKS:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.isdir(path):
            yield from ("--ro-bind", path, path)
    yield from ("--proc", "/proc") if options.pid == OWN else ("--bind", "/proc", "/proc")
    yield from ("--dev", "/dev")
    yield from ("--mqueue", "/dev/mqueue") if options.ipc == OWN else ("--bind-try", "/dev/mqueue", "/dev/mqueue")
    yield from place("/dev/shm", options.shm, "1777")
    yield from ("--remount-ro", "/dev")
    yield from place("/tmp", options.tmp, "1777")
    yield from place("/var/tmp", options.tmp, "1777")
    yield from place(payload.home, options.home, "0700")
    if payload.folder:
        yield from ("--bind", payload.folder, payload.folder)
    if payload.proxy_folder:
        yield from ("--ro-bind", payload.proxy_folder, payload.proxy_folder)
    if proxy is not None:
        yield from ("--perms", "0600", "--ro-bind-data", str(proxy), f"{payload.home}/proxy.pem")
    yield from ("--remount-ro", "/")


def place(path: str, whose: str, mode: str) -> tuple[str, ...]:
    """A folder that is the payload's alone, empty and in memory; or the node's."""
    if whose == SHARED:
        return ("--bind", path, path)
    return ("--size", str(ROOM), "--perms", mode, "--tmpfs", path)


# --- one container ----------------------------------------------------------------------------------------------------


class Container:
    """One payload from its first to its last moment."""

    def __init__(self, options: Options, payload: Payload) -> None:
        self._options = options
        self.began = time.monotonic()
        self._said, self._status = bytearray(), bytearray()
        status, status_end = os.pipe()
        said, said_end = os.pipe()
        errors = os.dup(2)
        passed = [status_end, errors]
        proxy = None
        if payload.proxy is not None:
            proxy = memory(payload.proxy)
            passed.append(proxy)
        self._pipes = {status: self._status, said: self._said}
        try:
            for each in passed:
                os.set_inheritable(each, True)
            # What else is open here and inheritable goes with it where descriptors are not closed.
            self._process = subprocess.Popen(
                bubblewrap(options, payload, status_end, errors, proxy),
                stderr=said_end,
                close_fds=options.close_descriptors,
                pass_fds=passed if options.close_descriptors else (),
                env=payload.environment,
                process_group=0,
            )
        except OSError as error:
            raise Failure(f"{BUBBLEWRAP}: {error.strerror}", "install bubblewrap") from error
        finally:
            for each in (*passed, said_end):
                os.close(each)

    def end_within(self, limit: float, whose: int | None) -> dict[str, Any]:
        """How the payload ended. Raises `Failure` where there was none, or it took longer, or outlived whose it is."""
        poll = select.poll()
        watch = os.pidfd_open(self._process.pid)
        for number in (watch, *self._pipes, *([whose] if whose is not None else [])):
            poll.register(number, select.POLLIN)
        try:
            while self._process.poll() is None:
                left = self.began + limit - time.monotonic()
                if whose is not None and ended(whose):
                    raise Failure("the pilot is gone, and its payload with it", "find out who killed the pilot")
                if left <= 0:
                    raise Failure(f"the payload did not end within {limit:g} s", "give it longer with --limit SECONDS")
                self._take(poll, left)
            for _ in range(LAST_WORDS):
                if not self._take(poll, 0):
                    break
            return self._result()
        finally:
            os.close(watch)

    def _take(self, poll: select.poll, left: float) -> bool:
        """Take in what bubblewrap says, or hear of its end; whether something was said."""
        heard = False
        for number, _ in poll.poll(left * 1000):
            if number in self._pipes:
                data = os.read(number, 4096)
                kept = self._pipes[number]
                kept += data[: SAID_LIMIT - len(kept)]
                heard = heard or bool(data)
                if not data:
                    poll.unregister(number)
        return heard

    def _result(self) -> dict[str, Any]:
        known = self._known()
        if "exit-code" not in known:
            raise refusal(bytes(self._said).decode(errors="replace"), self._process.returncode)
        own = {name: known[f"{name}-namespace"] for name in NAMESPACES if f"{name}-namespace" in known}
        seconds = round(time.monotonic() - self.began, 3)
        return {"code": known["exit-code"], "namespaces": own, "seconds": seconds, "options": asdict(self._options)}

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for line in bytes(self._status).splitlines():
            with contextlib.suppress(ValueError):
                known |= json.loads(line)
        return known

    def pass_on(self, kind: int) -> None:
        """A signal to all that runs inside. Bubblewrap itself would end of it, and take the payload with it at once."""
        inside = self._known().get("child-pid")
        pids = below(inside) if isinstance(inside, int) else []
        if isinstance(inside, int) and self._options.pid == SHARED:
            pids.append(inside)
        for pid in pids or [self._process.pid]:
            with contextlib.suppress(OSError):
                os.kill(pid, kind)

    def end(self) -> None:
        """Kill what is left of it, where it ends with us at all."""
        if self._process.poll() is None:
            inside = self._known().get("child-pid")
            for pid in (inside, self._process.pid) if isinstance(inside, int) else (self._process.pid,):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_LIMIT)
        for pipe in self._pipes:
            os.close(pipe)


def ended(process: int) -> bool:
    """Whether the process of a pidfd is gone."""
    return bool(select.select([process], [], [], 0)[0])


def memory(content: bytes) -> int:
    """A descriptor to read something from that has no name in any file system."""
    descriptor = os.memfd_create("proxy")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def below(pid: int) -> list[int]:
    """The processes below one."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


# --- where it does not go ---------------------------------------------------------------------------------------------


def refusal(said: str, code: int) -> Failure:
    """Why bubblewrap ran nothing: what forbids it, in the words of the kernel's settings where they tell it."""
    last = said.strip().rpartition("\n")[2].removeprefix("bwrap: ")[:300] or f"exit code {code}, without a word"
    for name, value in FORBIDDING.items():
        with contextlib.suppress(OSError):
            if (SETTINGS / name).read_text().strip() == value and "namespace" in last:
                dotted = name.replace("/", ".")
                other = "15000" if dotted.endswith("_namespaces") else "01".replace(value, "")
                return Failure(f"no user namespace: {dotted} is {value}", f"as root: sysctl -w {dotted}={other}")
    if "mount proc" in last:
        return Failure(
            f"no fresh /proc: {last}",
            "let some /proc of the node be in full view: in a container of Docker's parts of it are covered",
        )
    if "namespace" in last or "user ns" in last or "Operation not permitted" in last:
        cause = "a system call filter or a security module forbids it" if filtered() else "a security module may"
        return Failure(f"no container: {last} ({cause})", "let accounts of the node make user namespaces")
    return Failure(f"no container: {last}", "look at the folders that are to be shown in it")


def filtered() -> bool:
    """Whether a system call filter is upon this process."""
    with contextlib.suppress(OSError):
        return "\nSeccomp:\t2" in Path("/proc/self/status").read_text()
    return False


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


# --- its words --------------------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are the launcher's own failures."""

    def error(self, message: str) -> NoReturn:
        raise Failure(message, "see --help")


def arguments(words: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = Parser(prog="container.py", description="Run one payload in namespaces of its own.")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="for everything (default 60)")
    parser.add_argument("--options", default="{}", metavar="JSON", help="what is shared, and what is not")
    parser.add_argument("--folder", metavar="DIR", help="where the payload starts and may write (default: its home)")
    parser.add_argument(
        "--proxy-folder", metavar="DIR", help="show the folder of X509_USER_PROXY, so that a renewed one is seen"
    )
    parser.add_argument("--pilot", type=int, metavar="PID", help="end with this process, however that ends")
    parser.add_argument("--result", type=Path, metavar="FILE", help="write what became of the payload, as JSON")
    parser.add_argument("--probe", action="store_true", help="say whether a container runs here, and why not, as JSON")
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="absolute path and arguments")
    chosen = parser.parse_args(words)
    if not 0 < chosen.limit <= LONGEST:
        parser.error(f"--limit must be above 0 and at most {LONGEST}")
    if not chosen.probe and not (chosen.command and chosen.command[0].startswith("/")):
        parser.error("the command must be given by its absolute path")
    return chosen


def unforeseen(error: OSError | KeyError) -> Failure:
    """What the system refused, as a failure."""
    cause = f"{error.filename or 'a folder'}: {error.strerror}" if isinstance(error, OSError) else str(error)
    return Failure(cause, "give folders that are there, and an account that has a name")


def failed(failure: Failure) -> int:
    """The launcher's own failure, in one line."""
    print(f"[container]: {failure.cause}; {failure.remedy}".replace("\n", " "), file=sys.stderr)
    return FAILED


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
