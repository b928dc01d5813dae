"""``python -m tests.sanitized``: the scenarios against the sanitized reference; exit code 1 when anything is found."""

import sys
import tempfile
from pathlib import Path

from tests.sanitized.run import run


def main() -> int:
    """Print the matrix and every report."""
    with tempfile.TemporaryDirectory(prefix="sanitized-") as folder:
        outcome = run(Path(folder) / "results")
    print(outcome.held.said)
    for report in outcome.reports:
        print(report)
    print("no sanitizer has found anything" if not outcome.reports else f"{len(outcome.reports)} reports of sanitizers")
    return 1 if outcome.held.code or outcome.reports else 0


if __name__ == "__main__":
    sys.exit(main())
