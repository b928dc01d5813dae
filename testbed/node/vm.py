"""Run one payload in a virtual machine of its own: ``python3 vm.py [OPTIONS] -- /usr/bin/COMMAND ARGUMENTS``.

Runs on the worker node, as the account that calls it. The payload's input, output, errors and exit code (128+n for
signal n) are the launcher's own; its environment is what this one holds of GLEXEC_* names, and the proxy that
X509_USER_PROXY names goes with it. The launcher's own failures end with 125 and one line "[vm]: cause; remedy".

Nothing of a machine has a name in the worker node's file system: its root is an unnamed file in memory, its ports
are socket pairs. So nothing can be left behind, and QEMU is killed by the kernel when the launcher ends in any way.
"""

import argparse
import contextlib
import json
import os
import pwd
import selectors
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

QEMU = "qemu-system-x86_64"
IMAGE = Path("/usr/lib/testbed/vm")
BOOT_LIMIT = 30.0
"""Seconds within which a guest has to announce itself; seen: 4 on two idle cores, 21 on two crowded ones."""
BOOTS = 2
PROBE_LIMIT = 3.0
"""Seconds that KVM gets to prove itself; where it works, user land is reached in well under one."""
LONGEST = 7 * 86400
STDIN_LIMIT = 16 << 20
CONSOLE_LIMIT = 1 << 20
TOLD_LIMIT = 32
"""Lines that the guest may tell, of at most `LINE_LIMIT` bytes."""
LINE_LIMIT = 1 << 10
ACCOUNT = 1000
"""The guest's uid and gid of account ``payload``."""
PROXY = "/home/payload/proxy.pem"
FAILED = 125
PROCESSOR = "qemu64,+rdrand,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16"
"""What TCG emulates: x86-64-v2, and rdrand to seed the kernel. Each feature more costs the kernel time at its start."""
KERNEL = (
    "console=ttyS0 loglevel=4 panic=-1 rdinit=/init mitigations=off init_on_alloc=0 lsm=capability audit=0 "
    "ipv6.disable=1 cryptomgr.notests initcall_blacklist=jent_mod_init,load_system_certificate_list,init_ima,"
    "init_encrypted,trace_eval_init,init_kprobe_trace,bpf_tcp_ca_kfunc_init,bpf_dummy_struct_ops_init,"
    "crypto_kdf108_init,dev_map_init"
)
"""The kernel's command line: what takes an emulated processor long and does nothing for a payload is left out."""


class Failure(Exception):
    """The launcher itself failed: why, and what mends it."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy


class Expired(Exception):
    """A time limit has passed."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What is run in the guest."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    proxy: bytes | None = None


def payload_of(argv: list[str], environment: dict[str, str], stdin: bytes) -> Payload:
    """The payload with the part of an environment that goes with it into the guest."""
    kept = {name: value for name, value in environment.items() if name.startswith("GLEXEC_")}
    kept |= {"HOME": "/home/payload", "USER": "payload", "LOGNAME": "payload", "PATH": "/usr/bin"}
    file = environment.get("X509_USER_PROXY")
    if not file:
        return Payload(argv, kept, stdin)
    try:
        proxy = Path(file).read_bytes()
    except OSError as error:
        remedy = "let X509_USER_PROXY name the payload's proxy, or unset it"
        raise Failure(f"cannot read the proxy {file}: {error.strerror}", remedy) from error
    return Payload(argv, kept | {"X509_USER_PROXY": PROXY}, stdin, proxy)


def archive(payload: Payload) -> bytes:
    """The payload as a cpio, in the form that the kernel unpacks over its first root file system."""
    settings = [f"{name}={value}" for name, value in payload.environment.items()]
    members = [
        member(1, "request", stat.S_IFDIR | 0o700, 0, b""),
        member(2, "request/argv", stat.S_IFREG | 0o600, 0, words(payload.argv)),
        member(3, "request/environment", stat.S_IFREG | 0o600, 0, words(settings)),
        member(4, "request/stdin", stat.S_IFREG | 0o600, ACCOUNT, payload.stdin),
    ]
    if payload.proxy is not None:
        members.append(member(5, PROXY.lstrip("/"), stat.S_IFREG | 0o600, ACCOUNT, payload.proxy))
    return b"".join((*members, member(0, "TRAILER!!!", 0, 0, b"")))


def words(texts: list[str]) -> bytes:
    """Texts, each ended by a zero byte."""
    return b"".join(os.fsencode(text) + b"\0" for text in texts)


