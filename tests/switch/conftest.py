"""A worker node's files around the compiled switch, in a mount namespace of its own: the host keeps all of its files.

Accounts, modes, owners, the set-id bit and the system log are real; only LCMAPS is not there, because these tests are
about the switch's own duties. In its place stands a script that answers what a test tells it to (`Node.answers`). The
switch with real LCMAPS is what the scenarios are about.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "images" / "worker-node" / "glexec"
TOP = "/mnt"  # where the node's files are, inside the namespace; every system has this folder
SWITCH = f"{TOP}/sbin/glexec"
LIMIT = 30  # seconds for any call

ACCOUNTS = {"root": (0, 0), "glexec": (990, 990), "pilot01": (40001, 40000), "pilot02": (40002, 40000)}
ACCOUNTS |= {"pilotadmin": (40100, 40000), "alpha001": (50001, 50000), "alpha002": (50002, 50000)}
GROUPS = {"root": 0, "glexec": 990, "pilot": 40000, "alpha": 50000, "alphaprd": 51000}

CONF = f"""\
[glexec]
user_white_list = .pilot
lcmaps_db_file = {TOP}/etc/lcmaps.db
lcmaps_get_account_policy = glexec_get_account
"""
ALICE = "dn /DC=test/CN=Alice Archer\nfqan /alpha\nuid 50001\npgid 50000\nsgid 51000\nend\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nTm90aGluZyB0aGF0IHRoZSBzd2l0Y2ggbG9va3MgYXQ=\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nTm9yIGlzIHRoaXMu\n-----END PRIVATE KEY-----\n"
PEM = CERTIFICATE + KEY


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call ended, and what the site's log has of it."""

    code: int
    out: str
    err: str
    log: tuple[str, ...]

    def logged(self, part: str) -> bool:
        """Whether one line of the log has this in it."""
        return any(part in line for line in self.log)


