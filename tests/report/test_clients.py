"""The summary of replays: counts by client and answer, in the terminal, in Markdown, and from the folder again."""

import dataclasses
from html import escape
from pathlib import Path

import pytest

from testbed.model.failure import Failure
from testbed.model.outcome import End
from testbed.model.problem import Problem
from testbed.model.replay import OURS, UNASKED, Fate, Replay
from testbed.model.row import Row
from testbed.report import html, markdown
from testbed.report.clients import CAPTION, HEADING, by_mode, plain, tallies
from testbed.report.conditions import Conditions
from testbed.report.results import REPLAYS, Results

THROUGH = Fate(End.SEPARATED, "done", 0, ("pool alpha",), Failure.PAYLOAD)
ITSELF = Fate(End.SILENT, "in-process", 203, ("pilot",), Failure.INTERNAL)
WELL = Replay("dirac", UNASKED, "setuid", "none", Failure.PAYLOAD, THROUGH, switched=True)
RUN = [
    WELL,
    dataclasses.replace(WELL, circumstance="deny", truth=Failure.DENIED, fate=ITSELF, switched=False),
    dataclasses.replace(WELL, circumstance="refused", truth=Failure.INTERNAL, fate=ITSELF, switched=False),
    dataclasses.replace(WELL, client="careful", answer="no"),
    dataclasses.replace(
        WELL,
        client="careful",
        answer="no",
        circumstance="deny",
        truth=Failure.DENIED,
        fate=Fate(End.RETURNED, "back", 203, (), Failure.DENIED),
        switched=False,
    ),
    dataclasses.replace(WELL, mode="log-only", fate=dataclasses.replace(THROUGH, end=End.UNSEPARATED)),
]


def test_each_client_is_counted_under_each_answer_and_mode() -> None:
    assert [(each.mode, each.client, each.answer) for each in tallies(RUN)] == [
        ("setuid", "dirac", "not asked"),
        ("setuid", "careful", "no"),
        ("log-only", "dirac", "not asked"),
    ]


def test_a_line_counts_ends_denied_users_right_guesses_and_minutes() -> None:
    dirac, careful, log_only = (dict(zip(HEADING, each.words, strict=True)) for each in tallies(RUN))
    assert (dirac["separated"], dirac["SILENT"], dirac["denied ran"]) == ("1", "2", "1/1")
    assert (dirac["guessed"], dirac["min"]) == ("2/3", "120")
    assert (careful["separated"], careful["back"], careful["denied ran"], careful["min"]) == ("1", "1", "0/1", "0")
    assert (log_only["said so"], log_only["min"]) == ("1", "0")


def test_a_table_names_what_was_the_matter_with_its_class() -> None:
    assert [title for title, _ in by_mode(RUN)] == ["setuid: none (P), deny (D), refused (E)", "log-only: none (P)"]


def test_what_our_own_pilot_met_alone_compares_nothing() -> None:
    alone = [dataclasses.replace(OWN, mode="vm")]
    assert by_mode(alone) == []
    assert plain(alone, 100) == ""
    assert [title for title, _ in by_mode([*RUN, *alone])] == [title for title, _ in by_mode(RUN)]


def test_a_terminal_gets_lines_that_fit_and_the_caption() -> None:
    text = plain(RUN, 100)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "dirac    not asked   1" in text
    assert CAPTION.split(".")[0] in text
    assert plain([], 100) == ""


def test_markdown_has_the_tables_only_where_there_were_replays(rows: list[Row], conditions: Conditions) -> None:
    assert "## Clients" not in markdown.render(rows, conditions)
    text = markdown.render(rows, conditions, RUN)
    assert "| dirac | not asked | 1 | 0 | 2 | 0 | 0 | 0 | 1/1 | 2/3 | 120 |" in text
    assert text.index("## Clients") < text.index("## Conditions")


def test_what_a_run_has_kept_is_there_when_its_folder_is_read_again(tmp_path: Path, conditions: Conditions) -> None:
    results = Results.create(tmp_path / "run", conditions)
    results.keep(RUN[:2])
    results.keep(RUN[2:])
    assert Results.read(tmp_path / "run").replays == RUN


def test_a_damaged_line_is_named(tmp_path: Path, conditions: Conditions) -> None:
    results = Results.create(tmp_path / "run", conditions)
    results.keep(RUN[:1])
    with (tmp_path / "run" / REPLAYS).open("a") as lines:
        lines.write('{"client": "dirac"}\n')
    with pytest.raises(Problem) as caught:
        Results.read(tmp_path / "run")
    assert caught.value.where.endswith("clients.jsonl:2")


OWN = dataclasses.replace(
    RUN[4],
    client=OURS,
    answer="no",
    told="you are banned at the site, so nothing ran: you have to act, ask its security contact",
    cause="denied banned",
    seconds=1.25,
)


def test_a_refused_user_who_ran_is_told_in_a_line_of_its_own(rows: list[Row], conditions: Conditions) -> None:
    said = "A REFUSED USER'S PAYLOAD RAN under dirac, setuid: 1 of 1 (deny)"
    careful = dataclasses.replace(RUN[4], answer="yes", circumstance="untold-deny", fate=ITSELF)
    also = "A REFUSED USER'S PAYLOAD RAN under careful, question 4 yes, setuid: 1 of 1 (untold-deny)"
    replays = [*RUN, careful]
    assert [tally.loud for tally in tallies(replays) if tally.loud] == [said, also]
    assert said in plain(replays, 100)
    assert also in " ".join(plain(replays, 100).split())
    assert f"**{also}**" in markdown.render(rows, conditions, replays)
    page = html.render(rows, conditions, replays)
    for line in (said, also):
        assert f'<p class="bad few">{escape(line)}</p>' in page


def test_the_html_report_has_the_table_of_each_mode_and_each_circumstance(
    rows: list[Row], conditions: Conditions
) -> None:
    page = html.render(rows, conditions, [*RUN, OWN])
    assert page.count('<h3>setuid</h3><p class="soft">none (P), deny (D), refused (E)</p>') == 1
    assert (
        '<td class="quiet">dirac<td class="quiet">not asked<td class="quiet">1<td class="quiet">0<td class="bad">2'
        in page
    )
    assert "agent (ours), question 4 no: each circumstance" in page
    assert '<td class="quiet">denied banned<td class="quiet">denied<td class="quiet">1.25' in page
    assert "<h2>Clients</h2>" not in html.render(rows, conditions)


def test_markdown_tells_our_own_pilots_circumstances_one_by_one(rows: list[Row], conditions: Conditions) -> None:
    text = markdown.render(rows, conditions, [*RUN, OWN])
    assert f"| no | deny (D) | returned to the queue | 203 | denied banned | denied | 1.25 | {OWN.told} |" in text
    assert text.count("| question 4 | circumstance | end |") == 1