def member(inode: int, name: str, mode: int, owner: int, content: bytes) -> bytes:
    """One member of a cpio of kind newc: thirteen hexadecimal fields, the name, the content, each padded to four."""
    path = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (inode, mode, owner, owner, links, 0, len(content), 0, 0, 0, 0, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % number for number in fields) + path
    return header + bytes(-len(header) % 4) + content + bytes(-len(content) % 4)


def initrd(payload: Payload) -> int:
    """The guest's root with the payload in it: a file without a name, held by its descriptor alone."""
    memory = os.memfd_create("initrd")
    with (IMAGE / "initrd").open("rb") as root, os.fdopen(os.dup(memory), "wb") as file:
        shutil.copyfileobj(root, file, 1 << 20)
        file.write(bytes(-file.tell() % 4) + archive(payload))
    return memory


def qemu(accelerator: str, memory: int, root: int, console: int, ports: list[int]) -> list[str]:
    """The machine: one processor, no disk, no network, a console and three ports."""
    words = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    words += ["-machine", "q35,sata=off,smbus=off,vmport=off,i8042=off,usb=off", "-bios", "qboot.rom"]
    words += [
        "-accel",
        accelerator,
        "-cpu",
        "host,-arch-capabilities" if accelerator == "kvm" else PROCESSOR,
        "-smp",
        "1",
        "-m",
        str(memory),
    ]
    words += ["-kernel", str(IMAGE / "vmlinuz"), "-initrd", f"/proc/self/fd/{root}", "-append", KERNEL]
    words += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
    words += ["-chardev", f"socket,id=console,fd={console}", "-serial", "chardev:console"]
    words += ["-device", "virtio-serial-pci"]
    for number, port in enumerate(ports, start=1):
        words += ["-chardev", f"socket,id=port{number},fd={port}"]
        words += ["-device", f"virtserialport,chardev=port{number},nr={number}"]
    return words


def with_launcher(words: list[str]) -> list[str]:
    """A command that the kernel kills when this process ends, and that does not start if that was before it asked."""
    guard = 'test "$PPID" = "$0" && exec "$@"'
    return ["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", guard, str(os.getpid()), *words]


