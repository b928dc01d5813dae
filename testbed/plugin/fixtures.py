"""What scenarios ask for. They are few: a pilot, what to expect, and, where it matters, the world itself."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.lab import demo
from testbed.lab.facts import Facts
from testbed.lab.facts import facts as facts_of
from testbed.lab.record import Record
from testbed.lab.record import records as read_records
from testbed.lab.session import Lab, opened
from testbed.lab.world import World
from testbed.model.advice import riddles
from testbed.model.attack import Chance, Stage
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Cell
from testbed.model.fault import Fault
from testbed.model.kernel import Kernel
from testbed.model.mode import Mode
from testbed.model.oracle import Expectation
from testbed.model.outcome import Outcome
from testbed.pilot.caller import Caller
from testbed.pilot.desk import Desk
from testbed.pilot.raid import Raid
from testbed.plugin import raids
from testbed.plugin.ahead import made_ahead, needed
from testbed.plugin.item import evidence_folder
from testbed.plugin.ours import of_our_pilot
from testbed.plugin.raids import Where, raid_beside
from testbed.plugin.suite import NOTES, SUITE, Notes, Suite, Worlds
from testbed.site.measured import measured
from testbed.site.site import Site


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> Suite:
    """The sites of this run and its results."""
    return request.config.stash[SUITE]


@pytest.fixture(scope="session")
def lab(suite: Suite) -> Iterator[Lab]:
    """The open lab: opened by the first scenario that needs a world, closed after the last."""
    with opened(suite.choice.vos, suite.choice.authority_hosts) as lab:
        yield lab


@pytest.fixture
def notes(request: pytest.FixtureRequest) -> Notes:
    """What goes into this cell's row."""
    stash: pytest.Stash = request.node.stash
    return stash.setdefault(NOTES, Notes())


@pytest.fixture
def site(request: pytest.FixtureRequest, suite: Suite, cell: Cell) -> Site:
    """The site whose worker node this cell needs, with the capabilities that the scenario's marker names.

    Where the site does not offer the mode, or the demo's nodes have not those capabilities, the cell does not apply.
    """
    site, why_not = suite.choice.site_for(cell.mode, cell.authority)
    if site is None:
        pytest.skip(why_not)
    if request.config.getoption("--demo") and site.name not in demo.NODES:
        pytest.skip(f"the demo has no worker node of the site {site.name}")
    marker = request.node.get_closest_marker("capabilities")
    if marker is None:
        return site
    if request.config.getoption("--demo"):
        pytest.skip(f"the demo's worker nodes have not {', '.join(marker.args)}")
    return dataclasses.replace(site, capabilities=marker.args)


@pytest.fixture
def expectation(
    request: pytest.FixtureRequest, suite: Suite, cell: Cell, site: Site, worlds: Worlds, notes: Notes
) -> Expectation:
    """What the oracle says of this cell at this site; a cell without meaning does not apply.

    What an attack comes to depends on settings of the worker node's kernel, so that is asked first.
    """
    kernel = kernel_of(suite, worlds, site) if cell.attack else None
    notes.expectation = suite.choice.expectation(cell, site, kernel)
    if notes.expectation.outcome is None:
        pytest.skip(notes.expectation.meaningless)
    return notes.expectation


def kernel_of(suite: Suite, worlds: Worlds, site: Site) -> Kernel:
    """The settings of the kernel of a site's worker node, asked once."""
    if site.digest not in suite.kernels:
        with worlds(site) as world:
            suite.kernels[site.digest] = raids.kernel_of(world)
    return suite.kernels[site.digest]


@pytest.fixture
def expect(expectation: Expectation) -> Outcome:
    """The outcome that is documented for this cell."""
    assert expectation.outcome is not None
    return expectation.outcome


@pytest.fixture
def worlds(request: pytest.FixtureRequest) -> Worlds:
    """Where worlds come from: the warm ones of the lab, or the demo's containers."""
    if request.config.getoption("--demo"):
        return demo.attached
    lab: Lab = request.getfixturevalue("lab")
    return lab.pool.lease


@pytest.fixture(scope="session")
def ahead(request: pytest.FixtureRequest, suite: Suite) -> Iterator[None]:
    """Where that is asked for: all raids that this run looks at are made beside it from now on."""
    if not request.config.getoption("--raids-ahead") or request.config.getoption("--demo"):
        yield
        return
    lab: Lab = request.getfixturevalue("lab")
    with made_ahead(suite, lab.pool.lease, needed(request.session.items, suite.choice)):
        yield


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    suite: Suite,
    cell: Cell,
    site: Site,
    expectation: Expectation,
    worlds: Worlds,
    notes: Notes,
) -> Iterator[World]:
    """A clean world of the cell's site. Its evidence is kept before it is reset or thrown away.

    Where no account may make namespaces, a cell of mode container does not apply.
    """
    with worlds(site) as world:
        if cell.mode is Mode.CONTAINER and (why_not := suite.why_uncontained(world)):
            pytest.skip(why_not)
        notes.evidence = evidence_folder(request.node)
        yield world
        world.evidence(suite.folder / notes.evidence)


