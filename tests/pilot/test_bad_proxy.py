"""Proxies that prove nothing, or not enough: none takes a better one's place, and for none of them anything is run."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import ExtensionOID

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Validity, builder, sign
from testbed.credentials.key import KeyKind, make_key
from testbed.credentials.proxy import Policy, Proxy, make_proxy
from testbed.credentials.voms import VomsServer
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.home import Home
from testbed.pilot.needs import Offer
from testbed.pilot.payload import Payload
from testbed.pilot.proxies import LARGEST
from testbed.pilot.queue import Queue
from testbed.pilot.server import Server
from testbed.pilot.turn import WAITS
from tests.pilot.conftest import MEMBER, Grid, Side, served
from tests.pilot.membership import attributes

LATER = timedelta(hours=24)
OFFER = {"pilot": "mine", "offer": {"mode": "none"}}
NOTHING = {"what": "a proxy that proves nothing", "where": "bob"}
UNREADABLE = {"what": "a proxy that cannot be read", "expected": "PEM"}
NO_KEY = {"what": "a proxy without its key", "expected": "certificate, its own key and chain in one PEM"}
BOB, ALICE = (f"/DC=org/DC=testbed/O=People/CN={name} Tester" for name in ("Bob", "Alice"))


def longer(owner: object, **parts: object) -> Proxy:
    """A proxy that lasts longer than what the VO was made with."""
    return make_proxy(owner, **({"validity": Validity.lasting(LATER)} | parts))  # type: ignore[arg-type]


def between(start: float, end: float) -> Validity:
    """From so many hours after now to so many."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Validity(now + timedelta(hours=start), now + timedelta(hours=end))


def parts(pem: bytes) -> list[bytes]:
    """A PEM's certificate, key, and issuers."""
    return re.split(rb"(?<=-----\n)(?=-----BEGIN)", pem)


def key_of_another(grid: Grid) -> bytes:
    (certificate, _, *issuers), (_, key, *_) = (parts(longer(grid.people["bob"]).pem) for _ in range(2))
    return b"".join((certificate, key, *issuers))


def locked(grid: Grid) -> bytes:
    proxy = longer(grid.people["bob"])
    certificate, _, *issuers = parts(proxy.pem)
    lock = BestAvailableEncryption(b"word")
    key = proxy.identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return b"".join((certificate, key, *issuers))


def issued_by_another(grid: Grid) -> bytes:
    certificate, key, _ = parts(longer(grid.people["bob"]).pem)
    return certificate + key + grid.people["alice"].certificate_pem


def without_its_middle(grid: Grid) -> bytes:
    certificate, key, _, owner = parts(longer(longer(grid.people["bob"])).pem)
    return certificate + key + owner


def malformed_inside(grid: Grid) -> bytes:
    """A certificate whose extension is no DER: libraries read such parts only when they are asked for."""
    key = make_key(KeyKind.EC)
    name = x509.Name([])
    template = builder(name, key.public_key(), name, Validity.lasting(LATER)).add_extension(
        x509.UnrecognizedExtension(ExtensionOID.KEY_USAGE, b"\xff"), critical=True
    )
    return sign(template, key).public_bytes(Encoding.PEM)


def deeper(grid: Grid, number: int) -> bytes:
    proxy: Proxy = longer(grid.people["bob"])
    for _ in range(number):
        proxy = longer(proxy)
    return proxy.pem


