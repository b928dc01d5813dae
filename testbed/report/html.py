"""The matrix as one self-contained HTML file: no script, nothing loaded from elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from testbed.model.replay import Replay
from testbed.model.row import Row
from testbed.report import clients, comparison, exposure, requirements
from testbed.report.attention import findings
from testbed.report.conditions import Conditions
from testbed.report.matrix import CONFORMANCE, PROTECTION, Line, Mark, Matrix, Tally, Tone, closing, matrix
from testbed.report.style import STYLE
from testbed.report.text import link, one_line, visible

Stopped = Callable[[Row], str]
"""What would stop the attack of a row that got through."""


def render(rows: Sequence[Row], conditions: Conditions, replays: Sequence[Replay] = ()) -> str:
    """The whole page; links to evidence are relative to the results folder that it lies in."""
    table = matrix(rows)
    anchors = {(row.scenario, row.cell): f"cell-{number}" for number, row in enumerate(rows, start=1)}
    parts = [
        _header(rows, conditions),
        '<section class="tallies">' + "".join(map(_tally, table.tallies)) + "</section>",
        _attention(rows, anchors),
        _grid(table, anchors, exposure.stopped_by(rows)),
        _exposed(rows),
        _compared(rows),
        _requirements(rows, anchors),
        _clients(replays),
        _conditions(conditions),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_line(conditions.site)}: testbed matrix</title>\n<style>{STYLE}</style>\n"
        f'<body style="--columns: {len(table.columns)}">\n' + "\n".join(filter(None, parts)) + "\n</body>\n</html>\n"
    )


def _header(rows: Sequence[Row], conditions: Conditions) -> str:
    started = conditions.started.isoformat(sep=" ", timespec="seconds")
    cut = "" if conditions.finished else ' <strong class="doubt">The run was cut short.</strong>'
    held = f"<p>{_line(conditions.held)}</p>" if conditions.held else ""
    return (
        f"<header><h1>{_line(conditions.site)}</h1>"
        f'<p class="soft">{_line(started)}</p>{held}<p>{_line(closing(rows))}.{cut}</p></header>'
    )


def _tally(tally: Tally) -> str:
    """The heart of the page: what a mode does, right above what that is worth."""
    second = ""
    if protection := tally.protection:
        but = (tally.conformance.tone, protection.tone) == (Tone.GOOD, Tone.BAD)
        where = f"<br><small>namely: {_line(tally.where)}</small>" if tally.where else ""
        tone = f"{protection.tone} few" if where else protection.tone
        second = f'<p class="{tone}">{"but" if but else "and"} {protection.word}{where}</p>'
    return (
        f'<article class="tally"><h2>{_line(tally.column)}</h2>'
        f'<p class="{tally.conformance.tone}">{tally.conformance.word}</p>{second}</article>'
    )


def _attention(rows: Sequence[Row], anchors: dict[tuple[str, str], str]) -> str:
    blocks = []
    for finding in findings(rows):
        row = finding.row
        mark = CONFORMANCE[row.verdict]
        shown = {"evidence": _evidence, "do next": _code}
        fields = [(name, shown.get(name, _block)(text)) for name, text in finding.lines(row.evidence)]
        kind = "deviates" if mark.tone is Tone.BAD else "blocked"
        blocks.append(
            f'<article class="finding {kind}"><h3><span class="word {mark.tone}">{mark.word}</span> '
            f'{_line(row.title)} <a href="#{anchors[row.scenario, row.cell]}"><code>{_line(row.cell)}</code></a></h3>'
            f"{_list(fields)}</article>"
        )
    return "<section><h2>What needs a look</h2>" + "\n".join(blocks) + "</section>" if blocks else ""


def _grid(table: Matrix, anchors: dict[tuple[str, str], str], stopped: Stopped) -> str:
    if not table.lines:
        return ""
    heads = "".join(f"<span>{_line(column)}</span>" for column in table.columns)
    parts = [
        "<section><h2>Cell by cell</h2>",
        '<p class="soft">In each cell, left: does it behave as documented? Right: are users protected? '
        "A click shows what was expected, what was observed, by which rule, and where the evidence lies.</p>",
        f'<div class="heads" aria-hidden="true"><span></span>{heads}</div>',
    ]
    for lines in table.scenarios.values():
        shared = len(lines) > 1 or bool(lines[0].words)
        if shared:
            parts.append(f"<h3>{_line(lines[0].title)}</h3>")
        parts += [_details(line, table.columns, anchors, stopped, shared) for line in lines]
    return "\n".join(parts) + "</section>"


def _details(
    line: Line, columns: Sequence[str], anchors: dict[tuple[str, str], str], stopped: Stopped, shared: bool
) -> str:
    """One line; opened, it shows its cells side by side, so that the modes can be compared. A deviation is open."""
    label = (line.words or "as usual") if shared else line.title
    cells = "".join(
        _cell(column, *marks) if marks[0].word else '<span class="blank"></span>'
        for column, *marks in zip(columns, line.conformance, line.protection, strict=True)
    )
    cards = "".join(
        _card(column, row, anchors[row.scenario, row.cell], stopped(row))
        for column, row in zip(columns, line.rows, strict=True)
        if row
    )
    deviates = any(mark.tone is Tone.BAD for mark in line.conformance)
    return (
        f'<details class="line"{" open" if deviates else ""}><summary><span>{_line(label)}</span>{cells}</summary>'
        f'<div class="cards">{cards}</div></details>'
    )


def _cell(column: str, conformance: Mark, protection: Mark) -> str:
    return f'<span class="cell"><span class="mode">{_line(column)} </span>{_pair(conformance, protection)}</span>'


def _pair(conformance: Mark, protection: Mark) -> str:
    second = f' <i class="{protection.tone}">{protection.word}</i>' if protection != PROTECTION[None] else ""
    return f'<b class="{conformance.tone}">{conformance.word}</b>{second}'


def _card(column: str, row: Row, anchor: str, stopped: str) -> str:
    fields = [
        ("expected", _block(row.expected)),
        ("observed", _block(row.observed)),
        ("it saw", _block(row.saw)),
        ("stopped by", _line(stopped)),
        ("reason", _block(row.reason)),
        ("rule and source", _block(row.rule)),
        ("evidence", _evidence(row.evidence)),
        ("cell", _code(row.cell)),
        ("scenario", _code(row.scenario)),
        ("time", f"{row.seconds:.2f} s"),
        ("pilot", "" if row.took is None else f"{row.took:.2f} s of at most {row.bound:g} s"),
    ]
    marks = _pair(CONFORMANCE[row.verdict], PROTECTION[row.protects])
    return (
        f'<article class="card" id="{anchor}"><h4>{_line(column)} <span class="cell">{marks}</span></h4>'
        f"{_list(fields)}</article>"
    )


def _exposed(rows: Sequence[Row]) -> str:
    """Every attack that gets through, and what stops it."""
    found = exposure.exposures(rows)
    if not found:
        return ""
    lines = [_cells((word, Tone.QUIET) for word in each.words) for each in found]
    caption = f'<p class="soft">{_line(exposure.CAPTION)}</p>'
    table = f'<div class="each">{_table(exposure.HEADING, lines)}</div>'
    return f"<section><h2>{_line(exposure.TITLE)}</h2>{caption}{table}</section>"


def _compared(rows: Sequence[Row]) -> str:
    """The modes side by side, where a run compared any."""
    found = comparison.comparison(rows)
    if found is None:
        return ""
    lines = [_cells((word, Tone.QUIET) for word in each.words) for each in found.lines]
    caption = f'<p class="soft">{_line(comparison.CAPTION)}</p>'
    table = f'<div class="each">{_table(found.heading, lines)}</div>'
    return f"<section><h2>{_line(comparison.TITLE)}</h2>{caption}{table}</section>"


def _requirements(rows: Sequence[Row], anchors: dict[tuple[str, str], str]) -> str:
    """Each requirement with what its cells came to; opened, it shows the cells, which are links to their cards."""
    lines = []
    for each in requirements.shown(rows):
        asked = each.requirement
        scenarios = "".join(
            f"<dt>{_line(title)}<dd>"
            + " ".join(
                f'<a href="#{anchors[row.scenario, row.cell]}"><code>{_line(row.cell)}</code></a>' for row in members
            )
            for title, members in each.scenarios.items()
        )
        lacks = f"<dt>not shown<dd>{_line(asked.lacks)}" if asked.lacks else ""
        source = f"<dt>source<dd>{_line(asked.source)}" if asked.source else ""
        exposed = f' <span class="bad few shown">{_line(each.exposed)}</span>' if each.exposed else ""
        lines.append(
            f'<details class="line"><summary class="asked"><span>{asked.name} <small>{_line(asked.known.mark)}</small> '
            f'{_line(asked.text)}</span><span><span class="{each.tone} shown">{_line(each.cells)}</span>{exposed}'
            "</span></summary>"
            f'<dl class="cards">{scenarios}{lacks}{source}</dl></details>'
        )
    if not lines:
        return ""
    caption = f'<p class="soft">{_line(requirements.CAPTION)}</p>'
    return f"<section><h2>{_line(requirements.TITLE)}</h2>{caption}" + "\n".join(lines) + "</section>"


def _clients(replays: Sequence[Replay]) -> str:
    """What each client made of what went wrong, a table for each mode; what is never right stands out."""
    parts = []
    for title, tallies in clients.by_mode(replays):
        lines = [_cells(zip(tally.words, tally.tones, strict=True)) for tally in tallies]
        loud = "".join(f'<p class="bad few">{_line(tally.loud)}</p>' for tally in tallies if tally.loud)
        mode, _, circumstances = title.partition(": ")
        about = f'<h3>{_line(mode)}</h3><p class="soft">{_line(circumstances)}</p>'
        parts.append(f"{about}{loud}{_table(clients.HEADING, lines)}")
        parts += [_one_client(tally) for tally in tallies]
    if not parts:
        return ""
    return "<section><h2>Clients</h2>" + "\n".join(parts) + f'<p class="soft">{_line(clients.CAPTION)}</p></section>'


def _one_client(tally: clients.Tally) -> str:
    """Each circumstance by itself, on a click."""
    lines = [_cells((word, Tone.QUIET) for word in line) for line in clients.each_of(tally)]
    return (
        f'<details class="line each"><summary><span>{_line(tally.name)}: each circumstance</span></summary>'
        f"{_table(clients.EACH, lines)}</details>"
    )


def _table(heading: Sequence[str], lines: Sequence[str]) -> str:
    head = "".join(f"<td><b>{_line(name)}</b>" for name in heading)
    return (
        f'<div class="wide"><table class="clients"><tr>{head}{"".join(f"<tr>{line}" for line in lines)}</table></div>'
    )


def _cells(words: Iterable[tuple[str, Tone]]) -> str:
    return "".join(f'<td class="{tone}">{_line(word)}' for word, tone in words)


def _conditions(conditions: Conditions) -> str:
    lines = "".join(f"<tr><td>{_line(name)}<td>{_line(value)}" for name, value in conditions.lines())
    return f"<section><h2>Conditions</h2><table>{lines}</table></section>"


def _list(fields: Sequence[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{name}<dd>{text}" for name, text in fields if text) + "</dl>"


def _evidence(folder: str) -> str:
    return f'<a href="{link(folder)}">{_line(folder)}</a>' if folder else ""


def _code(text: str) -> str:
    return f"<code>{_line(text)}</code>"


def _line(text: str) -> str:
    return escape(one_line(text))


def _block(text: str) -> str:
    return escape(visible(text))
