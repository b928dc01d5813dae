"""Becomes the first process of the guest: runs the one payload as an ordinary account and tells how it ended.

Three virtio ports, which only root can open, lead to the launcher. 1 takes what the supervisor says: lines of a word
and a number or name, the first ``ready``, the last ``end``. 2 and 3 take the payload's output and errors, byte for
byte. What the launcher asks for lies in /request: ``argv`` and ``environment``, each word ended by a zero byte, and
``stdin``.

It imports only what is compiled into the interpreter: an emulated processor needs half a second for json and enum.
"""

# ruff: noqa: PTH110, PTH123, S606

import _signal as signal
import os
import pwd
import select
import sys
import time

REQUEST = "/request"
ACCOUNT = "payload"
PORT_LIMIT = 5.0
"""Seconds within which the kernel has to show the ports."""
REAP = 1000
"""Milliseconds after which orphans that have ended are looked for."""

Streams = dict[int, tuple[int, str]]


def main() -> None:
    said, out, err = (port(number) for number in (1, 2, 3))
    say(said, "ready", 1)
    child, told, pipes = start()
    status, counts = relay(child, {pipes[0]: (out, "out"), pipes[1]: (err, "err")})
    write(said, told)
    for name, count in counts.items():
        say(said, name, count)
    say(said, "hostname", os.uname().nodename)
    say(said, "kernel", os.uname().release)
    code = os.waitstatus_to_exitcode(status)
    say(said, "code" if code >= 0 else "signal", abs(code))
    say(said, "end", 1)


def port(number: int) -> int:
    """A port of the launcher. The kernel shows the ports a moment after it has found their bus."""
    path = f"/dev/vport0p{number}"
    limit = time.monotonic() + PORT_LIMIT
    while not os.path.exists(path) and time.monotonic() < limit:
        time.sleep(0.005)
    return os.open(path, os.O_WRONLY | os.O_CLOEXEC)


def say(to: int, word: str, value: object) -> None:
    write(to, f"{word} {value}\n".encode())


def write(to: int, data: bytes) -> None:
    """All of the data; a port takes part of it and waits while the launcher does not read."""
    while data:
        data = data[os.write(to, data) :]


def asked(name: str) -> list[bytes]:
    """The words of a file of the request."""
    with open(f"{REQUEST}/{name}", "rb") as file:
        return file.read().split(b"\0")[:-1]


def start() -> tuple[int, bytes, tuple[int, int]]:
    """The payload's process, what was said of it up to its exec, and the ends of its output pipes."""
    argv = asked("argv")
    environment = dict(setting.split(b"=", 1) for setting in asked("environment"))
    stdin = os.open(f"{REQUEST}/stdin", os.O_RDONLY)
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


def become(argv: list[bytes], environment: dict[bytes, bytes], ends: tuple[int, int, int], tell: int) -> None:
    """Turn this process into the payload for good; who the kernel then says it is, is told first."""
    try:
        account = pwd.getpwnam(ACCOUNT)
        for end in ends:
            os.fchown(end, account.pw_uid, account.pw_gid)
        os.setsid()
        os.setgroups([account.pw_gid])
        os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
        os.chdir(account.pw_dir)
        os.umask(0o022)
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


def relay(child: int, streams: Streams) -> tuple[int, dict[str, int]]:
    """Pass the payload's bytes on until it has ended; then end what it left behind, and pass on the last bytes."""
    counts = {name: 0 for _, name in streams.values()}
    status: int | None = None
    life = os.pidfd_open(child)
    poll = select.poll()
    for end in (life, *streams):
        poll.register(end, select.POLLIN)
    while status is None or streams:
        for end, _ in poll.poll(REAP):
            if end == life:
                poll.unregister(life)
                status = os.waitpid(child, 0)[1]
                end_all()
            elif data := os.read(end, 65536):
                to, name = streams[end]
                write(to, data)
                counts[name] += len(data)
            else:
                poll.unregister(end)
                del streams[end]
        reap(child)
    return status, counts


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


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # last words for the console; the launcher sees that no result came
        sys.stderr.write(f"supervisor: {error!r}\n")
    finally:
        os.execv("/usr/bin/busybox", ["poweroff", "-f"])
