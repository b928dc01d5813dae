"""What is run in the guest, and what of the node's goes in with it, each with a limit."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..common.plain_file import read_plain
from .failure import Failure
from .time_limit import Expired, arm, disarm

LARGEST_INPUT = LARGEST_SANDBOX = 16 << 20
LARGEST_PROXY = LARGEST_USER_DATA = 1 << 16
"""Bytes that go in: the payload's input, its sandbox without a tar's padding, its proxy, the VO's user data."""
HOME = "/home/payload"
PROXY = f"{HOME}/proxy.pem"


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
        return bounded(read_plain(path, most), most, what)
    except OSError as error:
        raise Failure("input", f"cannot read the {what} {path}: {error.strerror}", remedy) from error


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
