"""Proxies are what RFC 3820 says."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from testbed.credentials.ca import Authority
from testbed.credentials.proxy import Policy, make_proxy

ALICE = Authority.new().person("Alice Archer")


def test_a_proxy_file_holds_the_proxy_its_key_and_its_issuer_in_this_order() -> None:
    proxy = make_proxy(ALICE)
    marks = [line for line in proxy.pem.decode().splitlines() if line.startswith("-----BEGIN")]
    assert marks == ["-----BEGIN CERTIFICATE-----", "-----BEGIN EC PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"]
    assert x509.load_pem_x509_certificates(proxy.pem) == [proxy.identity.certificate, ALICE.certificate]


def test_a_proxy_is_named_after_its_owner_and_its_serial_number() -> None:
    proxy = make_proxy(ALICE)
    assert proxy.identity.dn == f"{ALICE.dn}/CN={proxy.identity.certificate.serial_number}"


@pytest.mark.parametrize(
    ("policy", "info"),
    [
        (Policy.NORMAL, "300c300a06082b06010505071501"),
        (Policy.LIMITED, "300f300d060b2b060104019b5001010109"),
    ],
)
def test_a_proxy_states_its_policy_in_a_critical_extension(policy: Policy, info: str) -> None:
    extensions = make_proxy(ALICE, policy=policy).identity.certificate.extensions
    stated = extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.14"))
    assert stated.critical
    assert isinstance(stated.value, x509.UnrecognizedExtension)
    assert stated.value.value.hex() == info


def test_a_proxy_lasts_twelve_hours_and_is_valid_for_a_clock_that_lags() -> None:
    certificate = make_proxy(ALICE).identity.certificate
    now = datetime.now(UTC)
    assert timedelta(minutes=4) < now - certificate.not_valid_before_utc < timedelta(minutes=6)
    assert timedelta(hours=11.9) < certificate.not_valid_after_utc - now <= timedelta(hours=12)


def test_a_proxy_may_sign_another_one() -> None:
    first = make_proxy(ALICE)
    assert make_proxy(first).issuers == (first.identity.certificate, ALICE.certificate)
