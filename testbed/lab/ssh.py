"""One kept-open ssh connection to a host, host key pinned, every command with a time limit."""

import contextlib
import io
import select
import shlex
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko

from testbed.lab.result import Result
from testbed.model.problem import Problem

DRAIN = 0.2
"""Seconds that output may still come after the command has ended: a left-over process may hold the pipe for ever."""

FEED = 0.2
"""Seconds that a feeder waits for room before it looks whether it is still wanted."""

PIECE = 1 << 15
"""Bytes of an input that are sent at a time."""

LOOK = 0.05
"""Seconds between looks for an exit status, which arrives without waking the reader when a pipe is still held."""


class Connection:
    """An authenticated connection. Commands may run on it side by side from several threads."""

    def __init__(self, transport: paramiko.Transport, peer: str, most: int = sys.maxsize) -> None:
        """``most`` is how many bytes are kept of each of a command's outputs, the last ones."""
        self._transport = transport
        self._most = most
        self.peer = peer

    def run(self, command: Sequence[str] | str, *, stdin: bytes = b"", limit: float) -> Result:
        """Run a command (or a line of shell) by the account's shell; after ``limit`` seconds the outcome is "hung"."""
        line = command if isinstance(command, str) else shlex.join(command)
        began = time.monotonic()
        over = threading.Event()
        out, err = bytearray(), bytearray()
        code: int | None = None
        hung = False
        try:
            channel = self._transport.open_session(timeout=limit)
            channel.settimeout(FEED)
            with _answered_within(limit, channel):
                channel.exec_command(_fed(line) if stdin else _unfed(line))
            feeder = _feed(channel, stdin, over) if stdin else None
            hung = not _collect(channel, out, err, began + limit, self._most)
            if not hung:
                code = channel.recv_exit_status()
                code = None if code < 0 else code
            over.set()
            if feeder:
                feeder.join()
            channel.close()
        except (TimeoutError, paramiko.SSHException, OSError, EOFError) as error:
            hung = hung or isinstance(error, TimeoutError) or time.monotonic() >= began + limit
            said = str(error) or type(error).__name__
            if (lost := self._transport.get_exception()) is not None:
                said += f" ({lost or type(lost).__name__})"
            err += f"[ssh to {self.peer}]: {said}\n".encode()
        finally:
            over.set()
        return Result(
            (line,) if isinstance(command, str) else tuple(command),
            code,
            bytes(out),
            bytes(err),
            hung,
            time.monotonic() - began,
        )

    @property
    def alive(self) -> bool:
        """Whether the connection still stands."""
        return self._transport.is_active()

    def close(self) -> None:
        """End the connection; the server ends what still runs in its sessions."""
        self._transport.close()


def connect(
    address: str,
    *,
    port: int = 22,
    user: str = "root",
    key: Path | str,
    host_key: str,
    limit: float,
    most: int = sys.maxsize,
) -> Connection:
    """Connect within ``limit`` seconds. ``key`` is a private key or the file of one, ``host_key`` a public key line.

    Of each output of a command the last ``most`` bytes are kept: who is not trusted may say things without end.

    Raises `Problem` when nobody answers, the host shows another key than the pinned one, or the account is refused.
    """
    peer = f"{user}@{address}:{port}"
    deadline = time.monotonic() + limit
    try:
        plug = socket.create_connection((address, port), timeout=limit)
        # Without it every small packet of a command waits for the acknowledgement of the one before: 48 ms, not 4.
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(plug)
        # New keys while a command ends make paramiko's reader wait for itself. Ours are one run's.
        transport.packetizer.REKEY_BYTES = transport.packetizer.REKEY_PACKETS = 1 << 40
    except OSError as error:
        raise Problem("no ssh connection", where=peer, cause=str(error)) from error
    try:
        transport.banner_timeout = transport.auth_timeout = max(deadline - time.monotonic(), 0.1)
        transport.start_client(timeout=max(deadline - time.monotonic(), 0.1))
        shown = transport.get_remote_server_key()
        pinned = host_key.split()
        if [shown.get_name(), shown.get_base64()] != pinned[:2]:
            raise Problem(
                "the host shows another key than the pinned one",
                where=peer,
                found=f"{shown.get_name()} {shown.get_base64()}",
                expected=" ".join(pinned[:2]),
                remedy="make sure who answers there; only then pin the new key",
            )
        transport.auth_publickey(user, _private_key(key))
    except Problem:
        transport.close()
        raise
    except (paramiko.SSHException, OSError, EOFError) as error:
        transport.close()
        raise Problem("no ssh connection", where=peer, cause=str(error) or type(error).__name__) from error
    return Connection(transport, peer, most)


def _private_key(key: Path | str) -> paramiko.PKey:
    text = key.read_text() if isinstance(key, Path) else key
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text))


@contextlib.contextmanager
def _answered_within(limit: float, channel: paramiko.Channel) -> Iterator[None]:
    """Hang up on a host that does not say whether it runs the command: paramiko would wait for that without end."""
    guard = threading.Timer(limit, channel.close)
    guard.daemon = True
    guard.start()
    try:
        yield
    finally:
        guard.cancel()


# A packet for a channel that the server has closed makes it end the whole connection, and with it whatever runs beside
# (OpenSSH: "data packet referred to nonexistent channel"). paramiko lets go of a channel's lock before it sends, so its
# packets may come too late. Hence nothing is sent to a command that could have ended.


def _unfed(line: str) -> str:
    """The line without an input: nothing has to be sent that could come too late, not even its end."""
    return f"exec </dev/null; {line}"


def _fed(line: str) -> str:
    """The line, kept from ending before its whole input has come."""
    return f"(\n{line}\n); code=$?; cat >/dev/null; exit $code"


def _feed(channel: paramiko.Channel, stdin: bytes, over: threading.Event) -> threading.Thread:
    """Send standard input beside the reading, so that a full window on one side cannot stop the other."""

    def send() -> None:
        sent = 0
        with contextlib.suppress(OSError):  # the connection is gone
            while sent < len(stdin) and not over.is_set():
                with contextlib.suppress(TimeoutError):
                    sent += channel.send(stdin[sent : sent + PIECE])
            if not over.is_set():
                channel.shutdown_write()

    feeder = threading.Thread(target=send, daemon=True)
    feeder.start()
    return feeder


def _collect(channel: paramiko.Channel, out: bytearray, err: bytearray, deadline: float, most: int) -> bool:
    """Gather both streams until the command has ended; False when the deadline came first."""
    news = select.poll()  # select() knows no descriptor above 1023
    news.register(channel, select.POLLIN)
    while True:
        all_there = channel.eof_received or channel.closed  # else who says enough could keep us here for ever
        while channel.recv_ready() and (all_there or time.monotonic() < deadline):
            out += channel.recv(1 << 20)
            del out[:-most]
        while channel.recv_stderr_ready() and (all_there or time.monotonic() < deadline):
            err += channel.recv_stderr(1 << 20)
            del err[:-most]
        if channel.eof_received or channel.closed:
            if not (channel.recv_ready() or channel.recv_stderr_ready()):
                return channel.status_event.wait(max(deadline - time.monotonic(), 0))
            continue
        if channel.exit_status_ready():
            deadline = min(deadline, time.monotonic() + DRAIN)
        left = deadline - time.monotonic()
        if left <= 0:
            return channel.exit_status_ready()
        news.poll(1000 * min(left, LOOK))
