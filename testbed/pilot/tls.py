"""Mutual TLS between the VO, its users and its pilots: which certificates are shown and asked for."""

import os
import ssl
from pathlib import Path

from cryptography.x509.oid import ObjectIdentifier

PROXY_CERT_INFO = ObjectIdentifier("1.3.6.1.5.5.7.1.14")
"""The extension that makes a certificate a proxy (RFC 3820)."""


def server_context(folder: Path) -> ssl.SSLContext:
    """The VO's side: its host certificate, and clients that prove themselves with a certificate or a proxy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # Set whole, since Python's defaults differ by version. OpenSSL refuses proxies unless told otherwise. Not strict:
    # X509_STRICT asks of every link what grid authorities and old proxies lack, such as key identifiers. No partial
    # chain: it would let a chain end at an intermediate certificate. Revoked owners of proxies are refused.
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_ALLOW_PROXY_CERTS | ssl.VERIFY_CRL_CHECK_CHAIN
    context.load_verify_locations(capath=str(folder / "certificates"))
    context.load_cert_chain(folder / "hostcert.pem", folder / "hostkey.pem")
    return context


def client_context(proxy: bytes, authorities: str) -> ssl.SSLContext:
    """The other side: a proxy to show (certificate, key and chain in one PEM), and the authorities to believe."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
    context.load_verify_locations(cadata=authorities)
    # OpenSSL reads keys from files only: this one lies in memory, and nobody else can open it.
    descriptor = os.memfd_create("proxy")
    try:
        os.write(descriptor, proxy)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    return context
