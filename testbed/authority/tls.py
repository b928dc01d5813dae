"""TLS of the service's ports: what it shows, whom it lets in, and every way to get that wrong."""

import ssl
import sys
import warnings
from pathlib import Path

from testbed.authority.trust import Trust
from testbed.model.fault import Fault
from testbed.model.problem import Problem

OTHER_CERTIFICATES = {
    Fault.TLS_EXPIRED: "expired",
    Fault.TLS_NOT_YET_VALID: "not-yet-valid",
    Fault.TLS_WRONG_NAME: "wrong-name",
    Fault.TLS_UNKNOWN_CA: "unknown-ca",
    Fault.TLS_SELF_SIGNED: "self-signed",
}
"""Which file in the folder ``tls`` a fault shows: certificate, key and chain in one PEM."""
LASTS = 1000
"""Connections for which a context is used: OpenSSL keeps the sessions of TLS 1.2 in it, 17 KiB each (measured)."""


class Contexts:
    """Makes contexts when they are needed, and anew when the trust folders have changed."""

    def __init__(self, certificate: Path, key: Path, others: Path, trust: Trust) -> None:
        self._certificate = certificate
        self._key = key
        self._others = others
        self._trust = trust
        self._made: dict[tuple[Fault, bool], ssl.SSLContext] = {}
        self._used: dict[tuple[Fault, bool], int] = {}
        self._version = 0

    def get(self, fault: Fault = Fault.NONE, *, ask: bool = True) -> ssl.SSLContext:
        """The context of a connection. ``ask``: whether the client has to prove itself. Raises `Problem`."""
        if self._trust.glance() != self._version:
            self._made.clear()
            self._version = self._trust.version
        uses = self._used.get((fault, ask), 0)
        if (fault, ask) not in self._made or uses >= LASTS:
            self._made[fault, ask] = self._make(fault, ask)
            uses = 0
        self._used[fault, ask] = uses + 1
        return self._made[fault, ask]

    def _make(self, fault: Fault, ask: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.num_tickets = 0  # everybody comes once
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
        if fault is Fault.TLS_OLD_PROTOCOL:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")  # the hashes of TLS 1.1 are below what OpenSSL allows by itself
        if ask:
            context.verify_mode = ssl.CERT_REQUIRED
            # Set whole, since Python's defaults differ by version, and the same as for chains in requests (`Trust`).
            context.verify_flags = (
                ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_ALLOW_PROXY_CERTS | ssl.VERIFY_CRL_CHECK_CHAIN
            )
            if fault is not Fault.TLS_CLIENT_REFUSED:
                context.load_verify_locations(capath=str(self._trust.certificates))
        certificate, key = self._certificate, self._key
        if fault in OTHER_CERTIFICATES:
            certificate = key = self._others / f"{OTHER_CERTIFICATES[fault]}.pem"
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise Problem(
                "a certificate of the service cannot be used",
                where=f"{certificate}, {key}",
                cause=str(error),
                remedy="put certificate and key there" if fault is Fault.NONE else f"needed for the fault {fault}",
            ) from None
        return context


def chain(connection: ssl.SSLObject) -> list[bytes]:
    """The certificates that the other side has shown, DER, the one presented first; empty without any."""
    if sys.version_info >= (3, 13):
        return connection.get_unverified_chain()
    # Before 3.13 the same call is there, but not in public.
    shown = connection._sslobj.get_unverified_chain()  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(link.public_bytes()) for link in shown or ()]
