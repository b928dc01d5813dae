"""The modes side by side: what was stopped, what it costs, what is more difficult."""

import dataclasses

from testbed.model.row import Row, Verdict
from testbed.report import comparison, html, markdown
from testbed.report.conditions import Conditions

FOLDER = "scenarios/separation"


def row(mode: str, cell: str, file: str = "test_theft.py::test_it", **more: object) -> Row:
    kept = Row(f"{FOLDER}/{file}", "Who may", f"{mode}-gridmap{cell}", mode, Verdict.CONFORMS)
    return dataclasses.replace(kept, **more)  # type: ignore[arg-type]


def stolen(mode: str, attack: str, protects: bool, measure: str = "") -> Row:
    return row(
        mode, f"-{attack}" + (f"-{measure}" if measure else ""), f"test_theft.py::test{measure}", protects=protects
    )


ROWS = [
    stolen("none", "bobs-proxy", False),
    stolen("none", "bobs-command-line", False),
    stolen("setuid", "bobs-proxy", True),
    stolen("setuid", "bobs-command-line", False),
    stolen("setuid", "pilots-loopback", False),
    stolen("setuid", "bobs-command-line", True, "hidepid"),
    row("none", "", "test_costs.py::test_cost", figures={"start": 0.2, "memory": 4.2, "computation": 0.01}),
    row("setuid", "", "test_costs.py::test_cost", figures={"start": 0.3, "memory": 6.1, "computation": 0.011}),
    row("none", "", "test_complications.py::test_who", observed="the pilot"),
    row("setuid", "", "test_complications.py::test_who", observed="root only"),
]


def lines(rows: list[Row]) -> dict[str, tuple[str, ...]]:
    found = comparison.comparison(rows)
    assert found
    return {each.asked: (*each.answers, *each.scenarios) for each in found.lines}


def test_attacks_are_counted_once_for_each_mode_and_counter_measures_for_what_succeeds() -> None:
    found = lines(ROWS)
    assert found["attacks stopped, of those tried"] == ("0 of 2", "1 of 3", "test_theft.py")
    assert found["of the others, stopped by a counter-measure that was tried"] == ("", "1 of 2", "test_theft.py")


def test_costs_are_shown_beside_those_of_the_first_mode() -> None:
    found = lines(ROWS)
    assert found["an empty payload, from the queue to its end (median)"] == ("0.20 s", "0.30 s", "test_costs.py")
    assert found["memory that it has for itself on the node"] == ("4 MiB", "6 MiB", "test_costs.py")
    assert found["a short computation, as a multiple"] == ("1.0", "1.1", "test_costs.py")


def test_complications_are_in_the_words_of_their_scenarios() -> None:
    assert lines(ROWS)["who may"] == ("the pilot", "root only", "test_complications.py")


def test_what_does_not_apply_or_was_blocked_does_not_count() -> None:
    spoilt = [
        dataclasses.replace(each, verdict=verdict)
        for each, verdict in zip(ROWS[:2], (Verdict.NOT_APPLICABLE, Verdict.BLOCKED), strict=True)
    ]
    assert "attacks stopped, of those tried" in lines([*spoilt, *ROWS[2:]])
    assert lines([*spoilt, *ROWS[2:]])["attacks stopped, of those tried"][0] == ""


def test_one_mode_alone_is_compared_with_nothing() -> None:
    assert comparison.comparison([each for each in ROWS if each.mode == "none"]) is None
    assert comparison.plain([], 80) == ""


def test_every_report_has_it(conditions: Conditions) -> None:
    for text in (comparison.plain(ROWS, 80), markdown.render(ROWS, conditions), html.render(ROWS, conditions)):
        assert "1 of 3" in text
        assert "root only" in text