class Node:
    """The files of one worker node. Paths are the node's own, below `TOP`."""

    def __init__(self, build: Path) -> None:
        script = (
            f"mount -t tmpfs -o mode=0755,size=64m node {TOP} && mount -t tmpfs -o mode=1777,size=64m tmp /tmp && "
            "echo mounted && read -r go && "
            f"mount --bind {TOP}/etc/passwd /etc/passwd && mount --bind {TOP}/etc/group /etc/group && "
            "echo ready && exec cat"
        )
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if not self._says("mounted"):
            assert self._keeper.stderr is not None
            pytest.skip("a private mount namespace is not to be had here: " + self._keeper.stderr.read().strip())
        self._log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._deaf = False
        self._furnish(build)
        assert self._keeper.stdin is not None
        self._keeper.stdin.write("go\n")
        self._keeper.stdin.flush()
        assert self._says("ready")

    def _says(self, word: str) -> bool:
        assert self._keeper.stdout is not None
        return self._keeper.stdout.readline().strip() == word

    def _furnish(self, build: Path) -> None:
        self.folder("/etc")
        self.folder("/dev")
        self.folder("/home")
        self.folder("/sbin")
        self.folder("/libexec")
        self.folder("/seen", mode=0o1777)
        self.folder("/tmp", mode=0o1777)
        users = (f"{n}:x:{u}:{g}::{TOP}/home/{n}:/bin/sh" for n, (u, g) in ACCOUNTS.items())
        self.write("/etc/passwd", "\n".join(users) + "\n")
        self.write("/etc/group", "".join(f"{name}:x:{gid}:\n" for name, gid in GROUPS.items()))
        for name, (uid, gid) in ACCOUNTS.items():
            self.folder(f"/home/{name}", uid=uid, gid=gid)
        shutil.copy(build / "glexec", self.path("/sbin/glexec"))
        self.reset()

    def reset(self) -> None:
        """Puts everything that tests change back to a good set-id installation."""
        self.write("/etc/glexec.conf", CONF, mode=0o640, gid=ACCOUNTS["glexec"][1])
        self.write("/etc/lcmaps.db", "# read by LCMAPS only\n", mode=0o640, gid=ACCOUNTS["glexec"][1])
        for home in ACCOUNTS:
            self.path(f"/home/{home}").chmod(0o755)
        self.path("/etc").chmod(0o755)
        self.install(0o6111)
        self.answers(ALICE)
        self.write("/home/pilot01/alice.pem", PEM, mode=0o600, owner="pilot01")
        self._listen()

    def _listen(self) -> None:
        place = self.path("/dev/log")
        place.unlink(missing_ok=True)
        self._log.close()
        self._log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._log.bind(str(place))
        place.chmod(0o666)

    def close(self) -> None:
        """Ends the namespace, and with it every file of the node."""
        self._log.close()
        self._keeper.communicate(timeout=LIMIT)

    def path(self, path: str) -> Path:
        """The same file, as seen from the host."""
        return Path(f"/proc/{self._keeper.pid}/root{TOP}{path}")

    def folder(self, path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> None:
        """A folder with this mode and owner."""
        self.path(path).mkdir(exist_ok=True)
        self.path(path).chmod(mode)
        os.chown(self.path(path), uid, gid)

    def write(
        self, path: str, text: str | bytes, mode: int = 0o644, uid: int = 0, gid: int = 0, owner: str = ""
    ) -> str:
        """A fresh file; returns its path on the node. What was there before is replaced, in place if it is a file."""
        place = self.path(path)
        if place.is_symlink() or (place.exists() and not place.is_file()):
            place.unlink()
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        if owner:
            uid, gid = ACCOUNTS[owner]
        os.chown(place, uid, gid)
        place.chmod(mode)
        return TOP + path

    def install(self, mode: int) -> None:
        """The switch as root:glexec with this mode."""
        os.chown(self.path("/sbin/glexec"), 0, ACCOUNTS["glexec"][1])
        self.path("/sbin/glexec").chmod(mode)

    def log_only(self) -> None:
        """A log-only installation, with files that every caller can read."""
        self.install(0o555)
        self.path("/etc/glexec.conf").chmod(0o644)
        self.path("/etc/lcmaps.db").chmod(0o644)

    def configure(self, *options: str) -> None:
        """The usual glexec.conf with more options; an option of the same name replaces the usual one."""
        names = {option.split("=")[0].strip() for option in options}
        kept = [line for line in CONF.splitlines() if line.split("=")[0].strip() not in names]
        mode = self.path("/etc/glexec.conf").stat().st_mode & 0o7777
        text = "\n".join([*kept, *options]) + "\n"
        self.write("/etc/glexec.conf", text, mode=mode, gid=ACCOUNTS["glexec"][1])

    def answers(self, answer: str, code: int = 0, also: str = "") -> None:
        """What the authority says to the next calls. The script keeps what it was given in /seen."""
        self.write("/libexec/answer", answer)
        script = (
            f"#!/bin/sh\numask 022\nenv | sort >{TOP}/seen/environment.$$; id >{TOP}/seen/id.$$\n"
            f'printf "%s\\n" "$@" >{TOP}/seen/arguments.$$; cat >{TOP}/seen/input.$$\n'
            f"{also}\ncat {TOP}/libexec/answer >&3\nexit {code}\n"
        )
        self.write("/libexec/lcmaps-account", script, mode=0o755)

    def seen(self, what: str) -> str:
        """What the authority's script has seen of `environment`, `id`, `arguments` or `input` in the only call."""
        (found,) = self.path("/seen").glob(f"{what}.*")
        return found.read_text()

    def command(
        self,
        *argv: str,
        caller: str = "pilot01",
        env: Mapping[str, str] | None = None,
        through: tuple[str, ...] = ("--clear-groups",),
    ) -> list[str]:
        """The argv that runs the switch as `caller` inside the node, with exactly these variables.

        ``through`` are options of setpriv(1); what stands behind them runs as the caller, before the switch.
        """
        uid, gid = ACCOUNTS[caller]
        variables = {"GLEXEC_CLIENT_CERT": f"{TOP}/home/pilot01/alice.pem"} if env is None else env
        return [
            *("nsenter", f"--target={self._keeper.pid}", "--mount", f"--wd={self.path('/home/' + caller)}"),
            *("setpriv", f"--reuid={uid}", f"--regid={gid}", *through),
            *("env", "-i", *(f"{name}={value}" for name, value in variables.items()), SWITCH, *argv),
        ]

    def call(
        self,
        *argv: str,
        caller: str = "pilot01",
        env: Mapping[str, str] | None = None,
        through: tuple[str, ...] = ("--clear-groups",),
    ) -> Outcome:
        """Runs the switch to its end."""
        for trace in self.path("/seen").iterdir():
            trace.unlink()
        self.heard()
        run = subprocess.run(
            self.command(*argv, caller=caller, env=env, through=through),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Outcome(run.returncode, run.stdout, run.stderr, self.heard())

    def eventually(self, path: str) -> None:
        """Waits until there is something at this path."""
        end = time.monotonic() + LIMIT
        while not self.path(path).exists():
            assert time.monotonic() < end, f"{path} never came"
            time.sleep(0.005)

    def inside(self, *argv: str) -> None:
        """Runs a command of the host as root inside the namespace."""
        nsenter = ["nsenter", f"--target={self._keeper.pid}", "--mount"]
        subprocess.run([*nsenter, *argv], check=True, timeout=LIMIT)

    def heard(self) -> tuple[str, ...]:
        """The lines that have come to the system log since the last look."""
        lines: list[str] = []
        while self._log.fileno() >= 0 and not self._deaf:
            try:
                lines.append(self._log.recv(1 << 16, socket.MSG_DONTWAIT).decode())
            except BlockingIOError:
                break
        return tuple(lines)

    @contextmanager
    def full_log(self) -> Iterator[None]:
        """The log daemon is there, but takes nothing more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.connect(str(self.path("/dev/log")))
            with suppress(BlockingIOError):
                while True:
                    filler.send(b"full", socket.MSG_DONTWAIT)
            self._deaf = True
            try:
                yield
            finally:
                self._deaf = False
                self.heard()

    @contextmanager
    def without_log(self) -> Iterator[None]:
        """Nobody listens at the system log; afterwards somebody does, on a new socket."""
        self._log.close()
        self.path("/dev/log").unlink()
        try:
            yield
        finally:
            self._listen()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the switch is compiled."""
    return tmp_path_factory.mktemp("switch")


@pytest.fixture(scope="session")
def make(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """make(1) on the sources, for the places of the test node."""
    if shutil.which("gcc") is None or shutil.which("make") is None:
        pytest.skip("gcc and make are needed to compile the switch")
    places = [f"CONF={TOP}/etc/glexec.conf", f"LOG={TOP}/dev/log", f"libexecdir={TOP}/libexec"]
    command = ["make", "-s", "-C", str(SOURCES), f"BUILD={folder}", *places]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture(scope="session")
def build(folder: Path, make: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    """The folder with the set-id program. It needs libc only, no LCMAPS."""
    made = make("-j2", f"{folder}/glexec")
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def furnished(build: Path) -> Iterator[Node]:
    """One node for all tests."""
    if os.geteuid() != 0:
        pytest.skip("only root can make the accounts and the set-id program of the test node")
    node = Node(build)
    yield node
    node.close()


@pytest.fixture
def node(furnished: Node) -> Iterator[Node]:
    """A good set-id installation; what a test changes is put back."""
    yield furnished
    furnished.reset()
