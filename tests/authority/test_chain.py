"""Whom chains prove: the zoo of bad credentials, proxies of every kind, revocation, VOMS attributes.

``vectors/voms`` is from a test grid made with voms-proxy-fake on 26 November 2026; certificates only, no keys.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from testbed.authority import attributes
from testbed.authority.chain import LARGEST, REMEMBERED, Chains
from testbed.authority.dn import canonical
from testbed.authority.face import Untrusted
from testbed.authority.trust import Trust
from testbed.credentials import name as names
from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity, Validity, builder, key_usage, sign
from testbed.credentials.key import KeyKind, make_key
from testbed.credentials.proxy import make_proxy
from testbed.credentials.zoo import Zoo
from testbed.lab.wait import eventually

AUTHORITY = Authority.new()
ALICE = AUTHORITY.person("Alice Archer")
PILOT = AUTHORITY.person("Robot - pilot factory")
ZOO = Zoo(AUTHORITY, ALICE, AUTHORITY.person("Bob Baker"), b"", b"", b"", b"", Authority.new(), PILOT, b"")
DN, ISSUER = "/DC=org/DC=testbed/O=People/CN=Alice Archer", "/DC=org/DC=testbed/CN=Testbed CA"
VECTORS = Path(__file__).parent / "vectors/voms"
THEN = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
"""When the vectors are valid."""


def ders(pem: bytes) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(pem)]


def trust(folder: Path, crl: bytes | None = None) -> Trust:
    certificates = folder / "certificates"
    certificates.mkdir(exist_ok=True)
    for name, content in AUTHORITY.folder(crl).items():
        (certificates / name).write_bytes(content)
    return Trust(certificates, folder / "vomsdir")


@pytest.fixture
def chains(tmp_path: Path) -> Chains:
    return Chains(trust(tmp_path))


@pytest.fixture
def then() -> Chains:
    return Chains(Trust(VECTORS / "certificates", VECTORS / "vomsdir"), lambda: THEN)


@pytest.mark.parametrize("member", ["good", "limited", "independent", "too long lived", "no proxy", "no attributes"])
def test_a_chain_that_holds_proves_its_owner(chains: Chains, member: str) -> None:
    chain = ders(ZOO.pem(member))
    party = chains(chain)
    assert (party.dn, party.issuer, party.fqans, party.verified) == (DN, ISSUER, (), True)
    assert party.chain == tuple(chain)


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("expired", "certificate has expired"),
        ("not yet valid", "certificate is not yet valid"),
        ("beyond its path length", "proxy path length constraint exceeded"),
        ("unknown authority, same name", "unable to get local issuer certificate"),
        ("foreign issuer", "unable to get local issuer certificate"),
    ],
)
def test_a_chain_that_does_not_hold_proves_nobody(chains: Chains, member: str, why: str) -> None:
    for _ in range(2):  # from memory as well
        with pytest.raises(Untrusted, match=why):
            chains(ders(ZOO.pem(member)))


def test_what_is_no_chain_proves_nobody(chains: Chains) -> None:
    for chain in ([], [b"AAAA"], [b"0" * 70_000], ders(ZOO.pem("good")) * 9, [b"\x30\x03\x02\x01\x00"]):
        with pytest.raises(Untrusted):
            chains(chain)
    with pytest.raises(Untrusted, match="without an end entity"):
        chains([AUTHORITY.identity.certificate.public_bytes(Encoding.DER)])


@pytest.mark.parametrize(
    ("crl", "why"),
    [
        (ZOO.crl("revoked"), "certificate revoked"),
        (ZOO.crl("expired"), "CRL has expired"),
        (ZOO.crl("future"), "CRL is not yet valid"),
    ],
)
def test_a_revocation_list_counts_for_the_owner_of_a_proxy(tmp_path: Path, crl: bytes, why: str) -> None:
    with pytest.raises(Untrusted, match=why):
        Chains(trust(tmp_path, crl))(ders(ZOO.pem("good")))


def test_an_authority_without_a_revocation_list_is_not_believed(tmp_path: Path) -> None:
    believed = trust(tmp_path)
    for file in believed.certificates.glob("*.r0"):
        file.unlink()
    with pytest.raises(Untrusted, match="unable to get certificate CRL"):
        Chains(believed)(ders(ZOO.pem("good")))


def test_a_changed_revocation_list_is_seen_although_the_chain_is_remembered(tmp_path: Path) -> None:
    believed = trust(tmp_path)
    chains, chain = Chains(believed), ders(ZOO.pem("good"))
    assert chains(chain).dn == DN
    trust(tmp_path, ZOO.crl("revoked"))
    believed.look()
    with pytest.raises(Untrusted, match="certificate revoked"):
        chains(chain)


def legacy(owner: Identity, word: str, *, validity: Validity | None = None, key: Identity | None = None) -> Identity:
    """A proxy as Globus Toolkit 2 made them: a name, and no extension that says so."""
    own, subject = make_key(KeyKind.EC), names.extended(owner.certificate.subject, word)
    lasting = validity or Validity.lasting(timedelta(hours=1))
    template = builder(subject, own.public_key(), owner.certificate.subject, lasting)
    template = template.add_extension(key_usage(key_encipherment=True), critical=True)
    return Identity(sign(template, (key or owner).key), own)


def shown(*identities: Identity) -> list[bytes]:
    return [one.certificate.public_bytes(Encoding.DER) for one in identities]


def test_proxies_older_than_the_rfc_are_believed_in_a_request(chains: Chains) -> None:
    first = legacy(ALICE, "proxy")
    assert chains(shown(first, ALICE)).dn == DN
    assert chains(shown(legacy(first, "limited proxy"), first, ALICE)).dn == DN


def test_proxies_older_than_the_rfc_are_checked(chains: Chains) -> None:
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    for bad, why in (
        (legacy(ALICE, "proxy", validity=Validity(past, past + timedelta(hours=1))), "not valid now"),
        (legacy(ALICE, "proxy", key=ZOO.other), "not signed by who it says"),
        (legacy(ALICE, "somebody else"), "invalid CA certificate"),
    ):
        with pytest.raises(Untrusted, match=why):
            chains(shown(bad, ALICE))
    with pytest.raises(Untrusted):
        chains(shown(legacy(AUTHORITY.identity, "proxy"), AUTHORITY.identity))


def test_a_slash_in_a_name_makes_nobody_else_of_its_owner(chains: Chains) -> None:
    """OpenSSL's form does not tell one name with a slash from two names: the certificate does."""
    party = chains(ders(make_proxy(AUTHORITY.person("Alice/CN=Bob")).pem))
    assert canonical(party.dn) == canonical("CN=Alice/CN=Bob,O=People,DC=testbed,DC=org")
    assert canonical(party.dn) != canonical("/DC=org/DC=testbed/O=People/CN=Alice/CN=Bob")


