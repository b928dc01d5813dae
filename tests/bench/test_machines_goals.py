"""The bench of virtual machines: what it holds against its goals, and what ends it."""

from typing import Any

import pytest

from bench.machines import goals, report
from bench.machines.found import Found
from testbed.model.problem import Problem

MEMORY = {"Rss": 60 << 10, "Pss": 54 << 10, "Private_Dirty": 20 << 10}
QUIET: dict[str, Any] = {
    "first": 3.3,
    "restored": [0.3, 0.31, 0.9],
    "booted": [2.7, 2.8],
    "alone": {"seconds": [0.3], "memory": [MEMORY], "complaints": []},
    "together": {"seconds": [1.2] * 8, "memory": [MEMORY] * 8, "complaints": []},
}


def met(**changed: Any) -> list[bool]:
    return [goal.met for goal in goals.of_machines(Found.of({**QUIET, **changed}, "tcg"), 8)]


def test_a_quiet_run_meets_its_goals() -> None:
    assert met() == [True, True, True]


def test_the_median_counts_and_a_fast_boot_is_held_against_it() -> None:
    assert met(restored=[0.3, 0.4, 0.4]) == [False, True, True]
    assert met(booted=[1.5]) == [True, False, True]


def test_a_machine_that_did_not_come_up_beside_others_misses_a_goal_and_alone_ends_the_bench() -> None:
    together = {"seconds": [1.2] * 7 + [None], "memory": [MEMORY] * 7, "complaints": ["[vm]: no-boot: x; y"]}
    assert met(together=together) == [True, True, False]
    with pytest.raises(Problem, match="did not come up"):
        met(restored=[0.3, "[vm]: no-boot: x; y"])


def test_the_report_has_times_memory_and_every_goal() -> None:
    found = Found.of(QUIET, "tcg")
    text = "\n".join(report.table(found, goals.of_machines(found, 8)))
    assert "restored: goes on from a saved state          3     0.31" in text
    assert "8 at once, each                            60.0     54.0     20.0" in text
    assert text.count("  met") == 3
