"""Run one payload in a virtual machine of its own: ``python3 vm.py [OPTIONS] -- /usr/bin/COMMAND ARGUMENTS``.

Runs on the worker node, as the account that calls it. The payload's input, output, errors and exit code (128+n for
signal n) are the launcher's own; its environment is what this one holds of GLEXEC_* names, and the proxy that
X509_USER_PROXY names goes with it. The launcher's own failures end with 125 and one line "[vm]: WORD: cause; remedy".

A machine is booted once for each account and node, and saved before it knows of any payload; each payload gets a
private copy of it that goes on from there. Where that fails, or with --cold, its machine is booted.

Of a machine that runs nothing has a name in the worker node's file system: its memory is its own, its ports are socket
pairs. So nothing can be left behind, and QEMU is killed by the kernel when the launcher ends in any way.

The sections below: what goes wrong; what goes in; the machine; saved machines; one payload's run; what comes out;
which accelerator; its words.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import re
import secrets
import selectors
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

QEMU = "qemu-system-x86_64"
IMAGE = Path("/usr/lib/testbed/vm")
PORTS = Path("/usr/lib/testbed/ports.so")
"""What keeps a guest's network to source ports of its own."""
NETWORK = IMAGE / "network"
"""The site's choice, in one word: none, which is meant where there is no such file, or user."""
SHELVES = Path("/var/cache/testbed-vm")
"""Where each account has a folder for its saved machines, if the site has made this one: root's, mode 1777."""
BOOT_LIMIT = 30.0
"""Seconds within which a guest has to announce itself; seen: 4 on two idle cores, 21 on two crowded ones."""
RESTORE_LIMIT = 20.0
"""The same for one that goes on from a saved state; seen: 0.1 to 0.4, and 1.3 where much else runs."""
BOOTS = 2
PROBE_LIMIT = 3.0
"""Seconds that KVM gets to prove itself; where it works, user land is reached in well under one."""
END_LIMIT = 5.0
"""Seconds that QEMU may still take when it has closed everything."""
TICK = 1.0
"""Seconds between two looks at whether the payload's proxy is a new one."""
LONGEST = 7 * 86400
LARGEST_INPUT = LARGEST_SANDBOX = 16 << 20
LARGEST_PROXY = LARGEST_USER_DATA = 1 << 16
"""Bytes that go in: the payload's input, its sandbox without a tar's padding, its proxy, the VO's user data."""
LARGEST_OUTPUTS = 3 << 20
"""Bytes of the tar that comes out."""
CONSOLE_HEAD, CONSOLE_TAIL = 1 << 19, 1 << 16
"""Bytes of what the guest's kernel said that are kept: the first, and the last."""
TOLD_LIMIT = 40
"""Lines that the guest may tell, of at most `LINE_LIMIT` bytes."""
LINE_LIMIT = 1 << 10
QMP_LIMIT = 1 << 16
OWN_PORTS = 64
"""Source ports of each machine that has a network."""
KEPT = 3
"""Saved machines of one account that are kept: those of other memory sizes, and the like."""
HOME = "/home/payload"
PROXY = f"{HOME}/proxy.pem"
FAILED = 125
ENTROPY = 64
"""Bytes of the host's random numbers for each guest: twice what the kernel's generator holds."""
PROCESSOR = "qemu64,+rdrand,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16"
"""What TCG emulates: x86-64-v2, and rdrand to seed the kernel. Each feature more costs the kernel time at its start."""
KERNEL = (
    "console=ttyS0 loglevel=4 panic=-1 oops=panic rdinit=/init mitigations=off init_on_alloc=0 lsm=capability audit=0 "
    "ipv6.disable=1 cryptomgr.notests initcall_blacklist=jent_mod_init,load_system_certificate_list,init_ima,"
    "init_encrypted,trace_eval_init,init_kprobe_trace,bpf_tcp_ca_kfunc_init,bpf_dummy_struct_ops_init,"
    "crypto_kdf108_init,dev_map_init"
)
"""The kernel's command line: what takes an emulated processor long and does nothing for a payload is left out."""
PANIC = re.compile(rb"^\[ *[0-9.]+\] Kernel panic - not syncing: ([^\r\n]*)", re.MULTILINE)
"""What a kernel says last. A payload can bring it to say 15 bytes of its own (a process's name), no such line."""
LAST_WORDS = re.compile(rb"^supervisor: ([^\r\n]*)", re.MULTILINE)
CONSOLE = "look at its console (--console FILE)"
PILOT = "pilot"
"""What the pilot's end is called beside the channels of a machine."""


# --- what goes wrong --------------------------------------------------------------------------------------------------

WORDS = {
    "usage": "the launcher was called wrongly",
    "parts": "this worker node lacks something that a machine is made of",
    "input": "what is to go into the guest is too large, or cannot be read",
    "sandbox": "the payload's files cannot be unpacked",
    "user-data": "the VO's own script for the machine failed",
    "no-boot": "no machine came up",
    "vm-lost": "QEMU was killed, or failed",
    "out-of-memory": "the guest's memory was not enough, or the host's",
    "disk-full": "the guest has no space left for files",
    "kernel-panic": "the guest's kernel gave up",
    "powered-off": "the guest was switched off, or started again, from within",
    "no-network": "the guest cannot have the network that the site has chosen",
    "time-limit": "the payload did not end in time",
    "pilot-gone": "the pilot whose payload it is has gone",
    "no-result": "the guest told no proper result",
    "output": "the launcher's own output, or a file of its, could not be written",
}
"""What can become of a payload beside its own end. testbed/node/agent.py knows them too."""

