"""First process of the guest: runs the one payload as an ordinary account and tells the launcher how it ended.

Three virtio ports, which only root can open, lead to the launcher: 1 takes what the supervisor says (one JSON object
a line: first that it is there, last the result), 2 and 3 the payload's output and errors, byte for byte.
"""

import contextlib
import json
import os
import pwd
import select
import signal
import sys
import time

REQUEST = "/request"
ACCOUNT = "payload"
PORT_LIMIT = 5.0
"""Seconds within which the kernel has to show the ports."""

Streams = dict[int, tuple[int, str]]


def main() -> None:
    said, out, err = (port(number) for number in (1, 2, 3))
    say(said, {"ready": os.uname().release})
    with open(f"{REQUEST}/call.json", encoding="ascii") as file:
        call = json.load(file)
    child, before_exec, pipes = start(call["argv"], call["environment"])
    streams: Streams = {pipes[0]: (out, "stdout_bytes"), pipes[1]: (err, "stderr_bytes")}
    status, counts = relay(child, streams)
    say(
        said,
        {
            **ended(status),
            **before_exec,
            **counts,
            "hostname": os.uname().nodename,
            "kernel": os.uname().release,
        },
    )


def port(number: int) -> int:
    """A port of the launcher. The kernel shows the ports a moment after it has found their bus."""
    path = f"/dev/vport0p{number}"
    limit = time.monotonic() + PORT_LIMIT
    while not os.path.exists(path) and time.monotonic() < limit:
        time.sleep(0.005)
    return os.open(path, os.O_WRONLY | os.O_CLOEXEC)


def say(port: int, words: dict[str, object]) -> None:
    write(port, json.dumps(words).encode() + b"\n")


def write(port: int, data: bytes) -> None:
    """All of the data; a port takes part of it and waits while the launcher does not read."""
    while data:
        data = data[os.write(port, data) :]


def start(argv: list[str], environment: dict[str, str]) -> tuple[int, dict[str, object], tuple[int, int]]:
    """The payload's process, what it said of itself before it became the command, and the ends of its output pipes."""
    stdin = os.open(f"{REQUEST}/stdin", os.O_RDONLY)
    os.unlink(f"{REQUEST}/stdin")
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        become(argv, environment, (stdin, out_end, err_end), tell)
    for end in (stdin, out_end, err_end, tell):
        os.close(end)
    with os.fdopen(told) as file:
        before_exec: dict[str, object] = {}
        for line in file:
            before_exec.update(json.loads(line))
    return child, before_exec, (out, err)


def become(argv: list[str], environment: dict[str, str], ends: tuple[int, int, int], tell: int) -> None:
    """Turn this process into the payload for good; what the kernel then says of its identity is told first."""
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
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        say(
            tell,
            {
                "identity": {
                    "uid": os.getuid(),
                    "gid": os.getgid(),
                    "user": pwd.getpwuid(os.getuid()).pw_name,
                    "groups": os.getgroups(),
                }
            },
        )
        os.execve(argv[0], argv, environment)
    except OSError as error:
        say(tell, {"not_run": f"{argv[0]}: {error.strerror}"})
    finally:
        os._exit(126)


def relay(child: int, streams: Streams) -> tuple[int, dict[str, int]]:
    """Pass the payload's bytes on until it has ended; then end what it left behind, and pass on the last bytes."""
    counts = {name: 0 for _, name in streams.values()}
    status: int | None = None
    wake, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    for end in (wake, *streams):
        poll.register(end, select.POLLIN)
    os.write(wakes, b"!")  # the payload may have ended already
    while status is None or streams:
        for end, _ in poll.poll():
            if end == wake:
                os.read(wake, 4096)
                for process, its_status in reap():
                    if process == child:
                        status = its_status
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(-1, signal.SIGKILL)
            elif data := os.read(end, 65536):
                port, name = streams[end]
                write(port, data)
                counts[name] += len(data)
            else:
                poll.unregister(end)
                del streams[end]
    return status, counts


def reap() -> list[tuple[int, int]]:
    """The processes that have ended, with their wait status."""
    ended = []
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if process == 0:
            return ended
        ended.append((process, status))


def ended(status: int) -> dict[str, int | None]:
    """A wait status as an exit code or a signal."""
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "signal": None} if code >= 0 else {"code": None, "signal": -code}


if __name__ == "__main__":
    try:
        main()
    except (
        Exception
    ) as error:  # the guest's last words go to its console; the launcher sees that no result came
        sys.stderr.write(f"supervisor: {error!r}\n")
    finally:
        os.execv("/usr/bin/busybox", ["poweroff", "-f"])
