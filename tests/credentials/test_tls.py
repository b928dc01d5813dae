"""Hosts and proxies of the test grid in a mutual TLS handshake, each side verifying the other for real."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity, Validity
from testbed.credentials.key import KeyKind
from testbed.credentials.proxy import make_proxy

AUTHORITY = Authority.new()
PILOT = AUTHORITY.host("pilot")
ALICE = AUTHORITY.person("Alice Archer")
PROXIES = ssl.VerifyFlags.VERIFY_ALLOW_PROXY_CERTS


class Refusal(Protocol):
    """What either side says against the other in a handshake; "" when both are content."""

    def __call__(
        self, client: bytes, host: str = "pilot", flags: ssl.VerifyFlags = PROXIES, crl: bytes = b""
    ) -> str: ...


@pytest.fixture
def refusal(tmp_path: Path) -> Refusal:
    def handshake(client: bytes, host: str = "pilot", flags: ssl.VerifyFlags = PROXIES, crl: bytes = b"") -> str:
        for name, content in (
            ("server", PILOT.certificate_pem + PILOT.key_pem),
            ("client", client),
            ("trust", AUTHORITY.identity.certificate_pem + crl),
        ):
            (tmp_path / name).write_bytes(content)
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "trust")
        server.load_cert_chain(tmp_path / "server")
        server.verify_mode = ssl.CERT_REQUIRED
        server.verify_flags |= flags | ssl.VerifyFlags.VERIFY_X509_STRICT
        user = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tmp_path / "trust")
        user.load_cert_chain(tmp_path / "client")
        to_server, to_user = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends = [
            user.wrap_bio(to_user, to_server, server_hostname=host),
            server.wrap_bio(to_server, to_user, server_side=True),
        ]
        for _ in range(3):
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
                except ssl.SSLError as error:
                    return str(error)
        assert ends[1].getpeercert()
        return ""

    return handshake


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_proxy_is_a_client_certificate_where_proxies_are_allowed(refusal: Refusal, kind: KeyKind) -> None:
    owner = AUTHORITY.person("Robot - pilot factory", kind)
    assert refusal(make_proxy(owner, kind=kind).pem) == ""
    assert refusal(make_proxy(make_proxy(owner, kind=kind), kind=kind).pem) == ""


def test_a_proxy_is_refused_where_proxies_are_not_allowed(refusal: Refusal) -> None:
    assert "proxy certificates not allowed" in refusal(make_proxy(ALICE).pem, flags=ssl.VerifyFlags(0))


def test_no_proxy_may_follow_one_whose_path_length_is_0(refusal: Refusal) -> None:
    last = make_proxy(ALICE, path_length=0)
    assert refusal(last.pem) == ""
    assert "path length" in refusal(make_proxy(last).pem)


def test_a_proxy_that_has_ended_is_refused(refusal: Refusal) -> None:
    ended = Validity.lasting(timedelta(hours=1), datetime.now(UTC) - timedelta(hours=2))
    assert "expired" in refusal(make_proxy(ALICE, validity=ended).pem)


def test_a_proxy_of_another_grid_is_refused(refusal: Refusal) -> None:
    assert "verify failed" in refusal(make_proxy(Authority.new().person("Alice Archer")).pem)


def test_a_revoked_person_is_refused(refusal: Refusal) -> None:
    flags = PROXIES | ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    alice = plain(ALICE)
    assert refusal(alice, flags=flags, crl=AUTHORITY.crl()) == ""
    assert "revoked" in refusal(alice, flags=flags, crl=AUTHORITY.crl([ALICE.certificate.serial_number]))


def test_the_pilot_host_proves_its_name_and_no_other(refusal: Refusal) -> None:
    alice = make_proxy(ALICE).pem
    assert refusal(alice, host="pilot") == ""
    assert "Hostname mismatch" in refusal(alice, host="worker-node")


def plain(identity: Identity) -> bytes:
    """A person's own certificate and key, without a proxy."""
    return identity.certificate_pem + identity.key_pem
