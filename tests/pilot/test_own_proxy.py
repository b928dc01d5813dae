"""The pilot's own proxy: short, for one pilot alone, made anew before it ends; the VO's own, renewed by its robot."""

import json
import math
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from testbed.authority.chain import Chains
from testbed.authority.trust import Trust
from testbed.credentials.certificate import Validity
from testbed.credentials.proxy import make_proxy
from testbed.lab.wait import eventually
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.node.agent.orders import Orders
from testbed.node.agent.report import Account
from testbed.node.agent.sandbox import Sandbox
from testbed.node.agent.vo import Vo, in_memory
from testbed.pilot.home import Home
from testbed.pilot.order import Order, PilotEnd
from testbed.pilot.own_proxies import MOST, OwnProxies
from testbed.pilot.payload import Payload, State
from testbed.pilot.proxies import Kept, Proxies
from testbed.pilot.store import Store
from tests.pilot.conftest import Grid, Side
from tests.pilot.membership import attributes

LIMIT = 20.0
SHORT = 3.0
"""Seconds that a pilot's own proxy lasts here: two of them at least, for certificates end at whole seconds."""
LONGER = ("/bin/sh", "-c", "sleep 4; echo done")


def sent(side: Side, slot: str, *commands: tuple[str, ...], proxy: float = SHORT) -> tuple[str, list[str]]:
    """A pilot with a proxy of its own, and payloads for it, one after the other."""
    payloads = [side.vo.submit(Payload("alice", command, slot=slot)) for command in commands]
    return side.vo.start_pilot(Order(Mode.NONE, slot=slot, start_limit=5, retries=0, proxy=proxy)), payloads


def proxy_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("pilot-*/private/pilot.pem"))


def test_a_pilot_outlives_its_proxy_and_one_that_does_not_renew_it_dies(side: Side, tmp_path: Path) -> None:
    pilot, [first, second] = sent(side, "renews", LONGER, ("/bin/echo", "after it"))
    assert eventually(lambda: proxy_files(tmp_path), within=LIMIT)
    [file] = proxy_files(tmp_path)
    was = file.read_text()
    side.node.changes["proxy_seconds"] = 1e9  # so it believes
    careless, [lost, left] = sent(side, "believes", LONGER, ("/bin/echo", "never"))
    assert eventually(lambda: file.read_text() != was, within=LIMIT)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [side.vo.wait(each, limit=LIMIT).out for each in (first, second)] == [b"done\n", b"after it\n"]
    end = side.vo.wait_for_pilot(pilot, limit=LIMIT)
    assert end.code == 0, end.err.decode()
    assert end.err.count(b"a new proxy of the pilot's own, for ") >= 2
    end = side.vo.wait_for_pilot(careless, limit=LIMIT)
    assert end.code == 1
    assert b"expired" in end.err
    assert side.vo.wait(lost, limit=LIMIT).state is State.LOST
    side.vo.stop(left)


def test_a_pilots_own_proxy_is_good_for_that_pilot_alone(side: Side, grid: Grid, tmp_path: Path) -> None:
    found = {}
    for slot in ("one", "other"):
        before = proxy_files(tmp_path)
        pilot, [payload] = sent(side, slot, ("/bin/sleep", "60"), proxy=60)
        assert side.vo.wait(payload, limit=LIMIT, until="start").state is State.STARTED
        [mine] = set(proxy_files(tmp_path)) - set(before)
        found[slot] = (pilot, payload, mine.read_bytes())
    (pilot, payload, own), (_, other, others) = found.values()
    assert own != others
    kept, vos = Kept.parse(own.decode()), Kept.parse(grid.proxy("pilot").decode())
    assert kept.chain[1:] == vos.chain
    assert kept.until - datetime.now(UTC).timestamp() < 60
    new = side.caller(own)._post(f"/pilots/{pilot}/proxy", {})
    assert 0 < new["seconds"] <= 60
    assert Kept.parse(new["proxy"]).chain[0] != kept.chain[0]
    for proxy in (own, new["proxy"].encode()):  # until it ends the old one is still its own
        assert side.caller(proxy)._post("/next", {"pilot": pilot, "request": "1"})
    for proxy in (others, grid.proxy("pilot"), grid.proxy("alice"), side.stranger):
        for path, body in ((f"/pilots/{pilot}/proxy", {}), ("/next", {"pilot": pilot, "request": "2"})):
            with pytest.raises(Problem):
                side.caller(proxy)._post(path, body)
    sharing, [waits] = sent(side, "shares", ("/bin/sleep", "60"), proxy=0)
    assert side.vo.wait(waits, limit=LIMIT, until="start").state is State.STARTED
    is_nobody_elses(side, own, sharing, waits)
    for each in (payload, other):
        side.vo.stop(each)
        side.vo.wait(each, limit=LIMIT)
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    with pytest.raises(Problem, match="this pilot has ended"):
        side.vo._post(f"/pilots/{pilot}/proxy", {})
    is_nobody_elses(side, own, sharing, waits)
    side.vo.stop(waits)
    assert ended(side, sharing).code == 0