class Guest:
    """A machine that runs. ``console`` is what its kernel has said so far."""

    def __init__(self, payload: Payload, accelerator: str, memory: int) -> None:
        self.console = bytearray()
        self._result = bytearray()
        self._selector = selectors.DefaultSelector()
        pairs = [socket.socketpair() for _ in range(4)]
        self._ends = {name: ours for name, (ours, _) in zip(("console", "result", "out", "err"), pairs, strict=True)}
        theirs = [end.fileno() for _, end in pairs]
        root = initrd(payload)
        try:
            self._process = subprocess.Popen(
                with_launcher(qemu(accelerator, memory, root, theirs[0], theirs[1:])),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=theirs[0],
                pass_fds=[root, *theirs],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )
        finally:
            os.close(root)
            for _, end in pairs:
                end.close()
        for name, end in self._ends.items():
            self._selector.register(end, selectors.EVENT_READ, name)

    def pieces(self) -> Iterator[tuple[str, bytes]]:
        """What arrives until the machine has closed everything: (``result``, a line), (``out`` or ``err``, bytes)."""
        while self._selector.get_map():
            for key, _ in self._selector.select():
                end, name = self._ends[key.data], key.data
                data = end.recv(65536)
                if not data:
                    self._selector.unregister(end)
                elif name == "console":
                    self.console += data[: CONSOLE_LIMIT - len(self.console)]
                elif name == "result":
                    *lines, rest = (bytes(self._result) + data).split(b"\n")
                    self._result = bytearray(rest[:LINE_LIMIT])
                    yield from ((name, line[:LINE_LIMIT]) for line in lines)
                else:
                    yield name, data

    def end(self) -> None:
        """Kill the machine and forget it."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for end in self._ends.values():
            end.close()


class Run:
    """One payload through one or two machines: the second only when the first did not come up."""

    def __init__(self, payload: Payload, memory: int, limit: float) -> None:
        self.payload, self.memory, self.limit = payload, memory, limit
        self.console = b""
        self.started = time.monotonic()

    def result(self, accelerator: str, boot_limit: float = BOOT_LIMIT, boots: int = BOOTS) -> dict[str, Any]:
        """How the payload ended, its output passed on while it ran."""
        for boot in range(1, boots + 1):
            guest = Guest(self.payload, accelerator, self.memory)
            began = time.monotonic()
            try:
                pieces = guest.pieces()
                trouble = self._trouble_of_boot(pieces, boot_limit)
                if not trouble:
                    facts = {"accelerator": accelerator, "boots": boot, "boot_seconds": seconds_since(began)}
                    return {**self._relayed(pieces), **facts, "seconds": seconds_since(self.started)}
            finally:
                disarm()
                guest.end()
                self.console += bytes(guest.console)
            accelerator = "tcg"
        last = self.console.decode(errors="replace").strip().rpartition("\n")[2].strip()[:200] or "nothing"
        remedy = "look at its console (--console FILE)"
        raise Failure(f"no guest came up: boot {boots} of {boots} {trouble}, and said at last: {last}", remedy)

    def _trouble_of_boot(self, pieces: Iterator[tuple[str, bytes]], boot_limit: float) -> str:
        """Why the guest did not announce itself; empty when it did."""
        limit = min(boot_limit, self._left())
        try:
            arm(limit)
            return "" if any(name == "result" for name, _ in pieces) else "ended early"
        except Expired:
            self._left()
            return f"did not reach user land within {limit:.3g} s"

    def _relayed(self, pieces: Iterator[tuple[str, bytes]]) -> dict[str, Any]:
        told: list[bytes] = []
        counts = {"out": 0, "err": 0}
        result: dict[str, Any] | None = None
        try:
            arm(self._left())
            for name, data in pieces:
                if name != "result":
                    counts[name] += len(data)
                    pass_on(1 if name == "out" else 2, data)
                elif data != b"end 1":
                    told = [*told, data][:TOLD_LIMIT]
                else:
                    result = understood(told)
                if result and counts == result["bytes"]:
                    return result
        except Expired:
            self._left()
        raise Failure(
            "the guest ended without a result", "look at its console (--console FILE), or give it --memory MB"
        )

    def _left(self) -> float:
        left = self.started + self.limit - time.monotonic()
        if left <= 0:
            raise Failure(f"the payload did not end within {self.limit:g} s", "give it longer with --limit SECONDS")
        return left


def understood(told: list[bytes]) -> dict[str, Any]:
    """What the guest's supervisor told, line by line, as a result; the guest is not trusted to tell it properly."""
    try:
        facts = dict(line.decode("ascii").split(" ", 1) for line in told)
        code, by = (int(facts[word]) if word in facts else None for word in ("code", "signal"))
        if (code is None) == (by is None) or not 0 <= (code or 0) <= 255 or not 0 <= (by or 0) < 128:
            raise ValueError("neither an exit code nor a signal")
        result: dict[str, Any] = {
            "code": code,
            "signal": by,
            "hostname": facts["hostname"],
            "kernel": facts["kernel"],
        }
        result["bytes"] = {"out": int(facts["out"]), "err": int(facts["err"])}
        groups = [int(group) for group in facts["groups"].split(",")]
        result["identity"] = {
            "uid": int(facts["uid"]),
            "gid": int(facts["gid"]),
            "user": facts["user"],
            "groups": groups,
        }
    except (ValueError, KeyError) as error:
        remedy = "do not trust this payload; look at the guest's console (--console FILE)"
        raise Failure(f"the guest told no proper result: {error!r} in {b' '.join(told)[:200]!r}", remedy) from error
    return result | ({"errno": int(facts["errno"])} if "errno" in facts else {})


def pass_on(stream: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(stream, data) :]
    except OSError as error:
        raise Failure(
            f"cannot pass on the payload's output: {error.strerror}", "keep the launcher's output open"
        ) from error


def seconds_since(began: float) -> float:
    return round(time.monotonic() - began, 2)


