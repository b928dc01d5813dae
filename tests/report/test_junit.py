"""The JUnit report keeps the rules of the schema that CI servers check it against (Jenkins xunit, junit-10.xsd)."""

import dataclasses
import re
from collections import Counter
from xml.etree.ElementTree import Element, fromstring

import pytest

from testbed.model.row import Row, Verdict
from testbed.report import junit
from testbed.report.conditions import Conditions

SCHEMA: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "id", "package", "file"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"time", "classname"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}
"""Element: attributes that it must have, that it may have, and the elements that it may hold."""

TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def _check(element: Element) -> None:
    required, optional, children = SCHEMA[element.tag]
    assert required <= set(element.attrib) <= required | optional, element.tag
    assert {child.tag for child in element} <= children, element.tag
    assert TIME.fullmatch(element.get("time", ""))
    for child in element:
        _check(child)


@pytest.fixture
def mixed(rows: list[Row]) -> list[Row]:
    """Every verdict, more than once."""
    verdicts = list(Verdict)
    return [
        dataclasses.replace(row, verdict=verdicts[at % len(verdicts)], reason=f"reason {at}")
        for at, row in enumerate(rows)
    ]


def test_it_keeps_the_rules_of_the_schema(mixed: list[Row], conditions: Conditions) -> None:
    _check(fromstring(junit.render(mixed, conditions)))


def test_each_verdict_has_its_own_mark(mixed: list[Row], conditions: Conditions) -> None:
    root = fromstring(junit.render(mixed, conditions))
    verdicts = Counter(row.verdict for row in mixed)
    marks = Counter(mark.tag for case in root.iter("testcase") for mark in case if mark.tag != "system-out")
    assert len(list(root.iter("testcase"))) == len(mixed)
    assert marks == {
        "failure": verdicts[Verdict.DEVIATES] + verdicts[Verdict.UNSURE] + verdicts[Verdict.CLOSED],
        "error": verdicts[Verdict.BLOCKED],
        "skipped": verdicts[Verdict.NOT_APPLICABLE] + verdicts[Verdict.KNOWN],
    }


def test_the_counts_of_suites_and_of_the_whole_are_right(mixed: list[Row], conditions: Conditions) -> None:
    root = fromstring(junit.render(mixed, conditions))
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        assert int(root.get(name, "")) == len(list(root.iter(tag)))
    for suite in root:
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(list(suite.iter(tag)))


def test_a_skipped_case_says_why(rows: list[Row], conditions: Conditions) -> None:
    root = fromstring(junit.render(rows, conditions))
    reasons = {mark.get("message") for mark in root.iter("skipped")}
    assert reasons == {row.reason for row in rows if row.verdict is Verdict.NOT_APPLICABLE}


def test_a_case_is_named_as_pytest_names_it(rows: list[Row], conditions: Conditions) -> None:
    case = next(fromstring(junit.render(rows, conditions)).iter("testcase"))
    assert case.get("classname") == "scenarios.separation.test_identity"
    assert case.get("name") == "test_the_payload_runs_as_who_the_oracle_says[none-gridmap]"


def test_an_exposed_user_is_no_failure_but_is_told(rows: list[Row], conditions: Conditions) -> None:
    root = fromstring(junit.render([row for row in rows if row.protects is False], conditions))
    assert root.get("failures") == "0"
    assert all("protection: EXPOSED" in (out.text or "") for out in root.iter("system-out"))


def test_no_output_of_a_payload_breaks_the_document(rows: list[Row], conditions: Conditions) -> None:
    evil = '\x00\x1b[2J\udcff\ufffe]]>"<&\x0b'
    row = dataclasses.replace(rows[0], verdict=Verdict.BLOCKED, title=evil, cell=evil, observed=evil, reason=evil)
    root = fromstring(junit.render([row], dataclasses.replace(conditions, site=evil)))
    _check(root)
    assert r"\x00\x1b[2J\udcff\ufffe]]>" in next(root.iter("error")).get("message", "")