def is_nobody_elses(side: Side, own: bytes, sharing: str, waits: str) -> None:
    """Who has one pilot's own proxy has neither the VO's, which another pilot shares and has a payload by, nor the
    robot's rights."""
    stolen = side.caller(own)
    for path, body in (
        (f"/pilots/{sharing}/proxy", {}),
        (f"/payloads/{waits}/proxy", {"pilot": sharing}),
        ("/next", {"pilot": sharing, "request": "3"}),
        ("/next", {"pilot": "unheard-of", "request": "1", "offer": {"mode": "none"}}),
        ("/reports", {**side.vo.wait(waits, limit=LIMIT, until="start").json(), "state": "lost"}),
        (f"/payloads/{waits}/stop", {}),
        ("/bans", {"who": "alice"}),
        ("/pilots", Order(Mode.NONE, careless="a secret").json()),
        ("/proxies/alice/request", {}),
    ):
        with pytest.raises(Problem, match=r"another pilot|only the VO's robot|somebody else's"):
            stolen._post(path, body)
    assert stolen.list() == []


def test_nobody_is_a_pilot_for_showing_the_vos_own_proxy_behind_another_one(side: Side, grid: Grid) -> None:
    """A certificate is no secret, and one that a chain does not need says nothing of who shows it."""
    role = attributes(grid.alpha, grid.people["alice"], ("/alpha/Role=pilot", "/alpha"))
    alices = make_proxy(grid.people["alice"], attributes=role).pem
    [decoy, *_] = Kept.parse(grid.proxy("pilot").decode()).chain
    shown = alices + x509.load_der_x509_certificate(decoy).public_bytes(Encoding.PEM)
    for proxy in (alices, shown):
        with pytest.raises(Problem, match="only the VO's robot"):
            side.caller(proxy)._post("/next", {"pilot": "unheard-of", "request": "1", "offer": {"mode": "none"}})


def test_the_robot_hands_in_a_new_proxy_of_the_vos_and_pilots_that_are_out_get_it(
    side: Side, grid: Grid, tmp_path: Path
) -> None:
    pilot, [payload] = sent(side, "", ("/bin/sleep", "60"), proxy=0)
    assert side.vo.wait(payload, limit=LIMIT, until="start").state is State.STARTED
    [file] = proxy_files(tmp_path)
    assert file.read_bytes() == grid.proxy("pilot")
    role = attributes(grid.alpha, grid.robot, ("/alpha/Role=pilot", "/alpha"))
    longer = Validity.lasting(timedelta(hours=20))
    with pytest.raises(Problem, match="without the attributes of the old one"):
        side.vo.renew("pilot", make_proxy(grid.robot, validity=longer).pem)
    with pytest.raises(Problem, match="somebody else's"):
        side.caller(grid.proxy("alice")).renew("pilot", make_proxy(grid.robot, attributes=role, validity=longer).pem)
    new = make_proxy(grid.robot, attributes=role, validity=longer).pem
    side.vo.renew("pilot", new)
    told = side.vo._post(f"/pilots/{pilot}/proxy", {})
    assert told["proxy"].encode() == new
    assert told["seconds"] > 19 * 3600
    side.vo.stop(payload)
    assert ended(side, pilot).code == 0


def ended(side: Side, pilot: str) -> PilotEnd:
    return side.vo.wait_for_pilot(pilot, limit=LIMIT)