@pytest.fixture
def broken_world(world: World, cell: Cell) -> Iterator[World]:
    """The world with the cell's fault in it: injected, felt, and afterwards healed."""
    if cell.fault is Fault.NONE:
        yield world
        return
    with broken(cell.fault, FAULTS[cell.fault], world):
        yield world


@pytest.fixture
def pilot(suite: Suite, broken_world: World, cell: Cell, notes: Notes) -> Iterator[Desk]:
    """The VO's desk: hands payloads to pilots on this cell's worker node and says what became of them."""

    def heard(outcome: Outcome) -> None:
        notes.outcome = outcome
        wrong = riddles(outcome.told)
        assert not wrong, f"its owner is told a riddle ({', '.join(wrong)}): {outcome.told}"
        if replay := of_our_pilot(cell, suite.choice, broken_world.site, outcome):
            suite.keep([replay])

    def timed(seconds: float, order: Mapping[str, Any]) -> None:
        more = order.get("retries", 0), order.get("retry_delay", 0.0)
        notes.timed(seconds, suite.choice.bound(cell, broken_world.site, notes.patience, *more))

    with Desk.opened(broken_world, cell, witness=heard, clock=timed) as desk:
        yield desk


@pytest.fixture
def raid(
    request: pytest.FixtureRequest,
    suite: Suite,
    cell: Cell,
    site: Site,
    expectation: Expectation,
    worlds: Worlds,
    ahead: None,
    notes: Notes,
) -> Raid:
    """What the attacks of the cell's stage achieved: tried once for each mode, authority and counter-measure.

    Where the attack could not be tried, or does not succeed here even where nothing hinders it, the cell does not
    apply. The demo's nodes are not reset in between, so there a machine may boot while the other modes are raided.
    """
    where = Where.of(cell)
    if request.config.getoption("--demo"):
        if measured(site, cell.measure) != site:
            pytest.skip(f"the demo's worker nodes are not allowed what the measure {cell.measure} takes")
        raid_beside(suite, worlds, [Where(Mode.VM, cell.authority)])
        raid_beside(suite, worlds, [Where(mode, cell.authority) for mode in Mode if mode is not Mode.VM])
    notes.evidence = where.evidence
    raid = raids.raid(suite, worlds, where)
    if cell.attack and cell.attack in raid.untried:
        pytest.skip(raid.untried[cell.attack])
    outcome = raid.outcome(cell.attack) if cell.attack else raid.ran
    if outcome.protects and (why_not := raids.unproved(suite, worlds, cell)):  # what succeeds needs no other proof
        pytest.skip(why_not)
    notes.outcome = outcome
    return raid


@pytest.fixture
def control(suite: Suite, cell: Cell, site: Site, worlds: Worlds, ahead: None, notes: Notes) -> Raid:
    """What attacks came to in a payload that is their victim as well, in the cell's mode. No oracle is asked.

    Where an attack is not blocked in the mode, or by the kernel in every mode, there is nothing to be shown.
    """
    assert cell.attack
    threat, where = CATALOGUE[cell.attack], Where(cell.mode, cell.authority, Stage.WITHIN)
    if not threat.controlled_in(cell.mode):
        pytest.skip("it is not blocked in this mode, so that nothing has to show that it works there")
    kernel = kernel_of(suite, worlds, site) if cell.mode is Mode.CONTAINER else Kernel()
    if threat.proved_in and threat.chance(threat.proved_in, kernel) is not Chance.SUCCEEDS:
        pytest.skip("the settings of the node's kernel let it through nowhere")
    notes.evidence = where.evidence
    return raids.raid(suite, worlds, where)


@pytest.fixture
def switch(world: World, notes: Notes) -> Caller:
    """The switch, called by hand from the pilot's account. What is documented of a call stands in the scenario."""
    notes.expectation = None
    return Caller(world.node, world.site, world.grid)


@pytest.fixture
def proxies(world: World) -> dict[str, str]:
    """The SHA-256 of everybody's proxy, by the name of its bearer."""
    grid = world.grid
    return {bearer.name: hashlib.sha256(grid.read(bearer.file)).hexdigest() for bearer in grid.bearers}


@pytest.fixture
def facts(world: World, notes: Notes) -> Facts:
    """The worker node as testinfra sees it: files, users, processes."""
    notes.expectation = None
    return facts_of(world.node)


@pytest.fixture
def records(world: World) -> Callable[[int], list[Record]]:
    """The runs that the site's own log tells of, once so many are there from start to end."""
    return functools.partial(read_records, world.node)
