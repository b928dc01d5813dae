"""The picture and the table of bans say what was measured."""

from xml.etree import ElementTree as ET

from testbed.report.latency import Latency, markdown, svg

BANS = [Latency("local", "none", 0.0, 0.12, 0.0), Latency("central", "PAP & PDP", 2.0, 1.5, 1.75)]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_table_has_a_row_for_each_ban() -> None:
    assert markdown(BANS).splitlines()[2:] == [
        "| local | none | 0.0 | 0.12 | 0.00 |",
        "| central | PAP & PDP | 2.0 | 1.50 | 1.75 |",
    ]


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    rows = [each for each in ET.fromstring(svg(BANS)).iter(f"{SVG}rect") if each.get("x")]
    first, second = rows[:3], rows[3:]
    assert [float(str(each.get("width"))) for each in first] == [26.4, 0.0, 2.0]
    assert [float(str(each.get("width"))) for each in second] == [330.0, 385.0, 2.0]
    assert float(str(second[2].get("x"))) == 250 + 440.0


def test_words_stand_in_the_picture_as_they_are() -> None:
    texts = [each.text for each in ET.fromstring(svg(BANS)).iter(f"{SVG}text")]
    assert "central: PAP & PDP" in texts


def test_without_bans_there_is_an_empty_picture() -> None:
    assert ET.fromstring(svg([])).tag == f"{SVG}svg"
