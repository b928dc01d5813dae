"""What a host says over an ssh connection without end: it is kept in bounds, and so is the time."""

import contextlib
import io
import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from testbed.lab.ssh import Connection, connect

PIECE = b"x" * (1 << 15)
MOST = 1 << 20
LIMIT = 0.5


def _key() -> str:
    form = serialization.PrivateFormat.OpenSSH
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


class Speaker(paramiko.ServerInterface):
    """A host of which every command does the same."""

    def __init__(self, does: Callable[[paramiko.Channel], None]) -> None:
        self._does = does

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return int(paramiko.AUTH_SUCCESSFUL)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._does, args=(channel,), daemon=True).start()
        return True


class Silent(Speaker):
    """A host that does not say whether it runs a command, for so long."""

    SECONDS = 2.0

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return threading.Event().wait(self.SECONDS)


@contextlib.contextmanager
def connected(does: Callable[[paramiko.Channel], None], host: type[Speaker] = Speaker) -> Iterator[Connection]:
    """A connection to a host that does this."""
    own = paramiko.Ed25519Key.from_private_key(io.StringIO(_key()))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hosts: list[paramiko.Transport] = []

        def serve() -> None:
            hosts.append(paramiko.Transport(listener.accept()[0]))
            hosts[0].add_server_key(own)
            with contextlib.suppress(paramiko.SSHException, EOFError):
                hosts[0].start_server(server=host(does))

        threading.Thread(target=serve, daemon=True).start()
        pinned = f"{own.get_name()} {own.get_base64()}"
        port = listener.getsockname()[1]
        connection = connect("127.0.0.1", port=port, key=_key(), host_key=pinned, limit=10, most=MOST)
        try:
            yield connection
        finally:
            connection.close()
            hosts[0].close()


def _says(channel: paramiko.Channel) -> None:
    with contextlib.suppress(OSError, EOFError):
        for _ in range(4 * MOST // len(PIECE)):
            channel.sendall(PIECE)
            channel.sendall_stderr(PIECE)
        channel.sendall(b"the last word")
        channel.send_exit_status(3)
        channel.close()


def _never_stops(channel: paramiko.Channel) -> None:
    with contextlib.suppress(OSError, EOFError):
        while True:
            channel.sendall(PIECE)


def test_the_last_of_what_is_said_is_kept_and_no_more_than_was_asked_for() -> None:
    with connected(_says) as connection:
        result = connection.run("anything", limit=20)
    assert (result.code, len(result.out), len(result.err)) == (3, MOST, MOST)
    assert result.out.endswith(b"x" + b"the last word")


def test_who_never_stops_talking_is_hung_up_on_when_the_time_is_up() -> None:
    with connected(_never_stops) as connection:
        result = connection.run("anything", limit=LIMIT)
    assert result.hung
    assert result.seconds < LIMIT + 5
    assert len(result.out) <= MOST


def test_who_never_says_whether_a_command_runs_is_hung_up_on_when_the_time_is_up() -> None:
    with connected(_says, Silent) as connection:
        result = connection.run("anything", limit=LIMIT)
    assert result.hung
    assert LIMIT <= result.seconds < Silent.SECONDS


def test_a_command_is_heard_however_many_files_are_open() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard < 4096 else 4096, hard))
    with contextlib.ExitStack() as files:
        files.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1024):
            files.enter_context(Path(os.devnull).open())
        with connected(_says) as connection:
            assert connection.run("anything", limit=20).code == 3
