"""A VO whose queue cannot be written for a while: pilots are told so, and nothing is forgotten once it can."""

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.lab.wait import eventually
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo, _Connection
from testbed.pilot.factory import Line
from testbed.pilot.home import Home
from testbed.pilot.order import Node, Order
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.plan import Plan
from testbed.pilot.server import Server
from tests.pilot.conftest import Grid, served
from tests.pilot.test_fleet_at_work import Deaf

PLAN = Plan("usual", Order(Mode.NONE, limit=60), ({"name": "here"},))
REQUEST = {"pilot": "a-pilot", "request": "1", "offer": {"mode": "none", "seconds": 300}}


class Site:
    """A VO and its lines; its disk can be filled."""

    def __init__(self, grid: Grid, file: Path) -> None:
        self.lines: list[Deaf] = []
        self.fills_when_reached = False
        self.on_the_way, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        self._grid = grid
        self._file = file
        self._server: Server | None = None

    def _reach(self, home: Home, node: Node) -> Line:
        self.on_the_way.set()
        assert self.go_on.wait(10)
        if self.fills_when_reached:
            self.fill()
        self.lines.append(Deaf())
        return self.lines[-1]

    def fill(self, *, full: bool = True) -> None:
        """Let no more be written, or again."""
        self.connection.execute(f"PRAGMA query_only = {int(full)}")

    @property
    def connection(self) -> sqlite3.Connection:
        """To its queue's file."""
        assert self._server is not None
        assert self._server._store is not None
        return self._server._store.connection

    @contextlib.contextmanager
    def open(self) -> Iterator[Vo]:
        """Its robot's client."""
        home, ca = Home.open(self._grid.folder), self._grid.authority.identity.certificate_pem
        with served(lambda: Server(home, "127.0.0.1", 0, self._reach, file=self._file)) as self._server:
            yield Vo("127.0.0.1", proxy=self._grid.proxy("pilot"), authorities=ca, port=self._server.port)
            for line in self.lines:
                line.close()


@pytest.fixture
def site(grid: Grid, tmp_path: Path) -> Site:
    return Site(grid, tmp_path / "queue.db")


def test_a_payload_that_runs_is_not_ended_since_its_report_could_not_be_written(site: Site) -> None:
    with site.open() as vo:
        payload = vo.submit(Payload("alice", ("/usr/bin/true",)))
        assert vo._post("/next", REQUEST)["payload"]["id"] == payload
        report = Report(payload, State.STARTED, "a-pilot").json()
        site.fill()
        assert _said(vo, report) == (503, False)
        site.fill(full=False)
        assert _said(vo, report) == (200, False)
        assert vo.wait(payload, limit=0.001).state is State.STARTED


def _said(vo: Vo, report: dict[str, object]) -> tuple[int, bool]:
    """The answer to a report: its status, and whether the payload is to be ended."""
    with contextlib.closing(_Connection(vo.address, vo.port, vo._context, 10)) as connection:
        connection.request("POST", "/reports", json.dumps(report))
        response = connection.getresponse()
        return response.status, bool(json.loads(response.read()).get("stop"))


def test_a_pilot_that_could_not_be_written_down_is_not_sent_and_its_place_is_free_again(site: Site) -> None:
    with site.open() as vo:
        vo.submit(Payload("alice", ("/usr/bin/true",)))
        site.fills_when_reached = True
        vo.start_fleet(PLAN)
        assert eventually(lambda: site.lines and site.lines[0]._closed.is_set(), within=5)
        site.fills_when_reached = False
        site.fill(full=False)
        assert eventually(lambda: len(site.lines) > 1 and site.lines[-1].said, within=5)
        [node] = vo.fleets()[0]["nodes"]
        assert (node["pilots"], node["standing"], node["why"]) == (1, "well", "")


def test_a_pilot_by_hand_that_could_not_be_written_down_leaves_no_line_open(site: Site) -> None:
    with site.open() as vo:
        site.fills_when_reached = True
        with pytest.raises(Problem, match="cannot be written"):
            vo.start_pilot(PLAN.order)
        assert [line._closed.is_set() for line in site.lines] == [True]


def test_the_end_of_a_pilot_is_noted_once_there_is_room_again(site: Site) -> None:
    with site.open() as vo:
        pilot = vo.start_pilot(PLAN.order)
        assert eventually(lambda: site.lines[0].said, within=5)
        site.fill()
        site.lines[0].close()
        assert not vo.wait_for_pilot(pilot, limit=0.3).ended
        site.fill(full=False)
        assert vo.wait_for_pilot(pilot, limit=5).ended


def test_a_vo_that_could_not_read_its_queue_for_a_while_looks_after_its_fleets_again(site: Site) -> None:
    with site.open() as vo:
        vo.submit(Payload("alice", ("/usr/bin/true",)))
        [view] = site.connection.execute("SELECT sql FROM sqlite_master WHERE name = 'labels'").fetchone()
        site.connection.execute("DROP VIEW labels")
        vo.start_fleet(PLAN)
        with pytest.raises(Problem):
            vo.list()
        site.connection.execute(view)
        assert eventually(lambda: site.lines and site.lines[0].said, within=5)


def test_a_fleet_that_is_stopped_while_a_pilot_is_on_its_way_does_not_get_it(site: Site) -> None:
    site.go_on.clear()
    with site.open() as vo:
        vo.submit(Payload("alice", ("/usr/bin/true",)))
        vo.start_fleet(PLAN)
        assert site.on_the_way.wait(5)
        assert vo.stop_fleet("usual", hang_up=True) == []
        site.go_on.set()
        assert eventually(lambda: site.lines and site.lines[0]._closed.is_set(), within=5)
        assert not site.lines[0].said
        with pytest.raises(Problem, match="no such pilot"):
            vo.wait_for_pilot("pilot-1", limit=0.001)
