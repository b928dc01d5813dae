"""Rows: they survive the file, and their verdicts make the exit code."""

import pytest

from testbed.model.row import Row, Verdict, exit_code


def row(verdict: Verdict) -> Row:
    return Row("scenarios/a.py::test_b", "B", "setuid-gridmap", "setuid", verdict, observed='quote " and ü\n')


@pytest.mark.parametrize("verdict", Verdict)
def test_a_row_is_the_same_after_the_file(verdict: Verdict) -> None:
    line = row(verdict).json()
    assert "\n" not in line
    assert Row.parse(line) == row(verdict)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.CONFORMS, Verdict.NOT_APPLICABLE], 0),
        ([Verdict.CONFORMS, Verdict.DEVIATES], 1),
        ([Verdict.CONFORMS, Verdict.UNSURE], 1),
        ([Verdict.DEVIATES, Verdict.BLOCKED], 2),
        ([Verdict.NOT_APPLICABLE], 2),
        ([], 2),
    ],
)
def test_the_worst_verdict_makes_the_exit_code(verdicts: list[Verdict], code: int) -> None:
    assert exit_code([row(verdict) for verdict in verdicts]) == code
