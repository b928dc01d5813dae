"""The rows as JUnit XML, as CI servers read it: conformance only, with protection told in each case's output."""

from collections.abc import Sequence
from datetime import UTC
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from testbed.model.row import Row, Verdict
from testbed.report.conditions import Conditions
from testbed.report.exposure import stopped_by
from testbed.report.matrix import PROTECTION
from testbed.report.requirements import shown
from testbed.report.text import one_line, visible

_CHILD = {
    Verdict.DEVIATES: "failure",
    Verdict.UNSURE: "failure",
    Verdict.BLOCKED: "error",
    Verdict.CLOSED: "failure",
    Verdict.KNOWN: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
}
"""What stands in a case that did not simply pass."""


def render(rows: Sequence[Row], conditions: Conditions) -> str:
    """The document; one suite per scenario file, one case per cell, named as pytest names them."""
    stopped = stopped_by(rows)
    root = Element("testsuites", {"name": "testbed", **_counts(rows)})
    files: dict[str, list[Row]] = {}
    for row in rows:
        files.setdefault(row.scenario.partition("::")[0], []).append(row)
    started = conditions.started.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    for name, members in files.items():
        suite = SubElement(root, "testsuite", {"name": one_line(name), "timestamp": started, **_counts(members)})
        suite.set("skipped", str(sum(_CHILD.get(row.verdict) == "skipped" for row in members)))
        properties = SubElement(suite, "properties")
        for condition, value in conditions.lines():
            SubElement(properties, "property", name=one_line(condition), value=one_line(value))
        for each in shown(members):
            if each.rows:  # the schema knows no properties of a case
                asked = f"requirement {each.requirement.name} {each.requirement.known.mark}"
                SubElement(properties, "property", name=asked, value=one_line(each.both))
        for mode, exposed in _exposed(members).items():
            SubElement(properties, "property", name=f"users exposed in {mode}", value=exposed)
        for row in members:
            _case(suite, row, stopped(row))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, row: Row, stopped: str) -> None:
    file, _, function = row.scenario.partition("::")
    case = SubElement(
        suite,
        "testcase",
        classname=one_line(file.removesuffix(".py").replace("/", ".")),
        name=one_line(f"{function or row.title}[{row.cell}]"),
        time=f"{row.seconds:.3f}",
    )
    told = [
        ("expected", row.expected),
        ("observed", row.observed),
        ("reason", row.reason),
        ("rule", row.rule),
        ("protection", PROTECTION[row.protects].word if row.protects is not None else ""),
        ("stopped by", stopped),
        ("requirements", ", ".join(row.shows)),
        ("evidence", row.evidence),
    ]
    text = "\n".join([row.title, *(f"{name}: {value}" for name, value in told if value)])
    if child := _CHILD.get(row.verdict):
        known = "known difference: " if row.verdict is Verdict.KNOWN else ""
        message = known + row.reason or f"expected {row.expected}, observed {row.observed}"
        mark = SubElement(case, child, type=str(row.verdict), message=one_line(message))
        if child != "skipped":
            mark.text = visible(text)
            return
    SubElement(case, "system-out").text = visible(text)


def _exposed(rows: Sequence[Row]) -> dict[str, str]:
    """In how many of the cells that ask, by mode: a case that passes may say that somebody was exposed."""
    asked: dict[str, list[bool]] = {}
    for row in rows:
        if row.protects is not None:
            asked.setdefault(row.mode, []).append(row.protects)
    return {mode: f"{said.count(False)} of {len(said)}" for mode, said in asked.items() if False in said}


def _counts(rows: Sequence[Row]) -> dict[str, str]:
    children = [_CHILD.get(row.verdict) for row in rows]
    return {
        "tests": str(len(rows)),
        "failures": str(children.count("failure")),
        "errors": str(children.count("error")),
        "time": f"{sum(row.seconds for row in rows):.3f}",
    }
