"""What owners of payloads do for themselves, and nothing of others: bring files along, renew their proxies by hand or
by delegation, look after what is theirs."""

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from testbed.credentials.certificate import Validity
from testbed.credentials.key import KeyKind
from testbed.credentials.proxy import delegated, make_proxy
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot import counter
from testbed.pilot.client import Vo
from testbed.pilot.home import Home
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.server import Server
from testbed.pilot.tls import client_context
from tests.pilot.conftest import Grid, Side, served
from tests.pilot.membership import attributes

LATER = timedelta(hours=24)


@pytest.mark.parametrize("mode", [Mode.NONE, Mode.SETUID])
def test_a_good_sandbox_lies_where_the_payload_starts_readable_for_every_account(
    side: Side, tmp_path: Path, script: Callable[[str], str], mode: Mode
) -> None:
    folder = tmp_path / "files"
    side.node.changes |= {"switch": script('cd /; exec "$@"')}  # the real one begins in the account's home
    (folder / "data").mkdir(parents=True)
    (folder / "run.sh").write_text("#!/bin/sh\ncat data/words; stat -c %a run.sh data data/words .")
    (folder / "run.sh").chmod(0o700)
    (folder / "data" / "words").write_text("from the sandbox\n")
    (folder / "data" / "words").chmod(0o600)
    payload = side.vo.submit(Payload("alice", ("./run.sh",), sandbox=counter.files(folder)))
    side.vo.start_pilot(Order(mode))
    report = side.vo.wait(payload, limit=20)
    own = b"700" if mode is Mode.SETUID else b"711"
    assert report.out == b"from the sandbox\n755\n755\n644\n%s\n" % own, report


def renewed(grid: Grid, name: str, **parts: Any) -> bytes:
    """A proxy that lasts longer than what the VO was made with."""
    return make_proxy(grid.people[name], **{"validity": Validity.lasting(LATER), **parts}).pem


def test_a_proxy_is_renewed_by_its_owner_and_pilots_get_the_new_one(side: Side, grid: Grid) -> None:
    new = renewed(grid, "bob")
    until = side.caller(grid.proxy("bob")).renew("bob", new)
    assert until > time.time() + 23 * 3600
    payload = side.vo.submit(Payload("bob", ("/bin/sh", "-c", 'cat "$X509_USER_PROXY"')))
    side.vo.start_pilot(Order(Mode.NONE))
    assert side.vo.wait(payload, limit=20).out == new


def test_a_payload_of_an_expired_proxy_is_refused_until_there_is_a_new_one(grid: Grid, tmp_path: Path) -> None:
    folder = tmp_path / "vo"
    shutil.copytree(grid.folder, folder, ignore=shutil.ignore_patterns("queue.db*"))
    ended = make_proxy(grid.people["bob"], validity=Validity.lasting(timedelta(seconds=-60)))
    (folder / "proxies" / "bob.pem").write_bytes(ended.pem)
    with served(lambda: Server(Home.open(folder), "127.0.0.1", 0)) as server:
        ca = grid.authority.identity.certificate_pem
        vo = Vo("127.0.0.1", proxy=grid.proxy("pilot"), authorities=ca, port=server.port)
        with pytest.raises(Problem, match="has expired"):
            vo.submit(Payload("bob", ("/bin/true",)))
        assert list(vo.list()) == []
        vo.renew("bob", renewed(grid, "bob"))
        vo.submit(Payload("bob", ("/bin/true",)))


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_proxy_is_delegated_with_a_key_that_its_owner_never_sees(side: Side, grid: Grid, kind: KeyKind) -> None:
    if kind is KeyKind.RSA:
        side.vo.renew("bob", renewed(grid, "bob", kind=kind))
    longer = Validity.lasting(2 * LATER)
    signed: list[bytes] = []

    def sign(request: bytes) -> bytes:
        signed.append(delegated(make_proxy(grid.people["bob"], validity=longer), request, validity=longer))
        return signed[0]

    side.caller(grid.proxy("bob")).delegate("bob", sign)
    side.vo.submit(Payload("bob", ("/bin/true",)))
    given = side.vo._post("/next", {"pilot": "mine", "offer": {"mode": "none"}})["payload"]["proxy"].encode()
    assert b"PRIVATE KEY" not in signed[0]
    assert re.sub(rb"-----BEGIN (EC|RSA) PR.*?END.*?-----\n", b"", given, flags=re.DOTALL) == signed[0]
    assert (b"BEGIN RSA PRIVATE KEY" if kind is KeyKind.RSA else b"BEGIN EC PRIVATE KEY") in given
    client_context(given, side.ca.decode())  # the key fits


def test_a_proxy_that_nobody_asked_for_or_of_an_older_request_is_refused(side: Side, grid: Grid) -> None:
    bob, longer = grid.people["bob"], Validity.lasting(LATER)
    chain = delegated(bob, side.vo._post("/proxies/bob/request", {})["request"].encode(), validity=longer)
    side.vo._post("/proxies/bob/request", {})
    side.vo._post("/proxies/alice/request", {})
    with pytest.raises(Problem, match="without its key"):
        side.vo.renew("bob", chain)
    with pytest.raises(Problem, match="somebody else's"):
        side.vo.renew("alice", chain)


