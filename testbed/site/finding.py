"""What a look at a site's files has found, before anything is started."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """The worker node will refuse, or do something else than the site means."""
    WARNING = "warning"
    """It works, and probably not as meant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: the file in the site's folder, the line (0: the whole file), what is wrong, what to do."""

    file: str
    line: int
    severity: Severity
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.severity}: {self.message}\n    {self.remedy}"


def error(file: str, line: int, message: str, remedy: str) -> Finding:
    """A finding that stops the site from working as it means to."""
    return Finding(file, line, Severity.ERROR, message, remedy)


def warning(file: str, line: int, message: str, remedy: str) -> Finding:
    """A finding that is worth a look."""
    return Finding(file, line, Severity.WARNING, message, remedy)