BEFORE, PERHAPS, STARTED, OVER = "not started", "perhaps started", "started", "ended"
"""How far the payload got: a machine that was told to start it may have done so, whatever became of it."""


class Failure(Exception):
    """The launcher itself failed: which kind it is, why, and what mends it."""

    def __init__(self, word: str, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.word, self.cause, self.remedy = word, cause, remedy

    def __str__(self) -> str:
        return line_of(self.word, f"{self.cause}; {self.remedy}")


class Expired(Exception):
    """A time limit has passed."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a machine is of no use: which kind it is, and in words."""

    word: str
    cause: str


def line_of(word: str, said: str) -> str:
    """The one line of the launcher's own on standard error."""
    return f"[vm]: {word}: {said}".replace("\n", " ")


# --- what goes in -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payload:
    """What is run in the guest."""

    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    proxy: bytes = b""
    sandbox: bytes = b""
    """A tar of what lies where it starts."""
    outputs: Sequence[str] = ()
    """Patterns of the files that come out at its end."""
    user_data: bytes = b""
    """The VO's script for the machine, run as root before the payload comes."""
    open_user_data: bytes = b""
    """The same as clouds have had it: a file in the guest that everybody can read."""
    network: bool = False


def environment_of(environment: Mapping[str, str], proxy: bytes) -> dict[str, str]:
    """The part of an environment that goes with a payload into the guest."""
    kept = {name: value for name, value in environment.items() if name.startswith("GLEXEC_")}
    kept |= {"HOME": HOME, "USER": "payload", "LOGNAME": "payload", "PATH": "/usr/bin"}
    return kept | ({"X509_USER_PROXY": PROXY} if proxy else {})


def read_proxy(environment: Mapping[str, str]) -> bytes:
    """The proxy that the environment names; nothing where it names none."""
    file = environment.get("X509_USER_PROXY")
    return read_file(Path(file), LARGEST_PROXY, "proxy") if file else b""


def read_file(path: Path, most: int, what: str) -> bytes:
    """A file that is to go in. What is no plain file is not waited for."""
    remedy = "let X509_USER_PROXY name the payload's proxy, or unset it" if what == "proxy" else "give another file"
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(most + 1) if plain else b""
    except OSError as error:
        raise Failure("input", f"cannot read the {what} {path}: {error.strerror}", remedy) from error
    if not plain:
        raise Failure("input", f"the {what} {path} is no plain file", remedy)
    return bounded(data, most, what)


def bounded(data: bytes, most: int, what: str) -> bytes:
    if len(data) > most:
        raise Failure("input", f"the {what} is larger than {most >> 10} KiB", "let the payload fetch it")
    return data


def read_stdin(limit: float) -> bytes:
    """All of the payload's input, which goes into the guest before it starts."""
    try:
        arm(limit)
        data = sys.stdin.buffer.read(LARGEST_INPUT + 1) if sys.stdin else b""
    except Expired:
        raise Failure("input", f"the input did not end within {limit:g} s", "close it, or use </dev/null") from None
    finally:
        disarm()
    return bounded(data, LARGEST_INPUT, "input")


def request(payload: Payload) -> bytes:
    """What the supervisor is asked for, in the frames that it reads; each guest is given random numbers of its own."""
    settings = [f"{name}={value}" for name, value in payload.environment.items()]
    parts = {
        "entropy": secrets.token_bytes(ENTROPY),
        "machine": secrets.token_hex(16).encode(),
        "argv": words(payload.argv),
        "environment": words(settings),
        "stdin": payload.stdin,
        "proxy": payload.proxy,
        "sandbox": payload.sandbox,
        "outputs": words(payload.outputs),
        "user-data": payload.user_data,
        "user-data-file": payload.open_user_data,
        "network": hardware_address() if payload.network else b"",
    }
    needed = ("argv", "environment", "stdin")
    return b"".join(frame(word, data) for word, data in parts.items() if data or word in needed) + frame("end", b"")


def hardware_address() -> bytes:
    """One that nobody has: locally administered, for one station (IEEE 802)."""
    return b"02:" + secrets.token_bytes(5).hex(":").encode()


def frame(word: str, data: bytes) -> bytes:
    return b"%s %d\n" % (word.encode(), len(data)) + data


def words(texts: Sequence[str]) -> bytes:
    """Texts, each ended by a zero byte."""
    return b"".join(os.fsencode(text) + b"\0" for text in texts)


# --- the machine ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """What a machine is like: those of one kind can go on from one saved state."""

    accelerator: str
    memory: int
    """MiB."""
    network: bool = False
    """QEMU's user-mode networking, or none."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a machine begins: words of QEMU's for its memory and for what it starts from, the descriptors in them."""

    words: Sequence[str]
    descriptors: Sequence[int] = ()
    backed: bool = False
    commands: Sequence[tuple[str, Mapping[str, Any]]] = ()


BOOTED = Beginning(("-kernel", str(IMAGE / "vmlinuz"), "-initrd", str(IMAGE / "initrd"), "-append", KERNEL))
CHANNELS = ("console", "said", "out", "err", "files", "qmp")


def qemu(kind: Kind, beginning: Beginning, console: int, ports: Sequence[int], qmp: int) -> list[str]:
    """The machine: one processor, no disk, a network perhaps, a console, four ports, and QEMU's own orders."""
    kvm = kind.accelerator == "kvm"
    machine = "q35,sata=off,smbus=off,vmport=off,i8042=off,usb=off" + (
        ",memory-backend=ram" if beginning.backed else ""
    )
    words = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    words += ["-machine", machine, "-bios", "qboot.rom", "-accel", kind.accelerator]
    words += ["-cpu", "host,-arch-capabilities" if kvm else PROCESSOR, "-smp", "1", "-m", str(kind.memory)]
    words += beginning.words
    words += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
    words += ["-chardev", f"socket,id=console,fd={console}", "-serial", "chardev:console"]
    words += ["-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control"]
    words += ["-device", "virtio-serial-pci"]
    for number, port in enumerate(ports, start=1):
        words += ["-chardev", f"socket,id=port{number},fd={port}"]
        words += ["-device", f"virtserialport,chardev=port{number},nr={number}"]
    if kind.network:  # behind the ports, which the supervisor looks for at the first device
        words += ["-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net,romfile="]
    return words


@contextlib.contextmanager
def own_ports(network: bool) -> Iterator[tuple[int, int] | None]:
    """A range of source ports that no other machine of this node has as long as this goes on; none for no network.

    A name in the abstract name space stands for it: that is as wide as the ports are, and goes when we do.
    """
    if not network:
        yield None
        return
    if not PORTS.exists():
        raise Failure("no-network", f"there is no {PORTS}", "build the worker node's image again, or --network none")
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    with socket.socket(socket.AF_UNIX) as sign:
        for first in range(low, high - OWN_PORTS + 2, OWN_PORTS):
            with contextlib.suppress(OSError):
                sign.bind(f"\0testbed-vm-ports-{first}")
                yield first, first + OWN_PORTS - 1
                return
    raise Failure("no-network", f"all source ports from {low} to {high} are taken", "run fewer machines at once")


def with_launcher(words: list[str]) -> list[str]:
    """A command that the kernel kills when this process ends, and that does not start if that was before it asked."""
    guard = 'test "$PPID" = "$0" && exec "$@"'
    return ["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", guard, str(os.getpid()), *words]


def kept_to(ports: tuple[int, int] | None) -> dict[str, str]:
    """The environment in which QEMU's sockets have these source ports."""
    return {"LD_PRELOAD": str(PORTS), "TESTBED_PORTS": f"{ports[0]}-{ports[1]}"} if ports else {}


class Guest:
    """A machine that runs. ``console`` is what its kernel has said so far."""

    def __init__(
        self, kind: Kind, beginning: Beginning, ports: tuple[int, int] | None = None, whose: int | None = None
    ) -> None:
        self.console = bytearray()
        self._left_over = {"said": b"", "qmp": b""}
        self._to_send = {"said": bytearray(), "qmp": bytearray()}
        self._stopped_by = ""
        self._selector = selectors.DefaultSelector()
        pairs = [socket.socketpair() for _ in CHANNELS]
        self._ends = {name: ours for name, (ours, _) in zip(CHANNELS, pairs, strict=True)}
        theirs = [end.fileno() for _, end in pairs]
        try:
            self._process = subprocess.Popen(
                with_launcher(qemu(kind, beginning, theirs[0], theirs[1:5], theirs[5])),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=theirs[0],
                pass_fds=[*theirs, *beginning.descriptors],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | kept_to(ports),
            )
        finally:
            for _, end in pairs:
                end.close()
        for name, end in self._ends.items():
            end.setblocking(False)
            self._selector.register(end, selectors.EVENT_READ, name)
        if whose is not None:
            self._selector.register(whose, selectors.EVENT_READ, PILOT)
        self._channels = set(self._ends)
        for name, values in (("qmp_capabilities", {}), *beginning.commands):
            self.command(name, values)

    def ask(self, data: bytes) -> None:
        """Send frames to the guest's supervisor, as it takes them."""
        self._send("said", data)

    def command(self, name: str, values: Mapping[str, Any]) -> None:
        """Give QEMU an order."""
        self._send("qmp", json.dumps({"execute": name, "arguments": values}).encode() + b"\n")

    def _send(self, channel: str, data: bytes) -> None:
        self._to_send[channel] += data
        self._wait_for(channel)

    def _wait_for(self, channel: str) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._to_send[channel] else 0)
        with contextlib.suppress(KeyError):  # it has been closed
            self._selector.modify(self._ends[channel], events, channel)

    def pieces(self, tick: float | None = None) -> Iterator[tuple[str, bytes]]:
        """What arrives until the machine has closed everything: (``said``, a line), (``out``, ``err`` or ``files``,
        bytes), (``qmp``, an event or an error of QEMU's), and (``tick``, nothing) about that often.
        """
        due = time.monotonic() + (tick or 0)
        while self._channels:
            left = max(due - time.monotonic(), 0) if tick else None
            ready = self._selector.select(left)
            if tick and time.monotonic() >= due:
                due = time.monotonic() + tick
                yield "tick", b""
            for key, events in ready:
                if key.data == PILOT:
                    raise Failure(
                        "pilot-gone", "the pilot has gone, and its machine with it", "see who killed the pilot"
                    )
                if events & selectors.EVENT_WRITE:
                    self._sent(key.data)
                if events & selectors.EVENT_READ:
                    yield from self._received(key.data)

    def _sent(self, channel: str) -> None:
        waiting = self._to_send[channel]
        try:
            del waiting[: self._ends[channel].send(waiting)]
        except BlockingIOError:
            return
        except OSError:  # the machine has gone, which shows when we read
            waiting.clear()
        self._wait_for(channel)

    def _received(self, channel: str) -> Iterator[tuple[str, bytes]]:
        try:
            data = self._ends[channel].recv(65536)
        except (BlockingIOError, ConnectionResetError):  # it went without reading all; what it sent comes yet
            return
        if not data:
            self._selector.unregister(self._ends[channel])
            self._channels.discard(channel)
        elif channel == "console":
            self.console += data
            del self.console[CONSOLE_HEAD:-CONSOLE_TAIL]
        elif channel in self._left_over:
            limit = QMP_LIMIT if channel == "qmp" else LINE_LIMIT
            *lines, rest = (self._left_over[channel] + data).split(b"\n")
            self._left_over[channel] = rest[:limit]
            for line in lines:
                if channel == "said" or self._heard(line):
                    yield channel, line[:limit]
        else:
            yield channel, data

    def _heard(self, line: bytes) -> bool:
        """Whether what QEMU says is more than an acknowledgement."""
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if said.get("event") == "SHUTDOWN":
                self._stopped_by = str(said["data"]["reason"])
            return "event" in said or "error" in said
        return False

    def trouble(self) -> Trouble:
        """Why a machine that has closed everything has ended."""
        try:
            code = self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            return Trouble("vm-lost", "QEMU closed everything and did not end")
        text = bytes(self.console)
        if code < 0:
            return Trouble("vm-lost", f"QEMU was ended by {name_of(-code)}")
        if code > 0:
            short = b"Cannot allocate memory" in text or b"cannot set up guest memory" in text
            return Trouble("out-of-memory" if short else "vm-lost", f"QEMU ended with {code}: {self.last_line()}")
        if panic := PANIC.search(text):
            return Trouble("kernel-panic", f"the guest's kernel panicked: {panic[1].decode(errors='replace')[:200]}")
        if last := LAST_WORDS.search(text):
            return Trouble("no-result", f"the guest's supervisor failed: {last[1].decode(errors='replace')[:200]}")
        if self._stopped_by in ("guest-shutdown", "guest-reset"):
            how = "switched off" if self._stopped_by == "guest-shutdown" else "started again"
            return Trouble("powered-off", f"the guest was {how} from within")
        return Trouble("vm-lost", f"QEMU was told to end: {self._stopped_by or 'nobody knows by whom'}")

    def last_line(self) -> str:
        """What its kernel said last."""
        return self.console.decode(errors="replace").strip().rpartition("\n")[2].strip()[:200] or "nothing"

    def end(self) -> None:
        """Kill the machine and forget it."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel is busy with it: it ends without us
            self._process.wait(END_LIMIT)
        self._selector.close()
        for end in self._ends.values():
            end.close()


def name_of(number: int) -> str:
    """Of a signal; those for real time have none but the first and the last."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# --- saved machines ---------------------------------------------------------------------------------------------------

