"""What every report says of a difference that is known, and of one that is gone."""

import dataclasses
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from testbed.model.row import Row, Verdict
from testbed.report import html, junit, markdown, terminal
from testbed.report.conditions import Conditions
from testbed.report.diff import diff

REASON = "answers 127 and says so"


@pytest.fixture
def held(rows: list[Row]) -> Callable[[Verdict], list[Row]]:
    """The rows of a run with one of them in the ledger."""
    return lambda verdict: [dataclasses.replace(rows[0], verdict=verdict, reason=REASON), *rows[1:]]


@pytest.mark.parametrize(("verdict", "word"), [(Verdict.KNOWN, "known"), (Verdict.CLOSED, "CLOSED")])
def test_every_report_has_the_word_and_the_reason(held, conditions: Conditions, verdict: Verdict, word: str) -> None:
    for text in (
        terminal.render(held(verdict)),
        markdown.render(held(verdict), conditions),
        html.render(held(verdict), conditions),
    ):
        assert word in text
        assert REASON in text


def test_the_count_and_the_tally_tell_it(held) -> None:
    known, closed = terminal.render(held(Verdict.KNOWN)), terminal.render(held(Verdict.CLOSED))
    assert "1 known to differ" in known
    assert "none      known to differ in 1 of" in known
    assert "1 no longer different" in closed
    assert "none      no longer DIFFERS in 1 of" in closed


def test_ci_sees_a_skipped_case_or_a_failure(held, conditions: Conditions) -> None:
    def case(verdict: Verdict) -> ElementTree.Element:
        found = ElementTree.fromstring(junit.render(held(verdict), conditions)).find("testsuite/testcase")
        assert found is not None
        return found

    skipped = case(Verdict.KNOWN).find("skipped")
    assert skipped is not None
    assert skipped.get("message") == f"known difference: {REASON}"
    assert case(Verdict.CLOSED).find("failure") is not None


def test_a_difference_that_becomes_known_changes_the_verdict(held) -> None:
    text = str(diff(held(Verdict.DEVIATES), held(Verdict.KNOWN)))
    assert "DEVIATES EXPOSED -> known EXPOSED" in text


def test_the_switch_of_a_run_is_named_at_the_head(rows: list[Row], conditions: Conditions) -> None:
    theirs = dataclasses.replace(conditions, switch="theirs (build/out, 0123456789abcdef)")
    for render in (markdown.render, html.render):
        assert "held to it: the switch theirs" in render(rows, theirs)
        assert "held to it" not in render(rows, conditions)
    assert Conditions.parse(theirs.json()) == theirs


def test_results_from_before_there_were_other_switches_can_be_read(conditions: Conditions) -> None:
    older = conditions.json().replace('  "switch": "reference",\n', "")
    assert "switch" not in older
    assert Conditions.parse(older).switch == "reference"
