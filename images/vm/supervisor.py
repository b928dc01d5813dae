"""Becomes the first process of the guest: runs the one payload as an ordinary account and tells how it ended.

Four virtio ports, which only root can open, lead to the launcher. Over 1 comes what is asked for, in frames (a line of
a word and a length, then so many bytes), and goes what the supervisor says: lines of a word and a number or name.
2 and 3 take the payload's output and errors byte for byte, 4 the tar of the files that it is to leave.

    said      ready               from here on a machine may be saved, and go on as many others
    asked     entropy machine argv environment stdin, and perhaps proxy sandbox outputs user-data network; then end
    said      have                nothing of the payload has been done yet
    asked     go                  the time in it; now the payload runs, and runs once
    said      started, then how it ended, then end
    asked     proxy               any time from then on: a new one

What was asked for lies in no file of the guest but those that are the payload's own.

It imports only what is compiled into the interpreter: an emulated processor needs half a second for json and enum.
"""

# ruff: noqa: PTH104, PTH108, PTH110, PTH112, PTH114, PTH117, PTH118, PTH123, S606

import _signal as signal
import fcntl
import os
import pwd
import select
import sys
import time

ACCOUNT = "payload"
HOME = "/home/payload"
WORK = f"{HOME}/work"
PROXY = f"{HOME}/proxy.pem"
PORT_LIMIT = 5.0
"""Seconds within which the kernel has to show the ports."""
REAP = 1000
"""Milliseconds after which orphans that have ended are looked for."""
LARGEST_FRAME = 32 << 20
ADD_ENTROPY, RESEED = 0x40085203, 0x5207
"""RNDADDENTROPY and RNDRESEEDCRNG of random(4)."""
OPEN_TO_ALL = "/var/lib/user-data"
"""Where clouds have left user data for whoever looks: the weak variant, to be shown."""
FULL = 64 << 10
"""Bytes left, at most, on a disk that is full."""
LARGEST_OUTPUTS = 3 << 20
MOST_OUTPUTS = 100
"""Bytes of the tar of a payload's outputs, and files in it."""
EXPAND = 'IFS=; cd "$0" || exit; for each; do printf "%s\\0" "$each"; printf "%s\\0" $each; printf "\\0"; done'
"""Names for patterns, by the shell's own rules: the pattern, the names, an empty one."""

Streams = dict[int, tuple[int, str]]
Request = dict[str, bytes]


class Refused(Exception):
    """The payload cannot be started: a word for it."""


class Port:
    """The port over which the launcher asks."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = bytearray()

    def frame(self) -> tuple[str, bytes]:
        """The next frame; waits for it."""
        while b"\n" not in self._rest[:64]:
            self._more()
        line, _, self._rest = self._rest.partition(b"\n")
        word, length = line.decode().split(" ")
        if int(length) > LARGEST_FRAME:
            raise ValueError(f"a frame of {length} bytes")
        while len(self._rest) < int(length):
            self._more()
        data = bytes(self._rest[: int(length)])
        del self._rest[: int(length)]
        return word, data

    def _more(self) -> None:
        data = os.read(self.descriptor, 1 << 16)
        if not data:
            raise EOFError("the launcher has gone")
        self._rest += data


def main() -> None:
    spare_myself()
    port = Port(opened(1, os.O_RDWR))
    said, out, err, files = port.descriptor, *(opened(number, os.O_WRONLY) for number in (2, 3, 4))
    say(said, "ready", 1)
    request = received(port)
    say(said, "have", 1)
    begin(port)
    killed = out_of_memory()
    try:
        child, told, pipes = start(request)
    except Refused as reason:
        say(said, "refused", reason)
        return
    say(said, "started", 1)
    status, counts = relay(child, {pipes[0]: (out, "out"), pipes[1]: (err, "err")}, port)
    write(said, told)
    for name, count in counts.items():
        say(said, name, count)
    say(said, "oom", out_of_memory() - killed)
    say(said, "full", int(any(full(place) for place in (HOME, "/dev/shm"))))
    if wanted := request.get("outputs"):
        say(said, "files", brought_out(wanted, files, said))
    say(said, "hostname", os.uname().nodename)
    say(said, "kernel", os.uname().release)
    code = os.waitstatus_to_exitcode(status)
    say(said, "code" if code >= 0 else "signal", abs(code))
    say(said, "end", 1)


def spare_myself() -> None:
    """Memory that is short is the payload's to lose: the kernel's choice is never this process."""
    write_file("/proc/self/oom_score_adj", b"-1000")


def out_of_memory() -> int:
    """How many processes the kernel has ended for want of memory."""
    with open("/proc/vmstat", "rb") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(b"oom_kill "))


def full(place: str) -> bool:
    found = os.statvfs(place)
    return found.f_blocks > 0 and found.f_bavail * found.f_frsize <= FULL


# --- what is asked for ------------------------------------------------------------------------------------------------


def opened(number: int, flags: int) -> int:
    """A port of the launcher. The kernel shows the ports a moment after it has found their bus."""
    path = f"/dev/vport0p{number}"
    limit = time.monotonic() + PORT_LIMIT
    while not os.path.exists(path) and time.monotonic() < limit:
        time.sleep(0.005)
    return os.open(path, flags | os.O_CLOEXEC)


def received(port: Port) -> Request:
    """What is asked for. A machine that was saved is from its first frame on no other's twin."""
    request: Request = {}
    while True:
        word, data = port.frame()
        if word == "end":
            return request
        if word == "entropy":
            reseed(data)
        elif word == "machine":
            name(data.decode())
        else:
            request[word] = data


