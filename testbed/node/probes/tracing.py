"""Traces a process for a moment, ptrace(2), and reads its memory: it goes on as if nothing had been."""

import contextlib
import ctypes
import os
import time

SEIZE, INTERRUPT, PEEKDATA, DETACH = 0x4206, 0x4207, 2, 17
EVENT_STOP = 128
"""What a stop is for that a tracer has asked for; others are for a signal, which is passed on."""
WALL = 0x40000000
"""waitpid(2): for one that is no child as well."""
WORD = ctypes.sizeof(ctypes.c_long)
STOPS, LOOK = 1.0, 0.001
"""Seconds within which a traced process has stopped, and between two looks; usual is less than one of these."""


def peeked(pid: int, address: int, size: int) -> bytes:
    """So many bytes of its memory. Raises `OSError` where it may not be traced. It stands meanwhile, and is let go."""
    _ptrace(SEIZE, pid)
    signal = 0
    try:
        _ptrace(INTERRUPT, pid)
        signal = _stopped(pid)
        words = (_ptrace(PEEKDATA, pid, address + at) for at in range(0, size, WORD))
        return b"".join((word & (1 << 8 * WORD) - 1).to_bytes(WORD, "little") for word in words)[:size]
    finally:
        with contextlib.suppress(OSError):  # it has ended, or goes on at the latest when its tracer ends
            _ptrace(DETACH, pid, 0, signal)


def _stopped(pid: int) -> int:
    """Wait until it stands; the signal that was on its way to it, if that is why. Raises `TimeoutError`."""
    deadline = time.monotonic() + STOPS
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG | WALL)
        if found and os.WIFSTOPPED(status):
            return 0 if status >> 16 == EVENT_STOP else os.WSTOPSIG(status)
        if found:
            raise ProcessLookupError(f"process {pid} has ended")
        time.sleep(LOOK)
    raise TimeoutError(f"process {pid}, which is traced, did not stop within {STOPS:g} s")


def _ptrace(request: int, pid: int, address: int = 0, data: int = 0) -> int:
    """One request. What is read may be -1, so that only errno says whether it was refused."""
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    call.restype = ctypes.c_long
    ctypes.set_errno(0)
    said = int(call(request, pid, address, data))
    if number := ctypes.get_errno():
        raise OSError(number, f"ptrace: {os.strerror(number)}")
    return said
