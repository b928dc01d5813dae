"""What a site does against attacks anyway is read from its files, and is expected of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from testbed.model.cell import Cell
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt
from testbed.site.choice import Choice
from testbed.site.extension import extended
from testbed.site.load import example, examples, load_site
from testbed.site.site import Site
from testbed.site.standing import standing

FOLDERS = "-path /tmp -path /var/tmp -path /dev/shm"


@pytest.mark.parametrize("name", examples())
def test_the_examples_do_nothing_of_the_kind(name: str) -> None:
    assert standing(example(name)) == ()


def _attempt(site: Site, cell: str) -> tuple[Attempt | None, tuple[Measure, ...]]:
    expectation = Choice((site,)).expectation(Cell.parse(cell), site)
    assert expectation.outcome
    return expectation.outcome.attack, expectation.stopped_by


@pytest.mark.parametrize("attack", ["pilots-loopback", "pilots-abstract-socket"])
def test_containers_with_a_network_of_their_own_reach_nothing_of_the_nodes(attack: str) -> None:
    usual = example("logonly-gridmap")
    strict = replace(usual, own_network=True)
    cell = f"container-gridmap-{attack}"
    assert _attempt(usual, cell) == (Attempt.SUCCEEDED, ())
    assert _attempt(strict, cell) == (Attempt.BLOCKED, (Measure.NETWORK_NAMESPACE,))
    assert _attempt(strict, f"log-only-gridmap-{attack}") == (Attempt.SUCCEEDED, ())


def test_an_epilogue_of_the_sites_is_held_to_what_one_is_for(draft: Callable[..., Any]) -> None:
    mine = draft()
    with (mine.folder / "glexec.conf").open("a") as config:
        config.write("epilogue = /usr/libexec/site-epilogue\n")
    site = load_site(mine.folder)
    assert standing(site) == (Measure.EPILOGUE,)
    assert _attempt(site, "setuid-gridmap-left-daemon") == (Attempt.BLOCKED, (Measure.EPILOGUE,))
    assert _attempt(site, "setuid-gridmap-bobs-command-line") == (Attempt.SUCCEEDED, ())


@pytest.mark.parametrize(("folders", "private"), [(FOLDERS, True), ("-path /tmp", False)])
def test_folders_of_its_own_count_where_a_payload_has_all_of_them(
    draft: Callable[..., Any], folders: str, private: bool
) -> None:
    mine = draft()
    policy = mine.folder / "lcmaps.db"
    policy.write_bytes(extended(policy.read_bytes(), f"lcmaps_mount_under_scratch.mod {folders}"))
    assert standing(load_site(mine.folder)) == ((Measure.PRIVATE_TMP,) if private else ())
