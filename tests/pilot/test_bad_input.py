"""Malformed payloads, owners that do not exist, bad sandboxes, others' proxies, pilots of a wrong role: each is told
what is wrong, nothing is lost, nothing is run."""

import dataclasses
import gzip
import io
import json
import re
import shutil
import tarfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Validity
from testbed.credentials.key import KeyKind
from testbed.credentials.proxy import Policy, delegated, make_proxy
from testbed.credentials.voms import VomsServer
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot import counter, sandbox
from testbed.pilot.client import Vo
from testbed.pilot.home import Home
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, State
from testbed.pilot.server import Server
from testbed.pilot.tls import client_context
from tests.pilot.conftest import MEMBER, Grid, Side, served
from tests.pilot.membership import attributes

GOOD = Payload("alice", ("/bin/true",)).json()
LATER = timedelta(hours=24)


def queued(side: Side) -> int:
    """How many payloads there are."""
    return len(side.vo.list())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"user": "nobody"}, "holds no proxy"),
        ({"user": "pilot"}, "holds no proxy"),
        ({"user": "../../etc/passwd"}, "holds no proxy"),
        ({"user": "alice\n"}, "control characters"),
        ({"user": 5}, "user"),
        ({"argv": []}, "needs a command"),
        ({"argv": "id"}, "argv"),
        ({"argv": ["a\0b"]}, "needs a command"),
        ({"argv": ["\ud800"]}, "no text"),
        ({"argv": ["x" * 200_000]}, "too long"),
        ({"limit": -1}, "time limit"),
        ({"limit": True}, "time limit"),
        ({"limit": "NaN"}, "time limit"),
        ({"limit": float("nan")}, "time limit"),
        ({"limit": float("inf")}, "time limit"),
        ({"priority": 10**30}, "priority"),
        ({"priority": 1.5}, "priority"),
        ({"attempts": 0}, "attempts"),
        ({"attempts": 1000}, "attempts"),
        ({"needs": {"memory": -5}}, "memory"),
        ({"needs": {"memory": 2**70}}, "memory"),
        ({"needs": {"mode": "setiud"}}, "no such mode"),
        ({"needs": {"cores": 4}}, "cannot have this key"),
        ({"needs": []}, "needs of another shape"),
        ({"prioritiy": 5}, "cannot have this key"),
        ({"vo": "beta"}, "not of this VO"),
        ({"roles": ["production"]}, "does not have this role"),
        ({"roles": "production"}, "roles are a list"),
        ({"slot": "x" * 1000}, "slot"),
        ({"sandbox": "%%%"}, "base64"),
        ({"sandbox": "cnViYmlzaA=="}, "cannot be read"),
        ({"state": "ended"}, "cannot have this key"),
    ],
)
def test_a_malformed_payload_is_not_taken_in(side: Side, change: dict[str, Any], what: str) -> None:
    with pytest.raises(Problem, match=what):
        side.vo._post("/payloads", {**GOOD, **change})
    assert queued(side) == 0
    side.vo.submit(Payload("alice", ("/bin/true",)))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 1_000_000, b"{}" * 10, b"\x00"])
def test_json_that_would_exhaust_a_reader_is_a_bad_request(side: Side, body: bytes) -> None:
    connection = side.connection()
    connection.request("POST", "/payloads", body)
    response = connection.getresponse()
    assert response.status == 400
    assert "problem" in json.loads(response.read())
    assert side.vo.ready(limit=5)


def test_a_role_that_the_proxy_has_is_believed_and_its_vo_is_noted(side: Side) -> None:
    ident = side.vo.submit(Payload("alice-production", ("/bin/true",), roles=("production",)))
    assert side.vo.history(ident)[0].vo == "alpha"


def test_a_sandbox_of_one_gigabyte_is_refused_before_it_is_sent_and_before_it_is_read(
    side: Side, tmp_path: Path
) -> None:
    big = tmp_path / "big.tar"
    with big.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(Problem, match="too large"):
        counter.files(big)
    with pytest.raises(Problem, match="too large"):
        counter.files(tmp_path)
    connection = side.connection()
    connection.putrequest("POST", "/payloads")
    connection.putheader("Content-Length", str(1 << 30))
    connection.endheaders()
    assert connection.getresponse().status == 413
    assert queued(side) == 0


def member(name: str, content: bytes = b"", **parts: object) -> bytes:
    """A tar of one member."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        for part, value in parts.items():
            setattr(info, part, value)
        archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def named_twice() -> bytes:
    """Two members of one name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("a"))
    return packed.getvalue()


