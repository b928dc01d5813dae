"""The matrix as Markdown, for a merge request, a ticket or the summary of a CI job."""

import re
from collections.abc import Sequence

from testbed.model.replay import OURS, Replay
from testbed.model.row import Row, Verdict
from testbed.report import clients, comparison, exposure, requirements
from testbed.report.attention import explained, findings
from testbed.report.conditions import Conditions
from testbed.report.matrix import CONFORMANCE, PROTECTION, Mark, Matrix, Tone, closing, matrix
from testbed.report.text import link, one_line

_SIGNS = {Tone.GOOD: "🟢 ", Tone.BAD: "🔴 ", Tone.DOUBT: "🟡 ", Tone.QUIET: ""}
"""Markdown knows no colours; the words alone carry the meaning too."""


def render(rows: Sequence[Row], conditions: Conditions, replays: Sequence[Replay] = ()) -> str:
    """The whole report as GitHub-flavoured Markdown; links are relative to the results folder."""
    table = matrix(rows)
    parts = [
        f"# {_plain(conditions.site)}",
        _plain(conditions.held),
        _plain(closing(rows)) + "." + ("" if conditions.finished else " **The run was cut short.**"),
        _tallies(table),
        "## Cell by cell",
        "Left: does it behave as documented? Right: are users protected? The words link to the evidence.",
        _grid(table),
        _explained(rows),
        *_attention(rows),
        *_exposed(rows),
        *_compared(rows),
        *_requirements(rows),
        *_clients(replays),
        "## Conditions",
        _rows(("condition", "value"), [(_plain(name), _plain(value)) for name, value in conditions.lines()]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tallies(table: Matrix) -> str:
    lines = []
    for tally in table.tallies:
        protection = _mark(tally.protection) if tally.protection else ""
        where = f": {_plain(tally.where)}" if tally.where else ""
        lines.append((tally.column, _mark(tally.conformance), protection + where))
    return _rows(("mode", "as documented?", "protected?"), lines) if lines else ""


def _grid(table: Matrix) -> str:
    lines = [(_plain(line.label), *(_cell(row) if row else "" for row in line.rows)) for line in table.lines]
    return _rows(("scenario", *table.columns), lines) if lines else ""


def _cell(row: Row) -> str:
    text = _mark(CONFORMANCE[row.verdict])
    if row.protects is not None:
        text += " · " + _mark(PROTECTION[row.protects])
    return f"[{text}]({link(row.evidence)})" if row.evidence else text


def _explained(rows: Sequence[Row]) -> str:
    """Why some cells are not applicable, and what the ledger says of others."""
    return "\n".join(
        f"- {CONFORMANCE[verdict].word} ({count}): {_plain(reason)}"
        for verdict in (Verdict.NOT_APPLICABLE, Verdict.KNOWN)
        for reason, count in explained(rows, verdict)
    )


def _attention(rows: Sequence[Row]) -> list[str]:
    found = findings(rows)
    parts = ["## What needs a look"] if found else []
    for finding in found:
        row = finding.row
        parts.append(f"### {CONFORMANCE[row.verdict].word}: {_plain(row.title)}, {_plain(row.cell)}")
        parts.append("\n".join(f"- {name}: {_plain(text)}" for name, text in finding.lines(row.evidence)))
    return parts


def _exposed(rows: Sequence[Row]) -> list[str]:
    """Every attack that gets through, and what stops it."""
    found = exposure.exposures(rows)
    if not found:
        return []
    lines = [tuple(map(_plain, each.words)) for each in found]
    return [f"## {exposure.TITLE}", _rows(exposure.HEADING, lines), _plain(exposure.CAPTION)]


def _compared(rows: Sequence[Row]) -> list[str]:
    """The modes side by side, where a run compared any."""
    found = comparison.comparison(rows)
    if found is None:
        return []
    lines = [tuple(map(_plain, each.words)) for each in found.lines]
    return [f"## {comparison.TITLE}", _rows(found.heading, lines), _plain(comparison.CAPTION)]


def _requirements(rows: Sequence[Row]) -> list[str]:
    """Which cells show which requirement; those that none shows are there too."""
    lines = [tuple(map(_plain, each.words)) for each in requirements.shown(rows)]
    if not lines:
        return []
    return [f"## {requirements.TITLE}", _rows(requirements.HEADING, lines), _plain(requirements.CAPTION)]


def _clients(replays: Sequence[Replay]) -> list[str]:
    """What real clients made of the circumstances, a table for each mode."""
    parts = []
    for title, found in clients.by_mode(replays):
        parts += [_plain(title), _rows(clients.HEADING, [tuple(map(_plain, tally.words)) for tally in found])]
        ours = [tally for tally in found if tally.client == OURS]
        if ours:  # the others' would be hundreds of lines: they are in the HTML report
            lines = [tuple(map(_plain, (tally.answer, *line))) for tally in ours for line in clients.each_of(tally)]
            parts += [_plain(f"{OURS}, {ours[0].mode}"), _rows(("question 4", *clients.EACH), lines)]
        parts.append("\n".join(f"- {_SIGNS[Tone.BAD]}**{_plain(tally.loud)}**" for tally in found if tally.loud))
    return ["## Clients", *filter(None, parts), clients.CAPTION] if parts else []


def _mark(mark: Mark) -> str:
    word = f"**{mark.word}**" if mark.tone is Tone.BAD else mark.word
    return _SIGNS[mark.tone] + word


def _rows(heading: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(heading)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, rule, *lines))


def _plain(text: str) -> str:
    """Text in which Markdown and HTML find nothing to interpret."""
    return re.sub(r"([\\`*_{}\[\]<>|#~&!])", r"\\\1", one_line(text))
