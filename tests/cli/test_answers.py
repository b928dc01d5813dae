"""`testbed explain --answers`: what a site's answers come to, from its folder or from the shipped sites."""

import json
from pathlib import Path

import pytest

from testbed import cli
from testbed.site.starter import init
from tests.cli.conftest import NO_ENGINE


def test_a_sites_own_answers_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path / "mine", "setuid-gridmap")
    site = tmp_path / "mine" / "site.toml"
    site.write_text(site.read_text().replace('on_internal_error = "no"', 'on_internal_error = "yes"'))
    assert cli.main(["explain", "--answers", "--site", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert "on_internal_error = yes" in said
    assert "separation is given up" in said


def test_shipped_sites_that_answer_alike_are_explained_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "--answers", "--json"]) == 0
    assert [site["site"] for site in json.loads(capsys.readouterr().out)] == ["setuid-gridmap", "logonly-gridmap"]


CONDITION = """\
[[answers.on_internal_error_if]]
causes = ["service-unreachable"]
roles  = ["production"]

[switch]"""


@pytest.mark.parametrize(
    ("cell", "expected", "because"),
    [
        (
            "setuid-argus-refused-alice-production",
            "ran unseparated and said so",
            "and the cause is service-unreachable",
        ),
        ("setuid-argus-refused", "returned to the queue", "but the role is none, not production"),
        ("setuid-argus-status-503-alice-production", "returned to the queue", "but service-broken is not named"),
    ],
)
def test_what_a_cell_comes_to_is_explained_with_the_sites_conditions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: str, expected: str, because: str
) -> None:
    init(tmp_path / "mine", "setuid-argus")
    site = tmp_path / "mine" / "site.toml"
    text = site.read_text().replace('on_internal_error = "no"', 'on_internal_error = "depends"')
    site.write_text(text.replace("[switch]", CONDITION, 1))
    assert cli.main(["explain", cell, "--site", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert f"expected: {expected}" in said
    assert f"because:  question 4 is answered depends, {because}" in said


@pytest.mark.parametrize("verb", [["explain", "--answers"], ["run"]], ids=" ".join)
@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('multi_user_pilots = "yes"', 'multi_user_pilots = "Yes"', 'write multi_user_pilots = "yes"'),
        ('setuid            = "require"', 'setuid            = ["require"]', "a word in quotes"),
        ('on_internal_error = "no"', 'on_internal_error = "no"\non_internal_error = "yes"', "a key stands once"),
        (
            'on_internal_error = "no"',
            'on_internal_error = "yes"\non_internal_error_if = [{ runs_at_most = 1 }]',
            "never",
        ),
        (
            'on_internal_error = "no"',
            'on_internal_error = "depends"\non_internal_error_if = [{ causes = ["banned"] }]',
            "cannot be a condition",
        ),
        (
            'on_internal_error = "no"',
            'on_internal_error = "depends"\non_internal_error_if = [{ runs_at_most = 1 }, { runs_at_most = 1 }]',
            "the same condition twice",
        ),
    ],
)
def test_impossible_answers_are_a_problem_with_their_line_whoever_reads_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
    right: str,
    wrong: str,
    message: str,
) -> None:
    for name, value in NO_ENGINE.items():
        monkeypatch.setenv(name, value)
    init(tmp_path / "mine", "setuid-gridmap")
    site = tmp_path / "mine" / "site.toml"
    text = site.read_text()
    assert right in text
    site.write_text(text.replace(right, wrong))
    assert cli.main([*verb, "--site", str(tmp_path / "mine")]) == 2
    said = capsys.readouterr().err
    line = text[: text.index(right)].count("\n") + 1
    assert any(f"site.toml:{line + more}" in said for more in (0, 1)), said
    assert message in said