def reseed(fresh: bytes) -> None:
    """Random numbers come from fresh ones of the host from now on: all that the kernel had is in the saved machine."""
    random = os.open("/dev/random", os.O_RDWR | os.O_CLOEXEC)
    head = (8 * len(fresh)).to_bytes(4, "little") + len(fresh).to_bytes(4, "little")
    fcntl.ioctl(random, ADD_ENTROPY, head + fresh)
    fcntl.ioctl(random, RESEED)
    os.close(random)


def name(machine: str) -> None:
    """This machine's own id and host name. The kernel makes its boot id when it is first asked for it: later."""
    write_file("/etc/machine-id", machine.encode() + b"\n", 0o444)
    write_file("/proc/sys/kernel/hostname", b"guest-" + machine[:8].encode())


def begin(port: Port) -> None:
    """Wait for the word; with it comes the time, which has stood still here."""
    word, now = port.frame()
    if word != "go":
        raise ValueError(f"{word} where go was to come")
    time.clock_settime_ns(time.CLOCK_REALTIME, int(now))


def words(data: bytes) -> list[bytes]:
    """Words, each ended by a zero byte."""
    return data.split(b"\0")[:-1]


def write_file(path: str, data: bytes, mode: int = 0o600) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    write(file, data)
    os.close(file)


def say(to: int, word: str, value: object) -> None:
    write(to, f"{word} {value}\n".encode())


def write(to: int, data: bytes) -> None:
    """All of the data; a port takes part of it and waits while the launcher does not read."""
    view = memoryview(data)
    while view:
        view = view[os.write(to, view) :]


# --- the payload ------------------------------------------------------------------------------------------------------


def start(request: Request) -> tuple[int, bytes, tuple[int, int]]:
    """The payload's process, what was said of it up to its exec, and the ends of its output pipes."""
    if address := request.get("network"):
        connected(address)
    contextualised(request)
    laid_out(request)
    argv = words(request["argv"])
    environment = dict(setting.split(b"=", 1) for setting in words(request["environment"]))
    stdin = nameless(request["stdin"])
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        become(argv, environment, (stdin, out_end, err_end), tell)
    for end in (stdin, out_end, err_end, tell):
        os.close(end)
    with os.fdopen(told, "rb") as file:
        return child, file.read(), (out, err)


def contextualised(request: Request) -> None:
    """Run the VO's script for its machine, as root; it and what it carries are gone before the payload comes."""
    if data := request.pop("user-data-file", b""):
        write_file(OPEN_TO_ALL, data, 0o644)
    if data := request.pop("user-data", b""):
        script = "/root/user-data"
        write_file(script, data, 0o700)
        child = os.fork()
        if child == 0:
            run_as_root(script)
        status = os.waitpid(child, 0)[1]
        os.unlink(script)
        if status != 0:
            raise Refused(f"user-data {os.waitstatus_to_exitcode(status)}")