def test_a_new_proxy_that_cannot_be_used_leaves_the_pilot_with_the_old_one(
    side: Side, grid: Grid, capfd: pytest.CaptureFixture[str], orders: Callable[..., Orders]
) -> None:
    brought: list[str] = []
    vo = Vo(orders(proxy_seconds=0.0), grid.folder / "proxies" / "pilot.pem", 0, brought.append)
    asked, answers = [], iter(({"problem": "none"}, {"proxy": "rubbish", "seconds": 9}, {"proxy": 1, "seconds": 1e999}))

    def post(path: str, body: object, until: float) -> object:
        asked.append(path)
        return next(answers)

    vo._post = post  # type: ignore[method-assign,assignment]
    context = vo._connection._context
    for _ in range(3):
        vo._renew_own(math.inf)
    assert asked == 3 * ["/pilots/pilot-1/proxy"]
    assert (vo._connection._context, brought) == (context, [])
    assert capfd.readouterr().err.count("no new proxy of the pilot's own") == 3


@pytest.fixture
def orders(side: Side, grid: Grid) -> Callable[..., Orders]:
    """Those of a pilot, some of them otherwise."""

    def made(**changes: object) -> Orders:
        vo = {"name": "pilot", "address": "127.0.0.1", "port": side.port}
        told = {**Order(Mode.NONE).json(), "pilot": "pilot-1", "vo": vo, "ca": side.ca.decode(), "proxy": "", **changes}
        return Orders.parse(json.dumps(told).encode())

    return made


@pytest.fixture
def proxies(grid: Grid) -> Proxies:
    """Those of a VO."""
    trust = Trust(grid.folder / "certificates", grid.folder / "vomsdir")
    return Proxies(Home.open(grid.folder), Store(None), Chains(trust))


def test_a_pilots_own_proxy_is_known_for_one_when_the_vo_has_another_and_is_begun_anew(grid: Grid) -> None:
    home, store = Home.open(grid.folder), Store(None)
    chains = Chains(Trust(grid.folder / "certificates", grid.folder / "vomsdir"))
    proxies = Proxies(home, store, chains)
    own = OwnProxies(proxies).give("pilot-1", Order(Mode.NONE, proxy=60.0))
    role = attributes(grid.alpha, grid.robot, ("/alpha/Role=pilot", "/alpha"))
    new = make_proxy(grid.robot, attributes=role, validity=Validity.lasting(timedelta(hours=20))).pem
    proxies.keep("pilot", new.decode(), by="the robot")
    for known in (proxies, Proxies(home, store, chains)):
        assert OwnProxies(known).made(Kept.parse(own.pem).chain)
        assert not OwnProxies(known).made(known.robot.chain)


def test_a_pilot_that_asks_and_asks_gets_no_more_in_the_end(proxies: Proxies) -> None:
    own, order = OwnProxies(proxies), Order(Mode.NONE, proxy=60.0)
    for _ in range(MOST):
        own.give("pilot-1", order)
    with pytest.raises(Problem, match="too many proxies"):
        own.give("pilot-1", order)
    assert own.give("pilot-2", order).seconds > 0


def test_a_single_user_pilot_gets_its_users_proxy_and_the_renewed_one_later(grid: Grid, proxies: Proxies) -> None:
    own = OwnProxies(proxies)
    order = Order(Mode.NONE, proxy=60.0)
    assert own.give("pilot-1", order, "bob").pem.encode() == grid.proxy("bob")
    new = make_proxy(grid.people["bob"], validity=Validity.lasting(timedelta(hours=20))).pem
    proxies.keep("bob", new.decode(), by="bob")
    given = own.give("pilot-1", order, "bob")
    assert given.pem.encode() == new
    assert given.seconds > 19 * 3600


def test_what_is_renewed_while_it_is_hidden_lies_nowhere_until_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testbed.node.agent.sandbox.show_memory", lambda shown: None)
    sandbox = Sandbox("old")
    try:
        with sandbox.proxy_hidden(Account()):
            sandbox.renew("new")
            assert list(sandbox.proxy.parent.iterdir()) == []
        assert sandbox.proxy.read_text() == "new"
        with in_memory("a key") as place:
            assert place.read_text() == "a key"
            assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert not place.exists()
    finally:
        sandbox.remove()
    assert not sandbox.folder.exists()


def test_a_pilots_proxy_is_neither_too_short_to_be_renewed_nor_endless() -> None:
    for seconds in (0.5, -1, float("nan"), 1e9, "60"):
        with pytest.raises(Problem):
            Order.parse({**Order(Mode.NONE).json(), "proxy_lasts": seconds})
    assert Order.parse(Order(Mode.NONE, proxy=60.0).json()).proxy == 60.0