def test_no_proxy_of_the_old_kind_is_made_of_one_that_has_rules(chains: Chains) -> None:
    """A proxy of the RFC says what may be made of it, which one of the old kind below it could not say on."""
    proxy = make_proxy(ALICE, path_length=0).identity
    with pytest.raises(Untrusted, match="old kind"):
        chains(shown(legacy(proxy, "proxy"), proxy, ALICE))


def test_a_chain_that_holds_is_refused_for_what_is_added_without_end(chains: Chains) -> None:
    """All of a chain is remembered with its owner, whether it was needed or not."""
    good, surplus = ders(ZOO.pem("good")), _large(LARGEST // 2)
    assert chains([*good, surplus]).dn == DN
    with pytest.raises(Untrusted, match="bytes"):
        chains([*good, surplus, surplus])


def _large(size: int) -> bytes:
    """A certificate of about this many bytes."""
    template = builder(
        ALICE.certificate.subject, ALICE.key.public_key(), ALICE.certificate.subject, Validity.lasting(timedelta(1))
    )
    comment = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.16.840.1.113730.1.13"), bytes(size))
    return sign(template.add_extension(comment, critical=False), ALICE.key).public_bytes(Encoding.DER)


def test_a_result_is_remembered_and_fast(chains: Chains) -> None:
    chain = ders(ZOO.pem("good"))
    chains(chain)
    started = time.perf_counter()
    for _ in range(1000):
        chains(chain)
    assert (time.perf_counter() - started) / 1000 < 0.001


def test_no_more_results_are_kept_than_there_is_room_for(chains: Chains) -> None:
    for number in range(REMEMBERED + 50):
        with pytest.raises(Untrusted):
            chains([number.to_bytes(4)])
    assert len(chains._found) == REMEMBERED


def test_a_proxy_is_not_remembered_beyond_its_end(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    short = make_proxy(ALICE, validity=Validity(now - timedelta(hours=1), now + timedelta(seconds=2)))
    chains = Chains(trust(tmp_path))
    found = chains.find(ders(short.pem))
    assert found.party
    assert found.until - time.monotonic() <= 3
    assert eventually(lambda: "expired" in chains.find(ders(short.pem)).why, within=5), "time has stood still"


@pytest.mark.parametrize(
    ("file", "fqans"),
    [
        ("good", ("/alpha",)),
        ("limited", ("/alpha",)),
        ("alice-production", ("/alpha/Role=production", "/alpha")),
        ("carol", ("/beta",)),
        ("no-attributes", ()),
    ],
)
def test_attributes_of_the_real_voms_program_count(then: Chains, file: str, fqans: tuple[str, ...]) -> None:
    found = then.find(ders((VECTORS / f"{file}.pem").read_bytes()))
    assert found.ignored == ()
    assert found.party
    assert found.party.fqans == fqans


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("expired-attributes", "not valid now"),
        ("attributes-of-another", "of somebody else"),
        ("attributes-by-an-impostor", "may not speak for alpha"),
    ],
)
def test_attributes_that_do_not_hold_are_left_out_and_the_rest_counts(then: Chains, file: str, why: str) -> None:
    found = then.find(ders((VECTORS / f"{file}.pem").read_bytes()))
    assert found.party
    assert (found.party.dn, found.party.fqans) == (DN, ())
    assert len(found.ignored) == 1
    assert why in found.ignored[0]