def connected(address: bytes) -> None:
    """The network that QEMU shows every guest (QEMU's manual, user mode networking), with an address of its own."""
    write_file("/etc/resolv.conf", b"nameserver 10.0.2.3\n", 0o644)
    for order in (
        b"link set eth0 address " + address,
        b"link set eth0 up",
        b"addr add 10.0.2.15/24 dev eth0",
        b"route add default via 10.0.2.2",
    ):
        child = os.fork()
        if child == 0:
            try:
                os.execve("/usr/bin/busybox", [b"ip", *order.split()], {})
            finally:
                os._exit(126)
        if os.waitpid(child, 0)[1] != 0:
            raise Refused("no-network 1")


def run_as_root(script: str) -> None:
    try:
        os.setsid()
        os.chdir("/root")
        os.execve(script, [script], {"HOME": "/root", "PATH": "/usr/bin"})
    finally:
        os._exit(126)


def laid_out(request: Request) -> None:
    """The payload's files, made by its own account."""
    if proxy := request.pop("proxy", b""):
        as_payload(lambda: write_file(PROXY, proxy))
    if sandbox := request.pop("sandbox", b""):
        archive = nameless(sandbox)
        if as_payload(lambda: unpack(archive)) != 0:
            raise Refused("disk-full 1" if full(HOME) else "sandbox 1")
        os.close(archive)


def unpack(archive: int) -> None:
    os.dup2(archive, 0)
    os.chdir(WORK)
    os.execve("/usr/bin/busybox", ["tar", "-x", "-f", "-"], {})


def as_payload(act: "object") -> int:
    """Do something in a process of the payload's account; how that ended."""
    child = os.fork()
    if child == 0:
        try:
            be_payload()
            act()  # type: ignore[operator]
            os._exit(0)
        except Exception as error:
            sys.stderr.write(f"supervisor: {error!r}\n")
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def be_payload() -> None:
    """Become the payload's account for good."""
    account = pwd.getpwnam(ACCOUNT)
    write_file("/proc/self/oom_score_adj", b"0")
    os.setgroups([account.pw_gid])
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    os.umask(0o022)


def nameless(data: bytes) -> int:
    """A file without a name, to be read from its beginning."""
    file = os.memfd_create("input")
    write(file, data)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def become(argv: list[bytes], environment: dict[bytes, bytes], ends: tuple[int, int, int], tell: int) -> None:
    """Turn this process into the payload for good; who the kernel then says it is, is told first."""
    try:
        account = pwd.getpwnam(ACCOUNT)
        for end in ends:
            os.fchown(end, account.pw_uid, account.pw_gid)
        os.setsid()
        be_payload()
        os.chdir(WORK)
        for number, end in enumerate(ends):
            os.dup2(end, number)
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored, signal.SIG_DFL)
        say(tell, "uid", os.getuid())
        say(tell, "gid", os.getgid())
        say(tell, "user", pwd.getpwuid(os.getuid()).pw_name)
        say(tell, "groups", ",".join(str(group) for group in os.getgroups()))
        os.execve(argv[0], argv, environment)
    except OSError as error:
        say(tell, "errno", error.errno)
        write(2, b"cannot run %s: %s\n" % (argv[0], os.strerror(error.errno or 0).encode()))
    finally:
        os._exit(126)


def relay(child: int, streams: Streams, port: Port) -> tuple[int, dict[str, int]]:
    """Pass the payload's bytes on until it has ended; then end what it left behind, and pass on the last bytes."""
    counts = {name: 0 for _, name in streams.values()}
    status: int | None = None
    life = os.pidfd_open(child)
    poll = select.poll()
    for end in (life, port.descriptor, *streams):
        poll.register(end, select.POLLIN)
    while status is None or streams:
        for end, _ in poll.poll(REAP):
            if end == life:
                poll.unregister(life)
                status = os.waitpid(child, 0)[1]
                end_all()
            elif end == port.descriptor:
                renewed(port)
            elif data := os.read(end, 65536):
                to, name = streams[end]
                write(to, data)
                counts[name] += len(data)
            else:
                poll.unregister(end)
                del streams[end]
        reap(child)
    return status, counts


def renewed(port: Port) -> None:
    """A new proxy takes the old one's place at one blow, by the payload's own account."""
    word, data = port.frame()
    if word == "proxy":

        def replace() -> None:
            write_file(f"{PROXY}.new", data)
            os.rename(f"{PROXY}.new", PROXY)

        say(port.descriptor, "renewed", int(as_payload(replace) == 0))


