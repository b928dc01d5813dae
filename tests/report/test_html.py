"""The HTML report: one file, nothing from elsewhere, nothing that a payload wrote is taken for markup."""

import dataclasses
from html.parser import HTMLParser

import pytest

from testbed.model.row import Row, Verdict
from testbed.report import html
from testbed.report.conditions import Conditions

UNCLOSED = {"meta", "br", "dt", "dd", "tr", "td"}
"""Elements that HTML lets end by themselves."""


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in UNCLOSED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[str]:
        return [value or "" for _, attributes in self.elements for key, value in attributes.items() if key == name]


@pytest.fixture
def page(rows: list[Row], conditions: Conditions) -> Page:
    return Page(html.render(rows, conditions))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(rows: list[Row], conditions: Conditions) -> None:
    text = html.render(rows, conditions)
    page = Page(text)
    assert {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "base"} == set()
    assert "src" not in {key for _, attributes in page.elements for key in attributes}
    assert "url(" not in text
    assert "@import" not in text
    assert all(target.startswith(("evidence/", "#cell-")) for target in page.all("href"))


def test_every_row_shows_what_was_expected_and_links_to_its_evidence(page: Page, rows: list[Row]) -> None:
    assert sum(kind == "card" for kind in page.all("class")) == len(rows)
    for row in rows:
        assert row.expected in page.text
        assert row.rule in page.text
        assert not row.evidence or f"{row.evidence}/" in page.all("href")


def test_a_deviation_is_open_at_once_and_reached_by_a_link(rows: list[Row], conditions: Conditions) -> None:
    deviating = [dataclasses.replace(row, verdict=Verdict.DEVIATES) if row is rows[7] else row for row in rows]
    page = Page(html.render(deviating, conditions))
    assert len(page.all("open")) == 1
    links = [target.removeprefix("#") for target in page.all("href") if target.startswith("#")]
    assert len(links) == 1
    assert set(links) <= set(page.all("id"))


def test_both_answers_stand_in_one_cell(page: Page) -> None:
    kinds = page.all("class")
    pairs = [
        tuple(kinds[at + 2 : at + 4]) for at, kind in enumerate(kinds) if kind == "cell" and kinds[at + 1] == "mode"
    ]
    assert pairs.count(("good", "bad")) > 15


def test_what_a_payload_wrote_stays_text(conditions: Conditions) -> None:
    evil = "\"'><script>alert(1)</script>&amp;\x00\x1b"
    row = Row(evil, evil, evil, evil, Verdict.DEVIATES, evil, evil, False, evil, evil, 0.0, "javascript:alert(1)")
    text = html.render([row], dataclasses.replace(conditions, site=evil, engine=evil, settings={evil: evil}))
    page = Page(text)
    assert "script" not in {tag for tag, _ in page.elements}
    assert "<script>alert(1)</script>&amp;\\x00\\x1b" in page.text
    assert set(page.all("href")) == {"javascript%3Aalert%281%29/", "#cell-1"}


def test_it_asks_for_a_telephones_width_and_both_schemes(rows: list[Row], conditions: Conditions) -> None:
    text = html.render(rows, conditions)
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text


def test_a_run_without_rows_is_a_page_too(conditions: Conditions) -> None:
    assert "nothing was run" in Page(html.render([], conditions)).text


def test_a_cell_that_sent_a_pilot_shows_how_long_it_took_and_may_have_taken(
    rows: list[Row], conditions: Conditions
) -> None:
    text = html.render([dataclasses.replace(rows[0], took=0.25, bound=28.0), rows[1]], conditions)
    assert Page(text).text.count("0.25 s of at most 28 s") == 1
