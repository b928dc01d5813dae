"""The VO's own list of banned users: nothing of theirs is taken in, handed out, or run past a switch, and all ends."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from testbed.lab.wait import eventually
from testbed.model.answers import OnInternalError
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot import counter
from testbed.pilot.needs import Offer
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.queue import Queue
from testbed.pilot.store import Store
from tests.pilot.conftest import Grid, Side
from tests.pilot.rubbish_vo import NOTHING, RubbishVo, answer, plain

ID = Payload("alice", ("/usr/bin/id",), limit=5)
BOBS = replace(ID, user="bob")
OFFER = Offer(Mode.NONE, start_limit=10)
ALICE = {"alice": "/CN=Alice", "alice-production": "/CN=Alice", "bob": "/CN=Bob"}
OWNERS = ("alice", "alice-production")
LIMIT = 20.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "queue"


@pytest.fixture
def begun(file: Path) -> Iterator[Callable[[], Queue]]:
    """A queue, begun anew each time it is asked for."""
    stores: list[Store] = []

    def begin() -> Queue:
        while stores:
            stores.pop().close()
        stores.append(Store(file))
        return Queue(stores[0], person=ALICE.__getitem__)

    yield begin
    stores[0].close()


def test_a_ban_is_of_a_person_whatever_the_credential_is_called(begun: Callable[[], Queue]) -> None:
    queue = begun()
    queue.submit(ID)
    queue.submit(replace(ID, user="alice-production"))
    bobs = queue.submit(BOBS)
    queue.ban("/CN=Alice", why="keys stolen", owners=OWNERS)
    assert [queue.take(f"pilot-{number}", OFFER) for number in (1, 2)] == [(bobs, BOBS), None]
    assert queue.waiting(OFFER, most=5) == []


def test_what_waits_is_told_once_and_goes_on_when_the_ban_is_over(begun: Callable[[], Queue]) -> None:
    queue = begun()
    ident = queue.submit(ID)
    queue.ban("/CN=Alice", by="/CN=Robot", why="keys stolen", owners=OWNERS)
    queue.take("pilot-1", OFFER)
    queue.unban("/CN=Alice", by="/CN=Robot", owners=OWNERS)
    assert [(change.who, change.why) for change in queue.history(ident)[1:]] == [
        ("/CN=Robot", "waits: alice is banned by the VO: keys stolen"),
        ("/CN=Robot", "alice is banned no more"),
    ]
    assert queue.take("pilot-1", OFFER) == (ident, ID)


def test_what_runs_is_to_be_ended_and_is_not_handed_out_again(begun: Callable[[], Queue]) -> None:
    queue = begun()
    ident = queue.submit(replace(ID, attempts=3))
    queue.take("pilot-1", OFFER)
    queue.ban("/CN=Alice", owners=OWNERS)
    assert queue.report(Report(ident, State.STARTED, "pilot-1"))
    assert queue.history(ident)[2].why == "pilot-1 is to end it: alice is banned by the VO"
    queue.unban("/CN=Alice", owners=OWNERS)
    queue.pilot_ended("pilot-1")
    assert queue.look(ident).state is State.LOST


def test_a_pilot_whose_answer_was_lost_does_not_get_it_after_the_ban(begun: Callable[[], Queue]) -> None:
    queue = begun()
    queue.submit(ID)
    bobs = queue.submit(BOBS)
    queue.take("pilot-1", OFFER, request="1")
    queue.ban("/CN=Alice", owners=OWNERS)
    assert queue.take("pilot-1", OFFER, request="1") == (bobs, BOBS)


def test_a_ban_outlives_the_process(begun: Callable[[], Queue]) -> None:
    begun().ban("/CN=Alice", by="/CN=Robot", why="keys stolen", owners=OWNERS)
    queue = begun()
    queue.ban("/CN=Alice", by="/CN=Another", why="once more", owners=OWNERS)
    assert [(ban.dn, ban.by, ban.why) for ban in queue.bans.list()] == [("/CN=Alice", "/CN=Robot", "keys stolen")]
    assert queue.banned("alice-production")
    assert not queue.banned("bob")


def test_nobody_is_unbanned_who_is_not_banned(begun: Callable[[], Queue]) -> None:
    with pytest.raises(Problem, match="nobody of this name is banned"):
        begun().unban("/CN=Alice", owners=OWNERS)


# The VO that serves


@pytest.fixture
def banned(side: Side, grid: Grid) -> Callable[[], str]:
    """Bans Alice; her DN."""

    def ban() -> str:
        return side.vo.ban("alice", "keys stolen")

    return ban


def test_nothing_is_taken_in_of_whom_the_vo_has_banned(side: Side, grid: Grid, banned: Callable[[], str]) -> None:
    assert banned() == grid.people["alice"].dn
    for owner in ("alice", "alice-production"):
        with pytest.raises(Problem, match="the VO has banned this user") as refused:
            side.vo.submit(replace(ID, user=owner))
        assert refused.value.cause == "keys stolen"
    side.vo.submit(BOBS)
    side.vo.unban(grid.people["alice"].dn)
    side.vo.submit(ID)


def test_only_the_robot_bans(side: Side, grid: Grid) -> None:
    alice = side.caller(grid.proxy("alice"))
    for act in (lambda: alice.ban("bob"), lambda: alice.unban("bob"), alice.bans):
        with pytest.raises(Problem, match="only the VO's robot may do this"):
            act()


@pytest.mark.parametrize(("who", "what"), [("alcie", "no proxy of this user"), ("/CN=a\nb", "without control")])
def test_who_cannot_be_meant_is_not_banned(side: Side, who: str, what: str) -> None:
    with pytest.raises(Problem, match=what):
        side.vo.ban(who)
    assert side.vo.bans() == {}


def test_people_see_whom_the_vo_has_banned_and_what_that_means(side: Side, banned: Callable[[], str]) -> None:
    ident = side.vo.submit(ID)
    assert list(counter.banned(side.vo, as_json=False)) == ["the VO has banned nobody"]
    dn = banned()
    line = next(counter.banned(side.vo, as_json=False))
    assert line.endswith(f"  {dn} (alice, alice-production): keys stolen")
    shown = "\n".join(counter.shown(side.vo, ident, as_json=False))
    assert "means:    your VO has banned you" in shown
    assert "waits: alice is banned by the VO: keys stolen" in shown


def test_what_runs_is_ended_and_who_else_runs_goes_on(side: Side, tmp_path: Path, banned: Callable[[], str]) -> None:
    wait = f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done"
    alices = side.vo.submit(Payload("alice", ("/bin/sh", "-c", wait)))
    bobs = side.vo.submit(Payload("bob", ("/bin/sh", "-c", wait)))
    pilots = [side.vo.start_pilot(Order(Mode.NONE)) for _ in range(2)]
    for ident in (alices, bobs):
        side.vo.wait(ident, limit=LIMIT, until="start")
    banned()
    ended = side.vo.wait(alices, limit=LIMIT)
    assert (ended.state, "stopped as the VO asked" in ended.why) == (State.ENDED, True)
    (tmp_path / "go").touch()
    assert side.vo.wait(bobs, limit=LIMIT).code == 0
    assert all(side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0 for pilot in pilots)


# Past the switch


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[socket.socket]:
    """What the site takes of the pilot's lines."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taken:
        taken.bind(str(tmp_path_factory.mktemp("log") / "log"))
        taken.setblocking(False)
        yield taken