def end_all() -> None:
    """Kill every process but this one."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return  # the payload left nothing behind


def reap(child: int) -> None:
    """Bury the orphans that have ended; the payload's own process is left to who asks for its status."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid == child:
            return
        os.waitpid(ended.si_pid, 0)


# --- what it leaves ---------------------------------------------------------------------------------------------------


def brought_out(patterns: bytes, to: int, said: int) -> int:
    """Send the tar of the files of these names, read by the payload's own account; how many bytes it has.

    What is left out is said in lines of its own, the first few of them.
    """
    archive, complaints = os.memfd_create("tar"), os.memfd_create("complaints")
    if as_payload(lambda: pack(patterns, archive, complaints)) != 0:
        say(complaints, "all of it:", "it could not be packed")
        os.ftruncate(archive, 0)
    for line in os.pread(complaints, 8192, 0).splitlines()[:10]:
        say(said, "left-out", line[:200].decode(errors="replace"))
    size = os.fstat(archive).st_size
    os.lseek(archive, 0, os.SEEK_SET)
    while data := os.read(archive, 1 << 16):
        write(to, data)
    return size


def pack(patterns: bytes, archive: int, complaints: int) -> None:
    os.chdir(WORK)
    size, many = 1024, 0
    for path in dict.fromkeys(found(words(patterns), complaints)):
        try:
            content, mode = content_of(path, LARGEST_OUTPUTS - size - 1024, many)
        except OSError as error:
            say(complaints, f"{path.decode(errors='replace')!r}:", error.strerror)
            continue
        part = header(path, len(content), mode) + content + bytes(-len(content) % 512)
        write(archive, part)
        size, many = size + len(part), many + 1
    write(archive, bytes(1024))


def found(patterns: list[bytes], complaints: int) -> list[bytes]:
    """The files of these names, and those in folders of these names."""
    out, end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(end, 1)
        os.execve("/usr/bin/sh", [b"sh", b"-c", EXPAND.encode(), WORK.encode(), *patterns], {})
    os.close(end)
    with os.fdopen(out, "rb") as file:
        names = iter(file.read().split(b"\0"))
    os.waitpid(child, 0)
    paths: list[bytes] = []
    for pattern in names:
        here = [name for name in iter(lambda: next(names, b""), b"") if os.path.lexists(name)]
        if pattern and not here:
            say(complaints, f"{pattern.decode(errors='replace')}:", "nothing of this name was left")
        for name in here:
            paths += below(name)
    return paths


def below(name: bytes) -> list[bytes]:
    if not os.path.isdir(name) or os.path.islink(name):
        return [os.path.normpath(name)]
    return [os.path.normpath(os.path.join(at, each)) for at, _, files in os.walk(name) for each in sorted(files)]


def content_of(path: bytes, room: int, many: int) -> tuple[bytes, int]:
    """The content and the mode of one file. Raises `OSError` for what is not brought out."""
    if many == MOST_OUTPUTS:
        raise OSError(0, f"at most {MOST_OUTPUTS} files are brought back")
    if len(path) > 100 or os.path.isabs(path) or os.path.realpath(path) != os.path.join(WORK.encode(), path):
        raise OSError(0, "a link, a way out of the folder, or too long a name")
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        seen = os.fstat(file.fileno())
        if seen.st_mode & 0o170000 != 0o100000 or seen.st_nlink != 1:
            raise OSError(0, "no file, or one of several names")
        content = file.read(max(room, 0) + 1)
    if len(content) > room:
        raise OSError(0, f"too large: at most {LARGEST_OUTPUTS} bytes are brought back in all")
    return content, 0o755 if seen.st_mode & 0o100 else 0o644


def header(path: bytes, size: int, mode: int) -> bytes:
    """The head of a member of a tar (POSIX ustar): 512 bytes whose sum stands in themselves."""
    fields = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, 0, 0, size, int(time.time()))
    head = path.ljust(100, b"\0") + fields + b" " * 8 + b"0" + bytes(100) + b"ustar\00000"
    head = head.ljust(512, b"\0")
    return head[:148] + b"%06o\0 " % sum(head) + head[156:]


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # last words for the console; the launcher sees that no result came
        sys.stderr.write(f"supervisor: {error!r}\n")
    finally:
        os.execv("/usr/bin/busybox", ["poweroff", "-f"])
