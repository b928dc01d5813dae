"""Raids that are made beside the scenarios: each once, whoever comes first, and no two loads at once."""

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event, Timer, get_ident

import pytest

from testbed.lab.wait import eventually
from testbed.lab.world import World
from testbed.model.attack import Stage
from testbed.model.cell import Authority
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.plugin.ahead import made_ahead
from testbed.plugin.raids import Where, raid
from testbed.plugin.suite import Suite
from testbed.site.choice import Choice
from testbed.site.site import Site
from tests.everything import ROOT

FIRST, SECOND = (Where(mode, Authority.GRIDMAP) for mode in (Mode.VM, Mode.NONE))
WANTED = """\
import json, sys, pytest
from testbed.plugin.ahead import needed
from testbed.plugin.suite import SUITE

class Print:
    def pytest_collection_finish(self, session):
        found = needed(session.items, session.config.stash[SUITE].choice)
        print("FOUND", json.dumps([[each.mode, each.stage, each.measure] for each in found]))

pytest.main(["--collect-only", "-qq", "-p", "testbed.plugin", *sys.argv[1:]], plugins=[Print()])
"""


class Worlds:
    """There are none; who asked is known."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.let = Event()

    def __call__(self, site: Site) -> AbstractContextManager[World]:
        self.asked.append(get_ident())
        assert self.let.wait(10)
        raise Problem("no world", where=site.name)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(Choice.of_examples(), tmp_path)


def test_what_goes_wrong_ahead_is_told_to_who_asks_for_it_and_nothing_is_tried_again(suite: Suite) -> None:
    worlds = Worlds()
    with made_ahead(suite, worlds, [FIRST]):
        worlds.let.set()
        assert eventually(lambda: FIRST in suite.raids, within=5)
        with pytest.raises(Problem, match="no world"):
            raid(suite, worlds, FIRST)
    assert len(worlds.asked) == 1


def test_what_a_scenario_has_begun_is_not_made_ahead_as_well(suite: Suite) -> None:
    worlds = Worlds()
    worlds.let.set()
    with pytest.raises(Problem, match="no world"):
        raid(suite, worlds, SECOND)
    with made_ahead(suite, worlds, [FIRST, SECOND]), pytest.raises(Problem, match="no world"):
        raid(suite, worlds, FIRST)
    assert len(worlds.asked) == 2


def test_after_the_end_of_a_run_none_is_begun(suite: Suite) -> None:
    worlds = Worlds()
    with made_ahead(suite, worlds, [FIRST, SECOND]):
        assert eventually(lambda: worlds.asked, within=5)
        Timer(0.2, worlds.let.set).start()
    assert list(suite.raids) == [FIRST]
    assert suite.raids[FIRST].done()


def wanted(*words: str) -> list[list[str | None]]:
    """Mode, stage and measure of all that is made ahead of these scenarios."""
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WANTED, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=env,
    )
    said: list[list[str | None]] = json.loads(done.stdout.partition("FOUND ")[2].splitlines()[0])
    return said


def test_machines_come_first_and_loads_are_left_out() -> None:
    found = wanted("scenarios/separation", "-m", "not slow")
    modes = [mode for mode, _, _ in found]
    assert modes == sorted(modes, key=["vm", "container", "log-only", "setuid", "none"].index)
    stages = {stage for _, stage, _ in found}
    assert stages == set(Stage) - {Stage.LOAD}
    assert [mode for mode, stage, _ in found if stage == Stage.REUSED] == [
        "setuid"
    ] * 2  # with the epilogue, and without
    assert len({tuple(each) for each in found}) == len(found)


def test_what_proves_something_for_a_cell_is_made_with_it() -> None:
    assert wanted("scenarios/separation/test_account_reuse.py", "-k", "own-other-payload and vm") == [
        ["vm", "again", None],
        ["vm", "within", None],
        ["none", "again", None],
    ]
