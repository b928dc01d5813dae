"""Reading a file that somebody else may have put there: what is no plain file is not waited for."""

import errno
import os
import stat


def read_plain(path: str | os.PathLike[str], most: int, flags: int = 0) -> bytes:
    """So many bytes of a plain file, and one more where there are more. Raises `OSError`.

    ``flags`` are more of those of open(2), such as ``O_NOFOLLOW``.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        return opened.read(most + 1)
