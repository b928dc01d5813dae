"""Each member of the zoo has the one thing wrong that its name says."""

import shutil
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from testbed.credentials import make_grid, voms
from testbed.credentials.ca import Authority
from testbed.credentials.voms import attributes_of
from testbed.credentials.zoo import MEMBERS, Zoo
from testbed.model.person import cast

AUTHORITY = Authority.new()
OTHER = AUTHORITY.person("Bob Baker")
PILOT = AUTHORITY.person("Robot - pilot factory")
ATTRIBUTES = (b"0\0", b"0\1a", b"0\1b", b"0\1c")
ZOO = Zoo(AUTHORITY, AUTHORITY.person("Alice Archer"), OTHER, *ATTRIBUTES, Authority.new(), PILOT, b"0\1d")
PROXY_CERT_INFO = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14")


def chain(member):
    return x509.load_pem_x509_certificates(ZOO.pem(member))


def key_fits(member):
    pem = ZOO.pem(member)
    return load_pem_private_key(pem, None).public_key() == x509.load_pem_x509_certificate(pem).public_key()


def test_the_good_one_is_good():
    first, owner = chain("good")
    first.verify_directly_issued_by(owner)
    assert first.not_valid_before_utc < datetime.now(UTC) < first.not_valid_after_utc
    assert key_fits("good")


def test_members_out_of_their_time_are_so():
    assert chain("expired")[0].not_valid_after_utc < datetime.now(UTC) < chain("not yet valid")[0].not_valid_before_utc


def test_the_unknown_authority_has_the_name_of_the_known_one():
    forged, real = chain("unknown authority, same name")[-1], chain("good")[-1]
    assert (forged.issuer, forged.subject) == (real.issuer, real.subject)
    with pytest.raises(InvalidSignature):
        forged.verify_directly_issued_by(ZOO.authority.identity.certificate)


def test_the_wrong_key_is_another():
    assert not key_fits("wrong key")
    assert b"PRIVATE KEY" not in ZOO.pem("no key")


def test_the_foreign_issuer_did_not_issue_it():
    first, issuer = chain("foreign issuer")
    assert issuer == OTHER.certificate
    assert first.issuer != issuer.subject


def test_the_path_goes_one_proxy_too_far():
    assert len(chain("beyond its path length")) == 3


@pytest.mark.parametrize(
    ("member", "rfc"),
    [
        ("good", [True]),
        ("legacy", [False]),
        ("legacy, limited", [False]),
        ("legacy, of an RFC 3820 one", [False, True]),
        ("RFC 3820, of a legacy one", [True, False]),
        ("full, of a limited one", [True, True]),
        ("legacy, full, of a limited one", [False, False]),
        ("a pilot's sub-proxy", [True, True]),
    ],
)
def test_a_proxy_is_of_the_form_that_its_name_says(member, rfc):
    proxies = chain(member)[:-1]
    infos = [[one.oid for one in proxy.extensions if one.oid == PROXY_CERT_INFO] for proxy in proxies]
    assert [bool(found) for found in infos] == rfc
    assert all(below.issuer == above.subject for below, above in pairwise(chain(member)))
    assert all(name(proxy) in ("proxy", "limited proxy") for proxy, new in zip(proxies, rfc, strict=True) if not new)
    assert key_fits(member)


def name(certificate):
    return certificate.subject.rdns[-1].rfc4514_string().removeprefix("CN=")


def test_what_a_pilot_says_of_a_user_is_in_the_name_of_its_sub_proxy():
    assert [name(one) for one in chain("a pilot's sub-proxy")][::2] == ["user:alice", "Robot - pilot factory"]


def test_nobody_gave_the_owner_the_name_of_another():
    proxy, owner = chain("another's name in front of its own")
    assert proxy.subject.rdns[:-1] == OTHER.certificate.subject.rdns
    _, forged, issuer = chain("of somebody whom its owner has appointed")
    assert forged.subject == OTHER.certificate.subject
    assert issuer == owner == ZOO.owner.certificate
    forged.verify_directly_issued_by(issuer)


def test_garbage_is_no_certificate_in_a_whole_envelope():
    with pytest.raises(ValueError, match="parsing"):
        chain("garbage inside")
    assert ZOO.pem("garbage inside").count(b"-----BEGIN ") == 2


@pytest.mark.parametrize(
    ("member", "attributes"),
    [
        ("good", ZOO.attributes),
        ("no attributes", b""),
        ("attributes of another", ZOO.others),
        ("expired attributes", ZOO.expired),
        ("attributes by an impostor", ZOO.impostors),
    ],
)
def test_members_carry_the_attributes_that_their_name_says(member, attributes):
    assert attributes_of(ZOO.pem(member)) == attributes


@pytest.mark.parametrize("kind", ["revoked", "expired", "future"])
def test_a_revocation_list_is_the_authoritys_own(kind):
    crl = x509.load_pem_x509_crl(ZOO.crl(kind))
    assert crl.is_signature_valid(AUTHORITY.identity.key.public_key())
    assert (len(list(crl)) == 1) == (kind == "revoked")
    assert crl.next_update_utc is not None
    assert (crl.next_update_utc < datetime.now(UTC)) == (kind == "expired")
    assert (crl.last_update_utc > datetime.now(UTC)) == (kind == "future")


def test_every_member_can_be_made():
    assert all(ZOO.pem(member) for member in MEMBERS)


@pytest.mark.skipif(shutil.which(voms.PROGRAM) is None, reason="voms-proxy-fake is not installed here")
def test_a_grid_has_what_its_zoo_needs():
    assert Zoo.of(make_grid(cast(), ["alpha", "beta"])).pem("expired attributes")