IGNORING = {"capabilities": [{"capability": name, "state": True} for name in ("x-ignore-shared", "events")]}
"""The guest's memory is not part of the state: it is a file that each machine has for itself, copied when written."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved machine: open files of its memory and of everything else. ``how`` it was had, in words."""

    memory: int
    state: int
    how: str

    def beginning(self, kind: Kind) -> Beginning:
        """A private copy that goes on from there."""
        memory = f"memory-backend-file,id=ram,size={kind.memory}M,mem-path=/proc/self/fd/{self.memory},share=off"
        words = ("-object", f"{memory},readonly=on,rom=off", "-incoming", "defer")
        incoming = {"uri": f"file:/proc/self/fd/{self.state}"}
        commands = (("migrate-set-capabilities", IGNORING), ("migrate-incoming", incoming))
        return Beginning(words, (self.memory, self.state), backed=True, commands=commands)


class Unusable(Exception):
    """There is no saved machine, or none that can be trusted: why, and how many boots that has cost."""

    def __init__(self, why: str, boots: int = 0) -> None:
        super().__init__(why)
        self.boots = boots


class Shelf:
    """An account's folder for saved machines, open: nobody else may write there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.path = Path(f"/proc/self/fd/{descriptor}")

    @classmethod
    @contextlib.contextmanager
    def opened(cls) -> Iterator["Shelf"]:
        """The account's own below `SHELVES`, or in its home. Raises `Unusable`."""
        uid = os.getuid()
        folder = SHELVES / str(uid)
        if not SHELVES.is_dir():
            folder = Path(pwd.getpwuid(uid).pw_dir) / ".cache" / "testbed-vm"
        try:
            folder.mkdir(mode=0o700, parents=SHELVES not in folder.parents, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (OSError, KeyError) as error:
            raise Unusable(f"nothing can be kept in {folder}: {error}") from error
        try:
            if not private(os.fstat(descriptor)):
                raise Unusable(f"{folder} is not private to uid {uid}; rm -rf {folder}")
            yield cls(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone in the making: until the lock can be had, or a time limit passes."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def machine(self, kind: Kind, limit: float) -> Iterator[Saved]:
        """A saved machine of a kind, made where there is none yet. Raises `Unusable`."""
        try:
            name = f"machine-{key(kind)}"
        except OSError as error:
            raise Unusable(f"nobody knows what it would stand for: {error}") from error
        with contextlib.ExitStack() as held:
            try:
                saved = held.enter_context(taken(self.path / name, "found"))
            except Unusable as reason:
                saved = held.enter_context(self._made(kind, name, limit, str(reason)))
            yield saved

    @contextlib.contextmanager
    def _made(self, kind: Kind, name: str, limit: float, reason: str) -> Iterator[Saved]:
        began, boots = time.monotonic(), 0
        with contextlib.ExitStack() as held:
            try:
                arm(limit)
                with self.locked():
                    try:
                        saved = held.enter_context(taken(self.path / name, "found, made meanwhile"))
                    except Unusable:
                        arm(min(BOOT_LIMIT, max(began + limit - time.monotonic(), 0.001)))
                        boots = 1
                        self._make(kind, name)
                        how = f"made in {seconds_since(began)} s: {reason}"
                        saved = held.enter_context(taken(self.path / name, how))
            except Expired:
                raise Unusable(f"none was made within {seconds_since(began)} s", boots) from None
            except OSError as error:
                raise Unusable(f"none can be made: {error}") from error
            finally:
                disarm()
            yield saved

    def _make(self, kind: Kind, name: str) -> None:
        """Boot a machine, save it, and put it in its place at one blow. What a killed maker left goes first."""
        self._sweep()
        making = self.path / f"making-{secrets.token_hex(8)}"
        making.mkdir(0o700)
        save(kind, making, self._descriptor)
        write_manifest(making, kind)
        self.discard(name)
        making.rename(self.path / name)

    def _sweep(self) -> None:
        """Take away what was never finished, what an earlier boot of the node left, and the oldest of the rest."""
        boot, seen = boot_id(), []
        for path in self.path.iterdir():
            if path.name.startswith(("making-", "gone-")):
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith("machine-"):
                with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                    manifest = path / "manifest"
                    if json.loads(manifest.read_text())["of"]["boot"] == boot:
                        seen.append((manifest.stat().st_mtime, path))
                        continue
                shutil.rmtree(path, ignore_errors=True)
        for _, path in sorted(seen)[: -KEPT + 1]:
            shutil.rmtree(path, ignore_errors=True)

    def discard(self, name: str) -> None:
        """Take one out of its place; who has it open keeps it."""
        gone = self.path / f"gone-{secrets.token_hex(8)}"
        with contextlib.suppress(FileNotFoundError):
            (self.path / name).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)


def key(kind: Kind) -> str:
    """A name for the saved machines of this kind, image, QEMU, and boot of the node."""
    return hashlib.sha256(json.dumps(facts_of(kind), sort_keys=True).encode()).hexdigest()[:32]


def facts_of(kind: Kind) -> dict[str, Any]:
    """Everything that a saved machine stands or falls with."""
    program = shutil.which(QEMU)
    files = [os.path.realpath(program)] if program else []
    files += [str(IMAGE / "vmlinuz"), str(IMAGE / "initrd"), os.path.abspath(__file__)]
    seen = {file: facts_of_file(os.stat(file)) for file in files}
    return {"kind": asdict(kind), "boot": boot_id(), "files": seen, "words": qemu(kind, BOOTED, 0, range(4), 0)}


def facts_of_file(seen: os.stat_result) -> list[int]:
    """What is no longer the same once anybody has written to a file: the kernel alone sets its ctime."""
    return [seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns]


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def private(seen: os.stat_result) -> bool:
    return seen.st_uid == os.getuid() and not seen.st_mode & 0o077


def save(kind: Kind, folder: Path, shelf: int) -> None:
    """Boot a machine, and write down its memory and state once it waits for a payload. Raises `Unusable`."""
    memory = folder / "memory"
    os.close(os.open(memory, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    backing = f"memory-backend-file,id=ram,size={kind.memory}M,mem-path={memory},share=on"
    words = ("-object", backing, *BOOTED.words)
    guest = Guest(kind, replace(BOOTED, words=words, descriptors=(shelf,), backed=True))
    try:
        for name, data in guest.pieces():
            if (name, data) == ("said", b"ready 1"):
                guest.command("migrate-set-capabilities", IGNORING)
                guest.command("migrate", {"uri": f"file:{folder / 'state'}"})
            elif name == "qmp":
                said = json.loads(data)
                status = said["data"]["status"] if said.get("event") == "MIGRATION" else ""
                if "error" in said or status == "failed":
                    raise Unusable(f"none can be saved: {data.decode(errors='replace')[:200]}")
                if status == "completed":
                    return
        raise Unusable(f"none can be saved: {guest.trouble().cause}")
    finally:
        guest.end()


def write_manifest(folder: Path, kind: Kind) -> None:
    """Close the files of a saved machine for good and note what they were then."""
    noted = folder / "manifest"
    noted.touch(0o600)
    for name in ("memory", "state"):
        (folder / name).chmod(0o400)
    facts = {name: facts_of_file((folder / name).stat()) for name in ("memory", "state")}
    digest = hashlib.sha256((folder / "state").read_bytes()).hexdigest()
    noted.write_text(json.dumps({"of": facts_of(kind), "files": facts, "state": digest}))


@contextlib.contextmanager
def taken(folder: Path, how: str) -> Iterator[Saved]:
    """A saved machine whose files are what they were when it was saved, looked at as they are open."""
    with contextlib.ExitStack() as held:
        try:
            memory, state = looked_at(folder, held)
        except FileNotFoundError:
            raise Unusable("there was none") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unusable(f"what was saved cannot be used: {error}") from error
        yield Saved(memory, state, how)  # what fails from here on says nothing of it


def looked_at(folder: Path, held: contextlib.ExitStack) -> tuple[int, int]:
    """The memory and the state of a saved machine, open as long as the stack is, if they can be trusted."""

    def opened(name: str | Path, flags: int, at: int | None = None) -> int:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=at)
        held.callback(os.close, descriptor)
        return descriptor

    top = opened(folder, os.O_DIRECTORY)
    noted, memory, state = (opened(name, os.O_NONBLOCK, top) for name in ("manifest", "memory", "state"))
    if not all(private(os.fstat(each)) for each in (top, noted, memory, state)):
        raise Unusable("what was saved is open to others")
    manifest = json.loads(os.pread(noted, 1 << 16, 0))
    facts = {"memory": facts_of_file(os.fstat(memory)), "state": facts_of_file(os.fstat(state))}
    if manifest["files"] != facts:
        raise Unusable("what was saved has been changed")
    with os.fdopen(os.dup(state), "rb") as file:
        if manifest["state"] != hashlib.sha256(file.read(1 << 26)).hexdigest():
            raise Unusable("what was saved is damaged")
    return memory, state


# --- one payload's run ------------------------------------------------------------------------------------------------


class Run:
    """One payload through one or two machines, or three: another only when one did not come up."""

    def __init__(
        self,
        payload: Payload,
        kind: Kind,
        limit: float,
        *,
        cold: bool = False,
        proxy: Path | None = None,
        whose: int | None = None,
    ):
        self.payload, self.kind, self.limit, self.cold = payload, kind, limit, cold
        self.reached = BEFORE
        self.console, self.files = b"", b""
        self.facts: dict[str, Any] = {"accelerator": kind.accelerator}
        self.begun: Callable[[Mapping[str, Any]], None] = lambda known: None
        """Called with what is known before the payload may have started."""
        self._proxy, self._whose = proxy, whose
        self._seen = self._look()
        self._ports: tuple[int, int] | None = None
        self._started = time.monotonic()
        self._boots = 0
        self._troubles: list[str] = []

    def result(self, boot_limit: float = BOOT_LIMIT, boots: int = BOOTS) -> dict[str, Any]:
        """How the payload ended, its output passed on while it ran."""
        with own_ports(self.kind.network) as self._ports:
            if self._ports:
                self.facts["source_ports"] = list(self._ports)
            return self._result(boot_limit, boots)

    def _result(self, boot_limit: float, boots: int) -> dict[str, Any]:
        trouble = None if self.cold else self._from_saved()
        if isinstance(trouble, dict):
            return trouble
        last: Trouble | None = None
        while self._boots < boots:
            self._boots += 1
            outcome = self._through(BOOTED, "booted", boot_limit)
            if isinstance(outcome, dict):
                return outcome
            last = outcome
            self.kind = replace(self.kind, accelerator="tcg")
        assert last
        word = last.word if last.word == "out-of-memory" else "no-boot"
        raise Failure(word, f"no guest came up: boot {self._boots} of {boots} {last.cause}", CONSOLE)

    def _from_saved(self) -> dict[str, Any] | Trouble:
        """The result of a private copy of the saved machine; or why there is none."""
        try:
            with Shelf.opened() as shelf, shelf.machine(self.kind, self._left()) as saved:
                self.facts["saved"] = saved.how
                outcome = self._through(saved.beginning(self.kind), "restored", RESTORE_LIMIT)
                if isinstance(outcome, Trouble):
                    shelf.discard(f"machine-{key(self.kind)}")
                return outcome
        except Unusable as reason:
            self.facts["saved"] = f"none: {reason}"
            self._boots += reason.boots
            return Trouble("no-boot", str(reason))

    def _through(self, beginning: Beginning, start: str, limit: float) -> dict[str, Any] | Trouble:
        """The payload's result from one machine; or why that machine did not come up."""
        self.facts |= {"accelerator": self.kind.accelerator, "start": start, "boots": self._boots}
        guest = Guest(self.kind, beginning, self._ports, self._whose)
        began = time.monotonic()
        try:
            pieces = guest.pieces(TICK)
            if trouble := self._up(guest, pieces, min(limit, self._left())):
                self._troubles.append(f"{start}: {trouble.cause}")
                self.facts["troubles"] = self._troubles
                return trouble
            self.facts["boot_seconds"] = seconds_since(began)
            return self._relayed(guest, pieces) | self.facts | {"seconds": seconds_since(self._started)}
        finally:
            disarm()
            guest.end()
            self.console += bytes(guest.console)

    def _up(self, guest: Guest, pieces: Iterator[tuple[str, bytes]], limit: float) -> Trouble | None:
        """Bring everything in. Nothing of the payload has run then, so that another machine may be tried."""
        try:
            arm(limit)
            guest.ask(request(self.payload))
            for name, data in pieces:
                if (name, data) == ("said", b"have 1"):
                    return None
                if name == "qmp" and b'"error"' in data:
                    return Trouble("vm-lost", f"QEMU refused: {data.decode(errors='replace')[:200]}")
            found = guest.trouble()
            return replace(found, cause=f"ended early: {found.cause}; it said at last: {guest.last_line()}")
        except Expired:
            self._left()
            return Trouble(
                "no-boot", f"did not reach user land within {limit:.3g} s; said at last: {guest.last_line()}"
            )

    def _relayed(self, guest: Guest, pieces: Iterator[tuple[str, bytes]]) -> dict[str, Any]:
        told: list[bytes] = []
        files = bytearray()
        counts = {"out": 0, "err": 0}
        result: dict[str, Any] | None = None
        self.reached = PERHAPS
        self.begun({"payload": PERHAPS, **self.facts})
        guest.ask(frame("go", str(time.time_ns()).encode()))
        try:
            arm(self._left())
            for name, data in pieces:
                if name in counts:
                    counts[name] += len(data)
                    pass_on(1 if name == "out" else 2, data)
                elif name == "files":
                    files += data[: LARGEST_OUTPUTS + 1 - len(files)]
                elif name == "said" and data == b"end 1":
                    result = understood(told)
                elif name == "said" and not self._heard(data):
                    told = [*told, data][:TOLD_LIMIT]
                elif name == "tick":
                    self._renew(guest)
                if result and (counts, len(files)) == (result["bytes"], result["files"]):
                    self.reached, self.files = OVER, bytes(files)
                    return result
            found = guest.trouble()
        except Expired:
            self._left()
            raise
        raise Failure(found.word, found.cause, CONSOLE if found.word != "out-of-memory" else "give it --memory MB")

    def _heard(self, line: bytes) -> bool:
        """Whether a line is about the payload's way, and not about its end."""
        word, _, value = line.decode(errors="replace").partition(" ")
        if word == "started":
            self.reached = STARTED
            self.facts["start_seconds"] = seconds_since(self._started)
        elif word == "renewed":
            self.facts["renewals"] = self.facts.get("renewals", 0) + (value == "1")
        elif word == "refused":
            self.reached = BEFORE
            kind, _, code = value.partition(" ")
            word = kind if kind in ("disk-full", "user-data", "no-network") else "sandbox"
            raise Failure(word, f"{WORDS[word]}, so the payload was not started ({code})", CONSOLE)
        else:
            return False
        return True

    def _look(self) -> list[int] | None:
        with contextlib.suppress(OSError):
            return facts_of_file(self._proxy.stat()) if self._proxy else None
        return None

    def _renew(self, guest: Guest) -> None:
        """Bring the payload a proxy that has taken the place of its old one."""
        if self.reached != STARTED or (seen := self._look()) in (None, self._seen):
            return
        self._seen = seen
        with contextlib.suppress(Failure):  # it is being written, or is none that could go in
            assert self._proxy
            guest.ask(frame("proxy", read_file(self._proxy, LARGEST_PROXY, "proxy")))

    def _left(self) -> float:
        left = self._started + self.limit - time.monotonic()
        if left <= 0:
            ended = "end" if self.reached != BEFORE else "start"
            cause = f"the payload did not {ended} within {self.limit:g} s"
            raise Failure("time-limit", cause, "give it longer with --limit SECONDS")
        return left


# --- what comes out ---------------------------------------------------------------------------------------------------


def understood(told: list[bytes]) -> dict[str, Any]:
    """What the guest's supervisor told, line by line, as a result; the guest is not trusted to tell it properly."""
    try:
        lines = [line.decode("ascii", "backslashreplace").split(" ", 1) for line in told]
        left_out = [value for word, value in lines if word == "left-out"]
        facts = {word: value for word, value in lines if word != "left-out"}
        code, by = (int(facts[word]) if word in facts else None for word in ("code", "signal"))
        if (code is None) == (by is None) or not 0 <= (code or 0) <= 255 or not 0 <= (by or 0) < 128:
            raise ValueError("neither an exit code nor a signal")
        result: dict[str, Any] = {"code": code, "signal": by, "hostname": facts["hostname"], "kernel": facts["kernel"]}
        result["bytes"] = {"out": int(facts["out"]), "err": int(facts["err"])}
        result["files"] = int(facts.get("files", "0"))
        if not 0 <= result["files"] <= LARGEST_OUTPUTS:
            raise ValueError("more files than are let out")
        result["left_out"] = left_out
        groups = [int(group) for group in facts["groups"].split(",")]
        who = {"uid": int(facts["uid"]), "gid": int(facts["gid"]), "user": facts["user"], "groups": groups}
        result["identity"] = who
        result["cause"] = cause_of(facts, code, by)
    except (ValueError, KeyError) as error:
        remedy = "do not trust this payload; look at the guest's console (--console FILE)"
        cause = f"the guest told no proper result: {error!r} in {b' '.join(told)[:200]!r}"
        raise Failure("no-result", cause, remedy) from error
    return result | ({"errno": int(facts["errno"])} if "errno" in facts else {})


def cause_of(facts: Mapping[str, str], code: int | None, by: int | None) -> str:
    """Why a payload that ended badly may have done so: a word, or nothing."""
    if code == 0:
        return ""
    if int(facts.get("oom", "0")) > 0 and (by == signal.SIGKILL or code):
        return "out-of-memory"
    return "disk-full" if int(facts.get("full", "0")) else ""


def pass_on(stream: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(stream, data) :]
    except OSError as error:
        cause = f"cannot pass on the payload's output: {error.strerror}"
        raise Failure("output", cause, "keep the launcher's output open") from error


def seconds_since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def arm(seconds: float) -> None:
    """Raise `Expired` in this process after so many seconds, whatever it then waits for."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def disarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


# --- which accelerator ------------------------------------------------------------------------------------------------


def accelerator() -> tuple[str, str]:
    """``kvm`` only where a guest was seen to reach user land with it since this machine was booted; and why."""
    if not os.path.exists("/dev/kvm"):
        return "tcg", "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", f"/dev/kvm may not be opened by uid {os.getuid()}"
    try:
        with Shelf.opened() as shelf:
            return remembered(shelf.path / "accelerator.json")
    except Unusable:
        return probe()


def remembered(memo: Path) -> tuple[str, str]:
    """What was found out since the node was booted, or is found out now."""
    boot = boot_id()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(memo.read_text())
        if known["boot"] == boot:
            return str(known["accelerator"]), str(known["cause"])
    found, cause = probe()
    with contextlib.suppress(OSError):
        write_whole(memo, json.dumps({"boot": boot, "accelerator": found, "cause": cause}).encode())
    return found, cause


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there as a whole or not at all."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)  # a device, such as /dev/stderr
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)


def probe() -> tuple[str, str]:
    """Start a guest with KVM: the device opens on machines whose guests then hang, so only user land counts."""
    run = Run(Payload(["/usr/bin/true"]), Kind("kvm", 256), 2 * PROBE_LIMIT, cold=True)
    try:
        result = run.result(PROBE_LIMIT, boots=1)
    except Failure as failure:
        return "tcg", f"/dev/kvm opens, but {failure.cause}"
    return "kvm", f"a guest reached user land in {result['boot_seconds']} s"


# --- its words --------------------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are the launcher's own failures."""

    def error(self, message: str) -> NoReturn:
        raise Failure("usage", message, "see --help")


def arguments(words: list[str]) -> argparse.Namespace:
    parser = Parser(prog="vm.py", description="Run one payload in a virtual machine of its own.")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="for everything (default 60)")
    parser.add_argument("--memory", type=int, default=256, metavar="MB", help="of the guest (default 256)")
    parser.add_argument("--cold", action="store_true", help="boot the machine, use no saved one")
    parser.add_argument("--network", choices=("none", "user"), help=f"instead of what {NETWORK} says (default none)")
    parser.add_argument("--sandbox", type=Path, metavar="TAR", help="what lies where the payload starts")
    parser.add_argument("--bring", action="append", default=[], metavar="PATTERN", help="files to bring out at its end")
    parser.add_argument("--outputs", type=Path, metavar="TAR", help="where they are written to")
    parser.add_argument("--user-data", type=Path, metavar="FILE", help="the VO's script for the machine, run as root")
    parser.add_argument(
        "--user-data-as", choices=("script", "file"), default="script", help="file: a weak way, to be shown"
    )
    parser.add_argument("--pilot", type=int, metavar="PID", help="end with this process, however that ends")
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


def chosen_network(asked: str | None) -> bool:
    """Whether there is to be a network: what was asked for, or else what the site has chosen."""
    if asked is None:
        try:
            asked = NETWORK.read_text().strip()
        except FileNotFoundError:
            asked = "none"
        except OSError as error:
            raise Failure("no-network", f"{NETWORK}: {error.strerror}", "let it be read, or take it away") from error
    if asked not in ("none", "user"):
        raise Failure("no-network", f"{NETWORK} says {asked[:20]!r}", "let it say none or user")
    return asked == "user"


def check_parts() -> None:
    for program in (QEMU, "setpriv"):
        if not shutil.which(program):
            cause = f"there is no {program} on this worker node"
            raise Failure("parts", cause, "install qemu-system-x86 and util-linux")
    for part in ("vmlinuz", "initrd"):
        if not os.access(IMAGE / part, os.R_OK):
            raise Failure("parts", f"{IMAGE / part} cannot be read", "build the worker node's image again")


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
        return launch(chosen)
    except Failure as failure:
        return failed(failure)
    except OSError as error:
        return failed(Failure("output", f"{error.filename}: {error.strerror}", "give paths that can be written"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
