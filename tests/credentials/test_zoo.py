"""Each member of the zoo has the one thing wrong that its name says."""

import shutil
from datetime import UTC, datetime

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
ZOO = Zoo(AUTHORITY, AUTHORITY.person("Alice Archer"), OTHER, b"0\0", b"0\1a", b"0\1b", b"0\1c", Authority.new())


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
