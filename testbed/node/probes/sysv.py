"""Shared memory and message queues of System V by the C library's calls, which Python itself has not."""

import ctypes
import os
from typing import Any

CREATE, EXCLUSIVE, READ_ONLY, REMOVE = 0o1000, 0o2000, 0o10000, 0
NO_WAIT = 0o4000
SIZE, MESSAGE = 4096, 256
FAILED = ctypes.c_void_p(-1).value


def library() -> Any:
    """The C library, with the types of the calls that are made here."""
    calls = ctypes.CDLL(None, use_errno=True)
    calls.shmat.restype = ctypes.c_void_p
    calls.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
    calls.shmdt.argtypes = (ctypes.c_void_p,)
    return calls


def failure(what: str) -> OSError:
    """What the last call was refused for."""
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")


def make(key: int, content: bytes, mode: int) -> int:
    """A new segment with this content; its number. It lasts until it is removed."""
    calls = library()
    number: int = calls.shmget(key, SIZE, CREATE | EXCLUSIVE | mode)
    if number < 0:
        raise failure("shmget")
    address = calls.shmat(number, None, 0)
    if address == FAILED:
        raise failure("shmat")
    ctypes.memmove(address, content[:SIZE], len(content[:SIZE]))
    calls.shmdt(address)
    return number


def read(key: int) -> bytes:
    """What somebody's segment of this key holds."""
    calls = library()
    number = calls.shmget(key, 0, 0)
    if number < 0:
        raise failure("shmget")
    address = calls.shmat(number, None, READ_ONLY)
    if address == FAILED:
        raise failure("shmat")
    content = ctypes.string_at(address, SIZE)
    calls.shmdt(address)
    return content


class Message(ctypes.Structure):
    """``struct msgbuf`` of msgop(2)."""

    _fields_ = (("kind", ctypes.c_long), ("text", ctypes.c_char * MESSAGE))


def make_queue(key: int, content: bytes, mode: int) -> int:
    """A new message queue with one message; its number. It lasts until it is removed."""
    calls = library()
    number: int = calls.msgget(key, CREATE | EXCLUSIVE | mode)
    if number < 0:
        raise failure("msgget")
    if calls.msgsnd(number, ctypes.byref(Message(1, content)), ctypes.c_size_t(MESSAGE), NO_WAIT) < 0:
        raise failure("msgsnd")
    return number


def take(key: int) -> bytes:
    """The first message of somebody's queue of this key, which then has it no longer."""
    calls, message = library(), Message()
    number = calls.msgget(key, 0)
    if number < 0:
        raise failure("msgget")
    if calls.msgrcv(number, ctypes.byref(message), ctypes.c_size_t(MESSAGE), ctypes.c_long(0), NO_WAIT) < 0:
        raise failure("msgrcv")
    return bytes(message.text)


def remove_queue(number: int) -> None:
    """Remove a queue; that it is gone is fine."""
    library().msgctl(number, REMOVE, None)


def remove(number: int) -> None:
    """Remove a segment; that it is gone is fine."""
    library().shmctl(number, REMOVE, None)