def test_attributes_of_a_vo_that_nobody_vouches_for_are_left_out(tmp_path: Path) -> None:
    chains = Chains(Trust(VECTORS / "certificates", tmp_path), lambda: THEN)
    found = chains.find(ders((VECTORS / "good.pem").read_bytes()))
    assert found.party
    assert found.party.fqans == ()
    assert "may not speak for alpha" in found.ignored[0]


def carried() -> bytes:
    """The attributes in the good proxy, as they stand there."""
    proxy = x509.load_pem_x509_certificate((VECTORS / "good.pem").read_bytes())
    value = proxy.extensions.get_extension_for_oid(attributes.EXTENSION).value
    assert isinstance(value, x509.UnrecognizedExtension)
    return value.value


def test_attributes_with_one_changed_byte_do_not_count(then: Chains) -> None:
    """The proxy around them no longer holds either: so they are looked at by themselves."""
    whole = carried()
    (one,) = attributes.several(whole)
    assert attributes.read(one).fqans == ("/alpha",)
    changed = whole.replace(b"/alpha/Role=NULL", b"/alpha/Role=ROOT")
    assert changed != whole
    with pytest.raises(attributes.Unusable, match="not signed"):
        attributes.read(attributes.several(changed)[0])


def test_whatever_byte_is_wrong_attributes_are_the_same_or_none() -> None:
    whole = carried()
    good = attributes.read(attributes.several(whole)[0])
    refused = 0
    for at in range(0, len(whole), 5):
        changed = whole[:at] + bytes([whole[at] ^ 0x15]) + whole[at + 1 :]
        try:
            found = [attributes.read(one) for one in attributes.several(changed)]
        except attributes.Unusable:
            refused += 1
            continue
        assert [(one.vo, one.fqans, one.holder) for one in found] == [(good.vo, good.fqans, good.holder)]
    for length in range(0, len(whole), 5):
        with pytest.raises(attributes.Unusable):
            [attributes.read(one) for one in attributes.several(whole[:length])]
    assert refused > len(whole) // 10


def test_whatever_byte_is_wrong_a_chain_proves_its_owner_or_nobody(then: Chains) -> None:
    first, *others = ders((VECTORS / "good.pem").read_bytes())
    assert then([first, *others]).fqans == ("/alpha",)
    for at in range(0, len(first), 3):
        changed = first[:at] + bytes([first[at] ^ 0x15]) + first[at + 1 :]
        with pytest.raises(Untrusted):
            then([changed, *others])
    for at in range(0, len(others[0]), 3):
        changed = others[0][:at] + bytes([others[0][at] ^ 0x15]) + others[0][at + 1 :]
        with pytest.raises(Untrusted):
            then([first, changed])