def arm(seconds: float) -> None:
    """Raise `Expired` in this process after so many seconds, whatever it then waits for."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def disarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def accelerator() -> tuple[str, str]:
    """``kvm`` only where a guest was seen to reach user land with it since this machine was booted; and why."""
    if not os.path.exists("/dev/kvm"):
        return "tcg", "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", f"/dev/kvm may not be opened by uid {os.getuid()}"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    memo = private_folder() / "accelerator.json"
    with contextlib.suppress(FileNotFoundError, ValueError):
        known = json.loads(memo.read_text())
        if known["boot"] == boot:
            return known["accelerator"], known["cause"]
    found, cause = probe()
    fresh = memo.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"boot": boot, "accelerator": found, "cause": cause}))
    fresh.replace(memo)
    return found, cause


def private_folder() -> Path:
    """Where this account keeps what it has found out; nobody else may write there."""
    folder = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "testbed-vm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen = folder.lstat()
    except OSError as error:
        raise Failure(
            f"cannot keep what KVM can do in {folder}: {error.strerror}", "give the account a home"
        ) from error
    if seen.st_uid != os.getuid() or seen.st_mode & 0o077 or not stat.S_ISDIR(seen.st_mode):
        raise Failure(f"{folder} is not private to uid {os.getuid()}", f"rm -rf {folder}")
    return folder


def probe() -> tuple[str, str]:
    """Start a guest with KVM: the device opens on machines whose guests then hang, so only user land counts."""
    run = Run(Payload(["/usr/bin/true"]), 256, 2 * PROBE_LIMIT)
    try:
        result = run.result("kvm", PROBE_LIMIT, boots=1)
    except Failure as failure:
        return "tcg", f"/dev/kvm opens, but {failure.cause}"
    return "kvm", f"a guest reached user land in {result['boot_seconds']} s"


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are the launcher's own failures."""

    def error(self, message: str) -> NoReturn:
        raise Failure(message, "see --help")


def arguments(words: list[str]) -> argparse.Namespace:
    parser = Parser(prog="vm.py", description="Run one payload in a virtual machine of its own.")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="for everything (default 60)")
    parser.add_argument("--memory", type=int, default=256, metavar="MB", help="of the guest (default 256)")
    parser.add_argument("--result", type=Path, metavar="FILE", help="write what became of the payload, as JSON")
    parser.add_argument("--console", type=Path, metavar="FILE", help="write what the guest's kernel said")
    parser.add_argument("--probe", action="store_true", help="say which accelerator is used, and why, as JSON")
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="absolute path and arguments")
    chosen = parser.parse_args(words)
    if not 0 < chosen.limit <= LONGEST or not 160 <= chosen.memory <= 65536:
        parser.error(f"--limit must be above 0 and at most {LONGEST}, --memory from 160 to 65536")
    if not chosen.probe and not (chosen.command and chosen.command[0].startswith("/")):
        parser.error("the command must be given by its absolute path")
    return chosen


def check_parts() -> None:
    for program in (QEMU, "setpriv"):
        if not shutil.which(program):
            raise Failure(f"there is no {program} on this worker node", "install qemu-system-x86 and util-linux")
    for part in ("vmlinuz", "initrd"):
        if not os.access(IMAGE / part, os.R_OK):
            raise Failure(f"{IMAGE / part} cannot be read", "build the worker node's image again")


def read_stdin(limit: float) -> bytes:
    """All of the payload's input, which goes into the guest before it starts."""
    try:
        arm(limit)
        data = sys.stdin.buffer.read(STDIN_LIMIT + 1) if sys.stdin else b""
    except Expired:
        raise Failure(f"the input did not end within {limit:g} s", "close it, or use </dev/null") from None
    finally:
        disarm()
    if len(data) > STDIN_LIMIT:
        raise Failure(f"the input is larger than {STDIN_LIMIT >> 20} MiB", "let the payload fetch it")
    return data


def launch(chosen: argparse.Namespace) -> tuple[int, dict[str, Any], bytes]:
    """Run the payload: the launcher's exit code, what became of the payload, and the guest's console."""
    run: Run | None = None
    try:
        check_parts()
        payload = payload_of(chosen.command, dict(os.environ), read_stdin(chosen.limit))
        chosen_accelerator, _ = accelerator()
        run = Run(payload, chosen.memory, chosen.limit)
        result = run.result(chosen_accelerator)
        code = result["code"] if result["signal"] is None else 128 + result["signal"]
        return code, result, run.console
    except Failure as failure:
        return (
            failed(failure),
            {"error": failure.cause, "remedy": failure.remedy},
            run.console if run else b"",
        )


def failed(failure: Failure) -> int:
    print(f"[vm]: {failure.cause}; {failure.remedy}".replace("\n", " "), file=sys.stderr)
    return FAILED


def stop(number: int, _: object) -> NoReturn:
    """End at once: leaving the stack kills the guest."""
    raise SystemExit(128 + number)


def expire(*_: object) -> NoReturn:
    raise Expired


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
        code, result, console = launch(chosen)
        if chosen.console:
            chosen.console.write_bytes(console)
        if chosen.result:
            chosen.result.write_text(json.dumps(result) + "\n")
        return code
    except Failure as failure:
        return failed(failure)
    except OSError as error:
        return failed(Failure(f"{error.filename}: {error.strerror}", "give paths that can be written"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