def many() -> bytes:
    """Too many files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(sandbox.MOST + 1):
            archive.addfile(tarfile.TarInfo(str(number)))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("archive", "what"),
    [
        (lambda: member("/etc/cron.d/x"), "'/etc/cron.d/x': its path leads elsewhere"),
        (lambda: member("../x"), "its path leads elsewhere"),
        (lambda: member("a/../../x"), "its path leads elsewhere"),
        (lambda: member("a\nb"), "its path leads elsewhere"),
        (lambda: member("a", type=tarfile.SYMTYPE, linkname="/etc/shadow"), "neither a file nor a folder"),
        (lambda: member("a", type=tarfile.LNKTYPE, linkname="b"), "neither a file nor a folder"),
        (lambda: member("a", type=tarfile.CHRTYPE), "neither a file nor a folder"),
        (lambda: member("a", type=tarfile.FIFOTYPE), "neither a file nor a folder"),
        (lambda: member("a", mode=0o4755), "its mode is 4755"),
        (lambda: member("a", mode=0o2755), "its mode is 2755"),
        (named_twice, "it is there twice"),
        (many, "too many files"),
        (lambda: gzip.compress(bytes(1 << 26)), "too large inside"),
        (lambda: gzip.compress(member("a"))[:-20], "ends too early"),
        (lambda: b"rubbish", "cannot be read"),
        (lambda: bytes(sandbox.LARGEST + 1), "too large"),
    ],
)
def test_a_sandbox_that_reaches_elsewhere_is_refused_by_name(
    side: Side, archive: Callable[[], bytes], what: str
) -> None:
    with pytest.raises(Problem) as raised:
        side.vo.submit(Payload("alice", ("/bin/true",), sandbox=archive()))
    assert what in str(raised.value)
    assert queued(side) == 0


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


def with_key_of_another(grid: Grid) -> bytes:
    """A proxy of Bob's whose key is that of another proxy of his."""
    one, other = (re.split(rb"(?=-----BEGIN (?:CERTIFICATE|EC))", renewed(grid, "bob")) for _ in range(2))
    return b"".join(other[at] if part.startswith(b"-----BEGIN EC") else part for at, part in enumerate(one))


@pytest.mark.parametrize(
    ("proxy", "what"),
    [
        (lambda grid: renewed(grid, "alice"), "somebody else's"),
        (lambda grid: grid.proxy("pilot"), "somebody else's"),
        (lambda grid: renewed(grid, "bob", validity=Validity.lasting(timedelta(seconds=-60))), "has expired"),
        (lambda grid: renewed(grid, "bob", validity=Validity.lasting(timedelta(hours=1))), "lasts longer"),
        (lambda grid: make_proxy(Authority.new().person("Bob Tester")).pem, "lasts longer|proves nothing"),
        (
            lambda grid: make_proxy(Authority.new().person("Bob Tester"), validity=Validity.lasting(LATER)).pem,
            "proves nothing",
        ),
        (lambda grid: grid.people["bob"].certificate_pem + grid.people["bob"].key_pem, "the certificate itself"),
        (with_key_of_another, "without its key"),
        (
            lambda grid: renewed(grid, "bob").split(b"-----BEGIN EC")[0] + grid.people["bob"].certificate_pem,
            "without its key",
        ),
        (lambda grid: b"rubbish", "cannot be read"),
        (lambda grid: b"", "cannot be read"),
        (lambda grid: renewed(grid, "bob") + bytes(100_000), "cannot be read"),
    ],
)
def test_a_bad_proxy_takes_nobodys_place(side: Side, grid: Grid, proxy: Callable[[Grid], bytes], what: str) -> None:
    with pytest.raises(Problem, match=what):
        side.vo.renew("bob", proxy(grid))
    taken = side.vo.submit(Payload("bob", ("/bin/true",)))
    given = side.vo._post("/next", {"pilot": "mine", "offer": {"mode": "none"}})["payload"]
    assert (given["id"], given["proxy"].encode()) == (taken, grid.proxy("bob"))


def test_a_proxy_without_the_attributes_of_the_old_one_does_not_replace_it(side: Side, grid: Grid) -> None:
    with pytest.raises(Problem, match="without the attributes"):
        side.vo.renew("alice-production", renewed(grid, "alice"))
    whole = attributes(grid.alpha, grid.people["alice"], MEMBER)
    side.vo.renew("alice-production", renewed(grid, "alice", attributes=whole))


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


