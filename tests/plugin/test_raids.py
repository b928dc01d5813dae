"""When nothing follows from what an attack came to: it has to succeed where nothing hinders it."""

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from testbed.lab.world import World
from testbed.model.attack import Attack, Stage
from testbed.model.cell import Authority, Cell
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, End, Outcome
from testbed.pilot.raid import Raid
from testbed.plugin.raids import Where, unproved
from testbed.plugin.suite import Suite
from testbed.site.choice import Choice
from testbed.site.load import example
from testbed.site.site import Site

ATTACK = Attack.PILOTS_COMMAND_LINE
MEASURED = Cell(Mode.SETUID, attack=ATTACK, measure=Measure.HIDEPID)
RAN = Outcome(End.UNSEPARATED, 0, "pilot")


def no_world(site: Site) -> AbstractContextManager[World]:
    """Every raid that is needed has been made."""
    raise AssertionError(f"a raid is made anew at {site.name}")


Came = Mapping[Mode, Attempt | None]


def after(folder: Path, came_to: Came, choice: Choice | None = None, within: Came | None = None) -> Suite:
    """A run whose raids came to this, those within one payload to that; to nothing where they could not be tried."""
    suite = Suite(choice or Choice.of_examples(), folder)
    made = [(Where.of(Cell(mode, attack=ATTACK)), attempt) for mode, attempt in came_to.items()]
    made += [(Where(mode, Authority.GRIDMAP, Stage.WITHIN), attempt) for mode, attempt in (within or {}).items()]
    for where, attempt in made:
        promise = suite.raids[where] = Future()
        tried = {ATTACK: (attempt, "looked")} if attempt else {}
        promise.set_result(Raid(RAN, tried, {} if attempt else {ATTACK: "there is no /proc"}))
    return suite


@pytest.mark.parametrize("mode", [Mode.LOG_ONLY, Mode.SETUID])
def test_an_attack_that_succeeds_in_mode_none_is_proved_for_what_sees_the_node_as_it_is(
    tmp_path: Path, mode: Mode
) -> None:
    suite = after(tmp_path, {Mode.NONE: Attempt.SUCCEEDED})
    assert unproved(suite, no_world, Cell(mode, attack=ATTACK)) == ""


@pytest.mark.parametrize("mode", [Mode.CONTAINER, Mode.VM])
def test_in_a_container_or_machine_it_has_to_succeed_with_its_victim_in_there_as_well(
    tmp_path: Path, mode: Mode
) -> None:
    on_the_node, cell = {Mode.NONE: Attempt.SUCCEEDED}, Cell(mode, attack=ATTACK)
    assert unproved(after(tmp_path, on_the_node, within={mode: Attempt.SUCCEEDED}), no_world, cell) == ""
    words = f"it does not succeed in mode {mode} where its victim is in there as well"
    blocked = after(tmp_path, on_the_node, within={mode: Attempt.BLOCKED})
    assert unproved(blocked, no_world, cell) == f"{words}: looked"
    untried = after(tmp_path, on_the_node, within={mode: None})
    assert unproved(untried, no_world, cell) == f"{words}: there is no /proc"


@pytest.mark.parametrize(("attempt", "why"), [(Attempt.BLOCKED, "looked"), (None, "there is no /proc")])
def test_one_that_does_not_is_proved_for_none(tmp_path: Path, attempt: Attempt | None, why: str) -> None:
    suite = after(tmp_path, {Mode.NONE: attempt})
    said = unproved(suite, no_world, Cell(Mode.VM, attack=ATTACK))
    assert said == f"it does not succeed here even in mode none: {why}"
    assert unproved(suite, no_world, Cell(Mode.NONE, attack=ATTACK)) == ""


def test_a_measure_has_to_make_the_difference(tmp_path: Path) -> None:
    helps = after(tmp_path, {Mode.NONE: Attempt.SUCCEEDED, Mode.SETUID: Attempt.SUCCEEDED})
    assert unproved(helps, no_world, MEASURED) == ""
    idle = after(tmp_path, {Mode.NONE: Attempt.SUCCEEDED, Mode.SETUID: Attempt.BLOCKED})
    assert unproved(idle, no_world, MEASURED) == "it does not succeed without hidepid either: looked"


def test_a_site_that_has_not_the_mode_proves_nothing_and_hinders_nothing(tmp_path: Path) -> None:
    alone = Choice((example("setuid-gridmap"),))
    assert (
        unproved(
            after(tmp_path, {Mode.SETUID: Attempt.SUCCEEDED, Mode.NONE: Attempt.SUCCEEDED}, alone), no_world, MEASURED
        )
        == ""
    )


def test_a_cell_without_an_attack_needs_no_proof(tmp_path: Path) -> None:
    assert unproved(after(tmp_path, {}), no_world, Cell(Mode.SETUID)) == ""
