"""The launcher's own failure: why, and what mends it."""

import sys

FAILED = 125


class Failure(Exception):
    """The launcher itself failed: why, and what mends it."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy


def failed(failure: Failure) -> int:
    """The launcher's own failure, in one line."""
    print(f"[container]: {failure.cause}; {failure.remedy}".replace("\n", " "), file=sys.stderr)
    return FAILED


def unforeseen(error: OSError | KeyError) -> Failure:
    """What the system refused, as a failure."""
    cause = f"{error.filename or 'a folder'}: {error.strerror}" if isinstance(error, OSError) else str(error)
    return Failure(cause, "give folders that are there, and an account that has a name")
