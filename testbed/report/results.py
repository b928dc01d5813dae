"""The results folder of one run: rows written as they come, the conditions, and the reports made of both."""

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from testbed.model.problem import Problem
from testbed.model.replay import Replay
from testbed.model.row import Row
from testbed.report import html, junit, markdown
from testbed.report.conditions import Conditions

ROWS = "results.jsonl"
REPLAYS = "clients.jsonl"
"""Only where a run replayed clients."""
RUN = "run.json"
LATEST = "latest"
"""The link next to the folders of all runs, to the one that was started last."""


class Unwritable(Problem):
    """The results cannot be kept: no room, or no permission."""


class Results:
    """One run on disk.

    ``results.jsonl`` only ever grows, by a whole line at a time, so that whatever ends a run leaves what it had
    found. ``finish`` writes the reports, which can be made again from the folder at any time.
    """

    def __init__(self, folder: Path, conditions: Conditions, rows: list[Row], replays: Iterable[Replay] = ()) -> None:
        self.folder = folder
        self.conditions = conditions
        self.rows = rows
        self.replays = list(replays)

    @classmethod
    def create(cls, folder: Path, conditions: Conditions) -> "Results":
        """A new results folder, made with its parents; ``latest`` next to it then points to it."""
        if (folder / ROWS).exists():
            raise Problem(
                "this folder already holds the results of a run",
                where=str(folder),
                expected="a folder of its own for each run",
                remedy="name another folder, or remove this one",
            )
        results = cls(folder, conditions, [])
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ROWS).touch()
            results._write(RUN, conditions.json())
            _point(folder.absolute().parent / LATEST, folder.name)
        return results

    @classmethod
    def read(cls, folder: Path) -> "Results":
        """The run that a folder holds, or a `Problem` that names the first damaged line."""
        conditions = _conditions(folder / RUN)
        return cls(folder, conditions, _rows(folder / ROWS), _replays(folder / REPLAYS))

    def add(self, row: Row) -> None:
        """Write a row. It is on its way to the disk, as one whole line, when this returns."""
        if any((row.scenario, row.cell) == (other.scenario, other.cell) for other in self.rows):
            raise Problem(
                "a cell was judged twice in one run",
                where=row.scenario,
                found=row.cell,
                expected="ids that are unique within their scenario",
            )
        path = self.folder / ROWS
        with writing(path), path.open("a", encoding="utf-8", errors="backslashreplace") as lines:
            lines.write(row.json() + "\n")
        self.rows.append(row)

    def keep(self, replays: Iterable[Replay]) -> None:
        """Write what became of payloads in the hands of clients; what one made of one circumstance counts once."""
        path = self.folder / REPLAYS
        for replay in replays:
            if replay in self.replays:
                continue  # several scenarios have the same circumstance
            with writing(path), path.open("a", encoding="utf-8", errors="backslashreplace") as lines:
                lines.write(replay.json() + "\n")
            self.replays.append(replay)

    def finish(self) -> tuple[Path, ...]:
        """Note the end of the run and write its reports; gives their paths."""
        self.conditions = dataclasses.replace(self.conditions, finished=datetime.now(UTC))
        with writing(self.folder):
            self._write(RUN, self.conditions.json())
        return self.report()

    def report(self) -> tuple[Path, ...]:
        """Write, or write anew, ``matrix.md``, ``matrix.html`` and ``junit.xml``; gives their paths."""
        with writing(self.folder):
            return (
                self._write("matrix.md", markdown.render(self.rows, self.conditions, self.replays)),
                self._write("matrix.html", html.render(self.rows, self.conditions, self.replays)),
                self._write("junit.xml", junit.render(self.rows, self.conditions)),
            )

    def _write(self, name: str, text: str) -> Path:
        """Write a file as a whole: a reader sees the old one or the new one, never half of it."""
        path = self.folder / name
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        return draft.replace(path)


def _point(link: Path, target: str) -> None:
    """Let a link point to a target, in one step."""
    if link.exists() and not link.is_symlink():
        raise Problem(
            f"{LATEST!r} is a link to the newest run, but something else has that name",
            where=str(link),
            remedy="move it away",
        )
    draft = link.with_name(f".{link.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write below a path: a disk that is full, or a folder that may not be written, is a `Problem`."""
    try:
        yield
    except OSError as error:
        raise Unwritable(
            "the results could not be written",
            where=str(error.filename or path),
            found=error.strerror or str(error),
            remedy="make room or permission there, or name another results folder",
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(
            "the results of this run cannot be read",
            where=str(path),
            found=str(error),
            expected=f"a results folder with {RUN} and {ROWS}",
            remedy="name the folder of a run; the newest one is the link 'latest' in the results folder",
        ) from error


def _conditions(path: Path) -> Conditions:
    text = _text(path)
    try:
        return Conditions.parse(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(
            "the conditions of this run are damaged",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            expected="the JSON object that the testbed wrote there",
            remedy="run anew; the rows are still readable one by one in " + ROWS,
        ) from error


def _rows(path: Path) -> list[Row]:
    rows: dict[tuple[str, str], Row] = {}
    for number, line in enumerate(_text(path).removesuffix("\n").split("\n"), start=1):
        if not line and number == 1:
            continue  # nothing was judged before the run ended
        try:
            row = _checked(Row.parse(line))
            if (row.scenario, row.cell) in rows:
                raise ValueError(f"{row.cell} of {row.scenario} for the second time")
        except (ValueError, KeyError, TypeError) as error:
            raise Problem(
                "a line of the results is damaged",
                where=f"{path}:{number}",
                found=f"{line[:200]!r}\n{type(error).__name__}: {error}",
                expected="one row as a JSON object",
                cause="the run was ended while it wrote, or the file was edited",
                remedy=f"delete line {number} to read the others, or run anew",
            ) from error
        rows[row.scenario, row.cell] = row
    return list(rows.values())


def _replays(path: Path) -> list[Replay]:
    lines = _text(path).splitlines() if path.exists() else []
    replays = []
    for number, line in enumerate(lines, start=1):
        try:
            replays.append(Replay.parse(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Problem(
                "a line of the clients' replays is damaged",
                where=f"{path}:{number}",
                found=f"{line[:200]!r}\n{type(error).__name__}: {error}",
                expected="one replay as a JSON object",
                cause="the run was ended while it wrote, or the file was edited",
                remedy=f"delete line {number} to read the others, or run anew",
            ) from error
    return replays


def _checked(row: Row) -> Row:
    """The row, unless a value is not of its field's type."""
    for field in dataclasses.fields(Row):
        value = getattr(row, field.name)
        match field.name:
            case "protects":
                fits = value is None or isinstance(value, bool)
            case "shows":
                fits = all(isinstance(name, str) for name in value)
            case "seconds":
                fits = isinstance(value, int | float) and not isinstance(value, bool)
            case "figures":
                fits = isinstance(value, dict) and all(isinstance(each, int | float) for each in value.values())
            case "took" | "bound":
                fits = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
            case _:
                fits = isinstance(value, str)
        if not fits:
            raise TypeError(f"{field.name} is {value!r}")
    return row
