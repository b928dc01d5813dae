"""The site's real LCMAPS in this very process, by its public interface and without the switch."""

import ctypes
import os
import time

LIBRARIES = ("liblcmaps.so.0", "liblcmaps_return_account_from_pem.so.0")
USER_LOG = 1
"""Its lines go to the stream that it is given."""


def load() -> None:
    """Load its libraries, so that they are in place in processes that are forked from this one."""
    for library in LIBRARIES:
        ctypes.CDLL(library, ctypes.RTLD_GLOBAL)


def first_call(policy: str, env: dict[str, str], pem: bytes) -> tuple[int | None, float]:
    """Initialise it and map one credential: the uid, none when it refuses, and the seconds. Once in a process."""
    os.environ.update(env)
    libc, lcmaps, by_pem = (ctypes.CDLL(library) for library in ("libc.so.6", *LIBRARIES))
    libc.fdopen.restype = ctypes.c_void_p
    log = ctypes.c_void_p(libc.fdopen(os.memfd_create("lcmaps.log"), b"a"))
    names = (ctypes.c_char_p * 1)(policy.encode())
    uid, groups, counts, index = ctypes.c_uint(), (ctypes.c_void_p * 2)(), (ctypes.c_int * 2)(), ctypes.c_char_p()
    whom = [ctypes.byref(uid)]
    for kind in range(2):
        whom += [ctypes.byref(groups, kind * ctypes.sizeof(ctypes.c_void_p))]
        whom += [ctypes.byref(counts, kind * ctypes.sizeof(ctypes.c_int))]
    whom += [ctypes.byref(index)]
    began = time.perf_counter()
    failed = lcmaps.lcmaps_init_and_logfile(None, log, USER_LOG) or by_pem.lcmaps_run_with_pem_and_return_account(
        None, pem, -1, None, 1, names, *whom
    )
    seconds = time.perf_counter() - began
    return (None if failed else uid.value), seconds