def past_the_switch(
    side: Side, script: Callable[[str], str], log: socket.socket, tmp_path: Path, ban: bool, careless: str = ""
) -> Report:
    """A payload whose switch fails, after its owner was banned or not, where the site would let the pilot run it."""
    switch = f"touch {tmp_path}/called; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 202"
    side.node.changes |= {"switch": script(switch), "site_log": log.getsockname()}
    ident = side.vo.submit(Payload("alice", ("/bin/echo", "ran")))
    side.vo.start_pilot(Order(Mode.LOG_ONLY, retries=0, on_internal_error=OnInternalError.YES, careless=careless))
    assert eventually((tmp_path / "called").exists, within=LIMIT)
    if ban:
        side.vo.ban("alice", "keys stolen")
    (tmp_path / "go").touch()
    return side.vo.wait(ident, limit=LIMIT)


@pytest.mark.parametrize("ban", [False, True])
def test_a_ban_holds_past_the_switch_too(
    side: Side, script: Callable[[str], str], log: socket.socket, tmp_path: Path, ban: bool
) -> None:
    report = past_the_switch(side, script, log, tmp_path, ban)
    assert (report.state, report.bypassed, report.out) == (
        (State.RETURNED, False, b"") if ban else (State.ENDED, True, b"ran\n")
    )
    if ban:
        assert report.account
        assert report.account.ruling == "its owner is banned by the VO: keys stolen"
        with pytest.raises(BlockingIOError):
            log.recv(1)


def test_a_careless_pilot_that_cannot_hide_its_proxy_runs_nothing_past_the_switch(
    side: Side, script: Callable[[str], str], log: socket.socket, tmp_path: Path
) -> None:
    report = past_the_switch(side, script, log, tmp_path, ban=False, careless="a secret")
    assert (report.state, report.bypassed) == (State.RETURNED, False)
    assert "leaves its own proxy open" in report.why


@pytest.mark.parametrize("said", [plain(b"{"), answer({}), answer({"banned": "no"}), answer({"problem": {}})])
def test_a_vo_that_does_not_say_whether_lets_nobody_past_the_switch(
    grid: Grid, script: Callable[[str], str], log: socket.socket, tmp_path: Path, said: bytes
) -> None:
    given = {"payload": {**replace(ID, argv=("/bin/echo",)).json(), "id": "payload-1", "proxy": "a proxy"}}
    # Twice: what is no answer is asked for once more.
    vo = RubbishVo(grid, iter([answer(given), said, *([said] if said == plain(b"{") else []), answer(NOTHING)]))
    where = tmp_path / "work"
    where.mkdir()
    switch, site_log = script("exit 202"), log.getsockname()
    ended = vo.met(where, mode="log-only", on_internal_error="yes", retries=0, switch=switch, site_log=site_log)
    assert ended.code == 0, ended.err
    assert ended.reports[-1]["state"] == "returned"
    assert "the VO does not say whether it has banned its owner" in ended.reports[-1]["why"]
