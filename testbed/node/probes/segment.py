"""Shared memory of System V, which outlives whoever made it: made and read by its key."""

import ctypes
import os

IPC_CREAT, IPC_EXCL = 0o1000, 0o2000
READ_ONLY = 0o10000
SIZE = 4096

_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_libc.shmdt.argtypes = (ctypes.c_void_p,)


def make(key: int, mode: int, content: bytes) -> None:
    """A segment of this key that holds something. Raises `OSError`."""
    with _Attached(_got(key, IPC_CREAT | IPC_EXCL | mode), 0) as place:
        ctypes.memmove(place, content, min(len(content), SIZE))


def read(key: int) -> bytes:
    """What the segment of a key holds. Raises `OSError`."""
    with _Attached(_got(key, 0), READ_ONLY) as place:
        return ctypes.string_at(place, SIZE)


def _got(key: int, how: int) -> int:
    ident: int = _libc.shmget(key, SIZE if how else 0, how)
    if ident < 0:
        raise _error()
    return ident


class _Attached:
    """A segment in this process's memory, as long as a ``with`` lasts."""

    def __init__(self, ident: int, how: int) -> None:
        self._place = _libc.shmat(ident, None, how)
        if self._place == ctypes.c_void_p(-1).value:
            raise _error()

    def __enter__(self) -> int:
        return int(self._place)

    def __exit__(self, *_: object) -> None:
        _libc.shmdt(self._place)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
