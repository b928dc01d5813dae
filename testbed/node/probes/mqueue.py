"""Message queues of POSIX by the C library's calls, which Python itself has not: mq_overview(7)."""

import ctypes
import os

LARGEST = 256
"""Bytes of a message."""
MESSAGES = 4
"""That a queue of ours holds, all alike, so that each of some who come finds one."""


class Attributes(ctypes.Structure):
    """``struct mq_attr`` of mqueue.h."""

    _fields_ = (
        ("flags", ctypes.c_long),
        ("most", ctypes.c_long),
        ("largest", ctypes.c_long),
        ("now", ctypes.c_long),
        ("reserved", ctypes.c_long * 4),
    )


LIBRARY = ctypes.CDLL(None, use_errno=True)


def done(what: str, result: int) -> int:
    """What a call came to. Raises `OSError` when it was refused."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def make(name: str, content: bytes, mode: int) -> None:
    """A new queue, ``/NAME``, with some messages. It lasts until it is removed, or its ipc namespace is no more."""
    attributes = Attributes(0, MESSAGES, LARGEST, 0)
    how = os.O_RDWR | os.O_CREAT | os.O_EXCL
    queue = done("mq_open", LIBRARY.mq_open(name.encode(), how, ctypes.c_uint(mode), ctypes.byref(attributes)))
    try:
        os.fchmod(queue, mode)  # whatever the umask is
        for _ in range(MESSAGES):
            done("mq_send", LIBRARY.mq_send(queue, content, ctypes.c_size_t(len(content)), ctypes.c_uint(0)))
    finally:
        os.close(queue)


def take(name: str) -> bytes:
    """The first message of somebody's queue, which then has it no longer."""
    queue = done("mq_open", LIBRARY.mq_open(name.encode(), os.O_RDONLY | os.O_NONBLOCK))
    message = ctypes.create_string_buffer(LARGEST)
    try:
        length = done("mq_receive", LIBRARY.mq_receive(queue, message, ctypes.c_size_t(LARGEST), None))
    finally:
        os.close(queue)
    return message.raw[:length]


def remove(name: str) -> None:
    """Remove a queue; that it is gone is fine."""
    LIBRARY.mq_unlink(name.encode())
