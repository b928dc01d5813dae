"""Who a chain of certificates is about: the person behind the proxies, and never an authority."""

import ctypes
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Validity, builder, sign
from testbed.credentials.key import KeyKind, make_key
from testbed.credentials.name import extended
from testbed.credentials.proxy import make_proxy

AUTHORITY = Authority.new()
ALICE = AUTHORITY.person("Alice Archer")
NOBODY = "the chain does not lead to the certificate of a person"
BOB = AUTHORITY.person("Bob Baker")


class Fields(ctypes.Structure):
    """struct x509_party"""

    _fields_ = (
        *((name, ctypes.c_char_p) for name in ("dn", "issuer", "serial")),
        *((name, ctypes.c_char * 32) for name in ("not_before", "not_after")),
    )


def about(library, pem):
    """Whom the certificates in this text are about, or what is wrong with them."""
    library.x509_party_of_text.restype = ctypes.c_char_p
    fields = Fields()
    problem = library.x509_party_of_text(ctypes.byref(fields), pem)
    said = {name: getattr(fields, name) for name, _ in Fields._fields_}
    library.x509_party_free(ctypes.byref(fields))
    return problem.decode() if problem else {name: value.decode() for name, value in said.items()}


def named_proxy(owner, common_name):
    """A proxy as there were before any standard: one by its name only."""
    lasting = Validity.lasting(timedelta(hours=1))
    name = extended(owner.certificate.subject, common_name)
    template = builder(name, make_key(KeyKind.EC).public_key(), owner.certificate.subject, lasting)
    return sign(template, owner.key).public_bytes(Encoding.PEM)


def moment(when):
    """A time as XML has it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def expected(person):
    """What is to be said of this person."""
    certificate = person.certificate
    return {
        "dn": "/DC=org/DC=testbed/O=People/CN=Alice Archer",
        "issuer": "/DC=org/DC=testbed/CN=Testbed CA",
        "serial": str(certificate.serial_number),
        "not_before": moment(certificate.not_valid_before_utc),
        "not_after": moment(certificate.not_valid_after_utc),
    }


def test_a_certificate_without_proxies_is_the_persons(parties):
    assert about(parties, ALICE.certificate_pem) == expected(ALICE)
    assert about(parties, ALICE.certificate_pem + AUTHORITY.identity.certificate_pem) == expected(ALICE)


def test_proxies_stand_for_their_owner(parties):
    proxy = make_proxy(ALICE)
    assert about(parties, proxy.pem) == expected(ALICE)
    assert about(parties, make_proxy(proxy).pem) == expected(ALICE)


@pytest.mark.parametrize("name", ["proxy", "limited proxy"])
def test_a_legacy_proxy_is_one_by_its_name(parties, name):
    assert about(parties, named_proxy(ALICE, name) + ALICE.certificate_pem) == expected(ALICE)


@pytest.mark.parametrize("name", ["proxy2", "roxy", "limited  proxy"])
def test_another_name_below_a_persons_makes_another_person(parties, name):
    found = about(parties, named_proxy(ALICE, name) + ALICE.certificate_pem)
    assert found["dn"] == f"/DC=org/DC=testbed/O=People/CN=Alice Archer/CN={name}"


def test_nobody_is_asked_about_by_authorities_or_proxies_alone(parties):
    authority = AUTHORITY.identity.certificate_pem
    proxy = make_proxy(ALICE).identity.certificate_pem
    for chain in (
        b"",
        b"nothing",
        authority,
        authority * 2,
        proxy,
        proxy + authority,
        authority + ALICE.certificate_pem,
    ):
        assert about(parties, chain) == NOBODY


def test_a_chain_is_read_up_to_a_bound(parties):
    proxy = make_proxy(ALICE)
    for _ in range(30):
        proxy = make_proxy(proxy)
    assert proxy.pem.count(b"BEGIN CERTIFICATE") == 32
    assert about(parties, proxy.pem) == expected(ALICE)
    assert about(parties, make_proxy(proxy).pem) == NOBODY


def test_nobody_is_told_by_a_certificate_that_lies_among_others(parties):
    """Whoever verifies the chain passes over it; it must not be what names the person."""
    proxy = make_proxy(BOB).identity.certificate_pem
    assert about(parties, proxy + ALICE.certificate_pem) == NOBODY
    assert about(parties, proxy + ALICE.certificate_pem + BOB.certificate_pem) == NOBODY
    assert about(parties, BOB.certificate_pem + ALICE.certificate_pem)["dn"].endswith("/CN=Bob Baker")


def test_a_name_alone_has_issued_nothing(parties):
    """Anybody can make an authority of the same name and a person below it."""
    forged = Authority.new().person("Alice Archer")
    assert forged.certificate.subject == ALICE.certificate.subject
    assert about(parties, make_proxy(ALICE).identity.certificate_pem + forged.certificate_pem) == NOBODY


def test_what_is_not_ascii_in_a_name_is_written_as_openssl_does(parties):
    person = AUTHORITY.person("Юрий")
    assert about(parties, person.certificate_pem)["dn"].endswith("/CN=\\xD0\\xAE\\xD1\\x80\\xD0\\xB8\\xD0\\xB9")


def test_times_are_of_the_persons_certificate_not_of_the_proxies(parties):
    soon = datetime.now(UTC) + timedelta(minutes=5)
    found = about(parties, make_proxy(ALICE, validity=Validity.lasting(timedelta(minutes=5))).pem)
    assert found["not_after"] > moment(soon)


def test_a_serial_number_of_any_length_is_decimal(parties):
    assert x509.load_pem_x509_certificate(ALICE.certificate_pem).serial_number > 2**64
    assert about(parties, ALICE.certificate_pem)["serial"].isdecimal()
