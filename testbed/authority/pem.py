"""Certificates in text: what key-info and cert-chain attributes are made of."""

import base64
import binascii
import re
from collections.abc import Sequence

from testbed.authority.face import Untrusted

MAX_CERTIFICATES = 16
"""In one chain: a proxy of a proxy of ... and the authorities above."""
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")


def certificates(text: str) -> Sequence[bytes]:
    """The certificates of a text, DER, in their order; keys and all else are passed over.

    Clients send PEM as it is, though the attribute's type is base64Binary (observed); base64 of PEM is read as well.
    Raises `Untrusted` where there is none, or too many.
    """
    blocks = _BLOCK.findall(text) or _BLOCK.findall(_unwrapped(text))
    if not 0 < len(blocks) <= MAX_CERTIFICATES:
        raise Untrusted(f"a certificate chain of {len(blocks)} certificates, not of 1 to {MAX_CERTIFICATES}")
    try:
        return [binascii.a2b_base64("".join(block.split()), strict_mode=True) for block in blocks]
    except binascii.Error as error:
        raise Untrusted(f"a certificate that is no base64: {error}") from None


def _unwrapped(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except ValueError:
        return ""
