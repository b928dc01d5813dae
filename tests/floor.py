"""How many cells of each folder of scenarios a whole run has to have judged: not applicable is never a way to pass.

The figures are the cells of a run of `make test` on 2026-11-26 but for those that are known not to apply, less about a
twentieth: so a cell may go without this file, and half of a folder may not. Cells behind ``slow`` are not among them:
of authority's 389 every run has 215, each fault with each authority in one of two modes (`testbed.model.pairs`);
of failure's it has 37 fewer than there were: real clients, which are never told the mode, are held to setuid.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from testbed.model.row import Row, Verdict
from testbed.report.results import ROWS, Results

JUDGED = (Verdict.CONFORMS, Verdict.DEVIATES, Verdict.KNOWN, Verdict.CLOSED)
"""Something was observed, and held against what is documented."""
FLOOR: Mapping[str, int] = {
    "authority": 205,
    "companions": 28,
    "contract": 270,
    "failure": 174,
    "fleets": 4,
    "isolation": 20,
    "lifecycle": 28,
    "plugins": 16,
    "preflight": 8,
    "separation": 498,
    "tour": 34,
    "traceability": 11,
}
"""By the folder's name. One that is not here has no floor, and `tests/report/test_floor.py` fails."""


def too_few(rows: Iterable[Row], floor: Mapping[str, int] = FLOOR) -> Iterator[str]:
    """A line for each folder of which fewer cells were judged than there have to be."""
    rows = list(rows)
    judged = Counter(_folder(row) for row in rows if row.verdict in JUDGED)
    others = Counter((_folder(row), str(row.verdict)) for row in rows if row.verdict not in JUDGED)
    for folder, least in floor.items():
        if judged[folder] < least:
            why = [f"{count} {verdict}" for (where, verdict), count in others.items() if where == folder]
            said = ", ".join(why) or "nothing else has a row"
            yield f"scenarios/{folder}: {judged[folder]} cells were judged, at least {least} have to be ({said})"


def rows_of(folders: Iterable[Path]) -> list[Row]:
    """The rows of all results folders of a run; one that ran no scenario has none."""
    return [row for folder in folders if (folder / ROWS).exists() for row in Results.read(folder).rows]


def _folder(row: Row) -> str:
    return row.scenario.removeprefix("scenarios/").partition("/")[0]