@pytest.mark.parametrize(
    "bearer",
    [
        lambda grid: make_proxy(grid.robot),
        lambda grid: make_proxy(grid.robot, attributes=attributes(grid.alpha, grid.robot, ("/alpha",))),
        lambda grid: make_proxy(
            grid.robot, attributes=attributes(grid.alpha, grid.robot, ("/alpha/Role=production", "/alpha/Role=pilotx"))
        ),
        lambda grid: make_proxy(  # the attributes of somebody else
            grid.robot, attributes=attributes(grid.alpha, grid.people["alice"], ("/alpha/Role=pilot",))
        ),
        lambda grid: make_proxy(  # signed by a server in which nobody believes
            grid.robot,
            attributes=attributes(VomsServer.new("beta", grid.authority), grid.robot, ("/beta/Role=pilot",)),
        ),
        lambda grid: make_proxy(
            grid.robot,
            attributes=attributes(VomsServer.new("alpha", Authority.new()), grid.robot, ("/alpha/Role=pilot",)),
        ),
    ],
    ids=["no attributes", "no role", "other roles", "somebody else's", "unknown VO", "false server"],
)
def test_a_pilot_of_a_wrong_role_gets_neither_payload_nor_proxy(
    side: Side, grid: Grid, bearer: Callable[[Grid], Any]
) -> None:
    pilot = side.caller(bearer(grid).pem)
    payload = pilot.submit(Payload("alice", ("/bin/true",)))  # the robot operates the queue, whatever its role
    for path, body in (
        ("/next", {"pilot": "mine", "offer": {"mode": "none"}}),
        (f"/payloads/{payload}/proxy", {"pilot": "mine"}),
        ("/reports", {"payload": payload, "pilot": "mine", "state": "taken"}),
    ):
        with pytest.raises(Problem, match="only a pilot may do this"):
            pilot._post(path, body)
    assert side.vo.wait(payload, limit=0.001).state is State.QUEUED


def test_a_limited_proxy_of_the_pilots_is_still_its_own(side: Side, grid: Grid) -> None:
    role = attributes(grid.alpha, grid.robot, ("/alpha/Role=pilot",))
    pilot = side.caller(make_proxy(make_proxy(grid.robot, attributes=role), policy=Policy.LIMITED).pem)
    assert pilot._post("/next", {"pilot": "mine", "offer": {"mode": "none"}}) == {"payload": None}


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"pilot": "mine"}, "no such pilot"),
        ({"pilot": "mine", "offer": {}}, "without its mode"),
        ({"pilot": "mine", "offer": {"mode": "nome"}}, "no such mode"),
        ({"pilot": "mine", "offer": {"mode": "none", "memory": "much"}}, "memory"),
        ({"pilot": "mine", "offer": {"mode": "none", "seconds": -1}}, "a time is"),
        ({"pilot": "mine", "offer": {"mode": "none", "vos": "alpha"}}, "in a list"),
        ({"pilot": "mine", "offer": {"mode": "none", "cores": 4}}, "cannot have this key"),
        ({"pilot": "mine", "offer": [], "slot": ""}, "cannot have this key"),
        ({"pilot": "a\nb", "offer": {"mode": "none"}}, "control characters"),
    ],
)
def test_an_offer_that_makes_no_sense_gets_nothing(side: Side, body: dict[str, Any], what: str) -> None:
    payload = side.vo.submit(Payload("alice", ("/bin/true",)))
    with pytest.raises(Problem, match=what):
        side.vo._post("/next", body)
    assert side.vo.wait(payload, limit=0.001).state is State.QUEUED


def test_a_pilot_that_lost_its_payload_is_told_to_end_it(side: Side) -> None:
    payload = side.vo.submit(dataclasses.replace(Payload("alice", ("/bin/true",)), attempts=2))
    side.vo._post("/next", {"pilot": "mine", "offer": {"mode": "none"}})
    connection = side.connection()
    report = {
        "payload": payload,
        "pilot": "another",
        "state": "started",
        "separated": False,
        "bypassed": False,
        "why": "",
    }
    connection.request("POST", "/reports", json.dumps(report))
    answer = json.loads(connection.getresponse().read())
    assert answer["stop"] is True
    assert answer["problem"]["what"] == "this report cannot be"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"pilot": "\ud800"}, "control characters"),
        ({"state": "finished"}, "no such state"),
        ({"code": "0"}, "an exit code"),
        ({"identity": {"uid": "0"}}, "another shape"),
        ({"out": "%"}, "base64"),
        ({"payload": "payload-1' OR 1=1"}, "no such payload"),
    ],
)
def test_a_report_that_makes_no_sense_changes_nothing(side: Side, change: dict[str, Any], what: str) -> None:
    payload = side.vo.submit(Payload("alice", ("/bin/true",)))
    side.vo._post("/next", {"pilot": "mine", "offer": {"mode": "none"}})
    report = dataclasses.replace(side.vo.wait(payload, limit=0.001), state=State.STARTED).json()
    with pytest.raises(Problem, match=what):
        side.vo._post("/reports", {**report, **change})
    assert side.vo.wait(payload, limit=0.001).state is State.TAKEN
    side.vo._post("/reports", {**report, "why": "\ud800" + "x" * 100_000})
    assert len(side.vo.history(payload)[2][-1].why) == 2000