BAD: Mapping[str, tuple[Callable[[Grid], bytes], Mapping[str, str]]] = {
    "somebody else's": (
        lambda grid: longer(grid.people["alice"]).pem,
        {"what": "this is somebody else's proxy", "where": "bob", "found": ALICE, "expected": BOB},
    ),
    "the pilot's": (
        lambda grid: longer(grid.robot).pem,
        {
            "what": "this is somebody else's proxy",
            "where": "bob",
            "found": "/DC=org/DC=testbed/O=People/CN=Robot - pilot factory",
            "expected": BOB,
        },
    ),
    "expired": (
        lambda grid: longer(grid.people["bob"], validity=between(-5, -1)).pem,
        {"what": "this proxy has expired", "where": "bob", "remedy": "make a new one"},
    ),
    "not yet valid": (lambda grid: longer(grid.people["bob"], validity=between(5, 40)).pem, NOTHING),
    "shorter": (
        lambda grid: longer(grid.people["bob"], validity=between(-1, 1)).pem,
        {
            "what": "the VO keeps a proxy that lasts longer",
            "where": "bob",
            "remedy": "nothing: it goes on with that",
        },
    ),
    "of an authority nobody trusts": (lambda grid: longer(Authority.new().person("Bob Tester")).pem, NOTHING),
    "the certificate itself": (
        lambda grid: grid.people["bob"].certificate_pem + grid.people["bob"].key_pem,
        {"what": "this is the certificate itself", "where": "bob", "expected": "a proxy, which does less harm"},
    ),
    "without its owner": (
        lambda grid: b"".join(parts(longer(grid.people["bob"]).pem)[:2]),
        {"what": "a proxy without its owner's certificate", "expected": "the chain up to the authority, in PEM"},
    ),
    "issued by another": (
        issued_by_another,
        {"what": "this is somebody else's proxy", "where": "bob", "found": ALICE, "expected": BOB},
    ),
    "without its middle": (without_its_middle, NOTHING),
    "beyond its path length": (
        lambda grid: longer(longer(grid.people["bob"], path_length=0)).pem,
        NOTHING,
    ),
    "with a key of a length that takes long to check": (
        lambda grid: longer(grid.people["bob"]).pem.replace(
            b"PRIVATE KEY-----\n", b"PRIVATE KEY-----" + b"\n" * 5000, 1
        ),
        NO_KEY,
    ),
    "of more certificates than anybody reads": (lambda grid: deeper(grid, 24), NOTHING),
    "without a key": (lambda grid: b"".join(parts(longer(grid.people["bob"]).pem)[::2]), NO_KEY),
    "with the key of another": (key_of_another, NO_KEY),
    "with a locked key": (locked, {"what": "the key of this proxy cannot be read"}),
    "with a key of rubbish": (
        lambda grid: (
            b"".join(parts(longer(grid.people["bob"]).pem)[::2])
            + b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        ),
        {"what": "the key of this proxy cannot be read"},
    ),
    "malformed inside": (malformed_inside, UNREADABLE),
    "rubbish": (lambda grid: b"rubbish", UNREADABLE),
    "nothing": (lambda grid: b"", UNREADABLE),
    "too long": (
        lambda grid: longer(grid.people["bob"]).pem + b" " * LARGEST,
        UNREADABLE,
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_proxy_takes_nobodys_place(standing: Side, grid: Grid, case: str) -> None:
    make, problem = BAD[case]
    with pytest.raises(Problem) as raised:
        standing.vo.renew("bob", make(grid))
    said = raised.value
    assert {part: getattr(said, part) for part in problem} == problem
    assert len(str(said)) < 1000
    ident = standing.vo.submit(Payload("bob", ("/bin/true",)))
    given = standing.vo._post("/next", OFFER)["payload"]
    assert (given["id"], given["proxy"].encode()) == (ident, grid.proxy("bob"))


@pytest.mark.parametrize("pem", ["é", "\ud800", "-----BEGIN CERTIFICATE-----\n\0"])
def test_a_proxy_that_is_no_text_is_none(standing: Side, pem: str) -> None:
    with pytest.raises(Problem, match="cannot be read"):
        standing.vo._post("/proxies/bob", {"pem": pem})


@pytest.mark.parametrize(
    "carried",
    [
        lambda grid, alice: b"",
        lambda grid, alice: attributes(grid.alpha, alice, MEMBER, timedelta(minutes=-1)),
        lambda grid, alice: attributes(grid.alpha, alice, MEMBER[1:]),
        lambda grid, alice: attributes(grid.alpha, grid.people["bob"], MEMBER),
        lambda grid, alice: attributes(VomsServer.new("beta", grid.authority), alice, MEMBER),
        lambda grid, alice: attributes(VomsServer.new("alpha", Authority.new()), alice, MEMBER),
        lambda grid, alice: attributes(grid.alpha, alice, MEMBER)[:-1] + b"\0",
    ],
    ids=["none", "expired", "fewer", "somebody else's", "another VO's", "of a false server", "with a bad signature"],
)
def test_a_proxy_that_proves_less_than_the_old_one_does_not_replace_it(
    standing: Side, grid: Grid, carried: Callable[..., bytes]
) -> None:
    alice = grid.people["alice"]
    with pytest.raises(Problem) as raised:
        standing.vo.renew("alice-production", longer(alice, attributes=carried(grid, alice)).pem)
    said = raised.value
    assert (said.what, said.where) == ("a proxy without the attributes of the old one", "alice-production")
    assert said.expected in (", ".join(MEMBER), MEMBER[0])


def test_a_proxy_with_all_that_the_old_one_proved_replaces_it(side: Side, grid: Grid) -> None:
    whole = attributes(grid.alpha, grid.people["alice"], MEMBER)
    side.vo.renew("alice-production", longer(grid.people["alice"], attributes=whole).pem)


def test_of_what_is_handed_in_only_the_proxy_is_handed_on(side: Side, grid: Grid) -> None:
    """What stands around it others would read: OpenSSL takes a certificate of a kind that our library passes over."""
    proxy = longer(grid.people["bob"], policy=Policy.LIMITED).pem
    other = grid.people["alice"].certificate_pem.replace(b"BEGIN CERT", b"BEGIN TRUSTED CERT")
    other = other.replace(b"END CERT", b"END TRUSTED CERT")
    side.vo.renew("bob", b"Bag Attributes: none\n" + other + proxy + b"and more\n")
    side.vo.submit(Payload("bob", ("/bin/true",)))
    assert side.vo._post("/next", OFFER)["payload"]["proxy"].encode() == proxy


@pytest.fixture
def begun_with(grid: Grid, tmp_path: Path) -> Iterator[Callable[[bytes], Vo]]:
    """A VO that was made with this proxy of Bob's."""
    folder = tmp_path / "vo"
    shutil.copytree(grid.folder, folder, ignore=shutil.ignore_patterns("queue.db*"))
    stack = []

    def begin(proxy: bytes) -> Vo:
        (folder / "proxies" / "bob.pem").write_bytes(proxy)
        context = served(lambda: Server(Home.open(folder), "127.0.0.1", 0))
        server = context.__enter__()
        stack.append(context)
        ca = grid.authority.identity.certificate_pem
        return Vo("127.0.0.1", proxy=grid.proxy("pilot"), authorities=ca, port=server.port)

    yield begin
    for context in stack:
        context.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("proxy", "what"),
    [
        (lambda grid: longer(grid.people["bob"], validity=between(-5, -1)), "has expired"),
        (lambda grid: longer(grid.people["bob"], validity=between(5, 9)), "proves nobody"),
        (lambda grid: longer(Authority.new().person("Bob Tester")), "proves nobody"),
    ],
    ids=["expired", "not yet valid", "of an authority nobody trusts"],
)
def test_for_a_proxy_that_proves_nobody_nothing_is_taken_in(
    grid: Grid, begun_with: Callable[[bytes], Vo], proxy: Callable[[Grid], Proxy], what: str
) -> None:
    vo = begun_with(proxy(grid).pem)
    with pytest.raises(Problem, match=what):
        vo.submit(Payload("bob", ("/bin/true",)))
    vo.submit(Payload("alice", ("/bin/true",)))
    assert [each.owner for each in vo.list()] == ["alice"]


def test_a_payload_of_somebody_who_was_revoked_meanwhile_waits_and_others_are_handed_out(
    grid: Grid, begun_with: Callable[[bytes], Vo], tmp_path: Path
) -> None:
    vo = begun_with(grid.proxy("bob"))
    bobs, alices = (vo.submit(Payload(owner, ("/bin/true",))) for owner in ("bob", "alice"))
    crl = grid.authority.crl([grid.people["bob"].certificate.serial_number])
    for path in (tmp_path / "vo" / "certificates").glob("*.r0"):
        path.write_bytes(crl)
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while True:  # changes of the folder are noticed within a second
        try:
            vo.submit(Payload("bob", ("/bin/true",), slot="elsewhere"))
        except Problem as problem:
            refused = problem
            break
        assert datetime.now(UTC) < deadline
    assert (refused.what, refused.where, refused.found) == ("the proxy of this user proves nobody", "bob", BOB)
    assert "revoked" in refused.cause
    assert vo._post("/next", OFFER)["payload"]["id"] == alices
    assert vo._post("/next", OFFER | {"pilot": "another"}) == {"payload": None}
    _, _, history = vo.history(bobs)
    assert history[-1].why == f"{WAITS}the proxy of bob ends too early, or is trusted no more"


def test_a_proxy_that_is_gone_for_a_moment_loses_no_payload() -> None:
    queue = Queue()
    ident = queue.submit(Payload("bob", ("/bin/true",)))
    assert queue.take("pilot-1", Offer(Mode.NONE), lasts=lambda owner: 0.0) is None
    given = queue.take("pilot-1", Offer(Mode.NONE), lasts=lambda owner: 1e6)
    assert given is not None
    assert given[0] == ident