def test_a_pilot_that_has_a_payload_gets_the_renewed_proxy_of_its_user(side: Side, grid: Grid) -> None:
    payload = side.vo.submit(Payload("bob", ("/bin/true",)))
    taken = side.vo._post("/next", {"pilot": "mine", "offer": {"mode": "none"}})["payload"]
    assert taken["proxy"].encode() == grid.proxy("bob")
    new = renewed(grid, "bob")
    side.vo.renew("bob", new)
    assert side.vo._post(f"/payloads/{payload}/proxy", {"pilot": "mine"})["proxy"].encode() == new
    with pytest.raises(Problem, match="does not have this payload"):
        side.vo._post(f"/payloads/{payload}/proxy", {"pilot": "another"})


def test_users_do_for_themselves_what_is_theirs_and_nothing_of_others(side: Side, grid: Grid) -> None:
    bob = side.caller(grid.proxy("bob"))
    mine, hers = bob.submit(Payload("bob", ("/bin/true",))), side.vo.submit(Payload("alice", ("/bin/true",)))
    assert [line.ident for line in bob.list()] == [mine]
    bob.stop(mine)
    assert bob.wait(mine, limit=1).state is State.CANCELLED
    for act in (
        lambda: bob.submit(Payload("alice", ("/bin/true",))),
        lambda: bob.wait(hers, limit=1),
        lambda: bob.history(hers),
        lambda: bob.stop(hers),
        lambda: bob.renew("alice", renewed(grid, "alice")),
    ):
        with pytest.raises(Problem, match="somebody else's"):
            act()
    for act in (
        lambda: bob.start_pilot(Order(Mode.NONE)),
        lambda: bob._post("/next", {"pilot": "mine", "offer": {"mode": "none"}}),
        lambda: bob._post(f"/payloads/{mine}/proxy", {"pilot": "mine"}),
    ):
        with pytest.raises(Problem, match="only the VO's robot"):
            act()
    assert side.vo.wait(hers, limit=0.001).state is State.QUEUED


class Begun:
    """A VO that is ended and begun anew with another folder, and what a pilot gets of it."""

    def __init__(self, grid: Grid, tmp_path: Path) -> None:
        self._grid = grid
        self._file = tmp_path / "queue.db"
        self.folder = tmp_path / "vo"
        shutil.copytree(grid.folder, self.folder)

    @contextlib.contextmanager
    def served(self) -> Iterator[Vo]:
        """Its robot's client."""
        ca = self._grid.authority.identity.certificate_pem
        with served(lambda: Server(Home.open(self.folder), "127.0.0.1", 0, file=self._file)) as server:
            yield Vo("127.0.0.1", proxy=self._grid.proxy("pilot"), authorities=ca, port=server.port)


def gets(vo: Vo, request: str) -> str | None:
    """The payload that a pilot gets."""
    offer = {"mode": "none", "seconds": 300}
    given = vo._post("/next", {"pilot": "a-pilot", "request": request, "offer": offer})["payload"]
    return str(given["id"]) if given else None


def test_an_owner_whom_the_vo_does_not_know_any_more_waits_and_keeps_nobody_else_waiting(
    grid: Grid, tmp_path: Path
) -> None:
    begun = Begun(grid, tmp_path)
    with begun.served() as vo:
        runs, waits = (vo.submit(Payload("alice", ("/usr/bin/id",))) for _ in range(2))
        others = vo.submit(Payload("bob", ("/usr/bin/id",)))
        assert gets(vo, "1") == runs
    (begun.folder / "proxies" / "alice.pem").unlink()
    with begun.served() as vo:
        assert gets(vo, "2") == others
        said = vo._post("/reports", Report(runs, State.STARTED, "a-pilot").json())
        assert said == {"stop": False, "proxy_until": 0.0}
        assert [change.why for change in vo.history(waits)[2]][1:] == [
            "waits: the proxy of alice ends too early, or is trusted no more"
        ]


@pytest.mark.parametrize(
    ("fqans", "given"),
    [((), False), (("/beta",), False), (("/alpha",), False), (("/alpha/Role=production", "/alpha"), True)],
)
def test_a_payload_whose_owner_is_a_member_no_more_or_has_lost_the_role_waits(
    grid: Grid, tmp_path: Path, fqans: tuple[str, ...], given: bool
) -> None:
    """Or whose attributes have expired, as they do before the proxy: what was proved at submission counts no more."""
    begun, alice = Begun(grid, tmp_path), grid.people["alice"]
    with begun.served() as vo:
        payload = vo.submit(Payload("alice-production", ("/usr/bin/id",), roles=("production",)))
    said = attributes(grid.alpha, alice, fqans) if fqans else b""
    (begun.folder / "proxies" / "alice-production.pem").write_bytes(make_proxy(alice, attributes=said).pem)
    with begun.served() as vo:
        assert gets(vo, "1") == (payload if given else None)
        lines = [change.why for change in vo.history(payload)[2] if change.why.startswith("waits: ")]
        assert lines == ([] if given else ["waits: the proxy of alice-production proves its VO or its roles no more"])
