"""What the supervisor in the guest is asked for: frames of a word, a length and so many bytes."""

import os
import secrets
from collections.abc import Sequence

from .payload import Payload

ENTROPY = 64
"""Bytes of the host's random numbers for each guest: twice what the kernel's generator holds."""


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
