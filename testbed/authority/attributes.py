"""VOMS attribute certificates (RFC 5755, as VOMS writes them): who is in which VO, and who says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from asn1crypto import cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ObjectIdentifier

EXTENSION = ObjectIdentifier("1.3.6.1.4.1.8005.100.100.5")
"""Of a proxy that carries attribute certificates."""
_FQANS = "1.3.6.1.4.1.8005.100.100.4"
_SIGNERS = "1.3.6.1.4.1.8005.100.100.10"
_UNDERSTOOD = {_SIGNERS, "2.5.29.35", "2.5.29.56", "1.3.6.1.4.1.8005.100.100.11"}
"""Extensions that change nothing here: signers, key identifier, no revocation available, tags."""
_DIGESTS: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  of VOMS servers before 2012; the signer's own certificate is verified by OpenSSL
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
MOST = 16
"""Attribute certificates that are looked at."""


class _Carried(core.SequenceOf):  # type: ignore[misc]
    _child_spec = cms.AttributeCertificateV2


class _Several(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Carried


class _Certificates(core.SequenceOf):  # type: ignore[misc]
    _child_spec = asn1.Certificate


class _Chains(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Certificates


class _Values(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.OctetString


class _Syntax(core.Sequence):  # type: ignore[misc]
    """IetfAttrSyntax of RFC 5755, with octets for values as VOMS has them."""

    _fields: ClassVar = [
        ("policy_authority", asn1.GeneralNames, {"implicit": 0, "optional": True}),
        ("values", _Values),
    ]


class Unusable(Exception):
    """An attribute certificate that says nothing to us: why."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What one attribute certificate says, not checked but for its signature."""

    vo: str
    host: str
    """The VO's server, as the file of `Trust.servers` is called."""
    fqans: tuple[str, ...]
    holder: tuple[asn1.Name, int]
    """Issuer and serial number of the certificate whose owner has them."""
    not_before: datetime
    not_after: datetime
    signers: tuple[x509.Certificate, ...]
    """The server's certificate, then what leads from it to its authority."""


def carried(certificate: x509.Certificate) -> Sequence[cms.AttributeCertificateV2]:
    """The attribute certificates that a certificate carries. Raises `Unusable` where they cannot be read."""
    try:
        value = certificate.extensions.get_extension_for_oid(EXTENSION).value
    except x509.ExtensionNotFound:
        return ()
    assert isinstance(value, x509.UnrecognizedExtension)
    return several(value.value)


def several(extension: bytes) -> Sequence[cms.AttributeCertificateV2]:
    """The attribute certificates in the value of the extension. Raises `Unusable`."""
    try:
        return [one for part in _Several.load(extension, strict=True) for one in part][:MOST]
    except (ValueError, TypeError) as error:
        raise Unusable(f"attributes that cannot be read: {error}") from error


def read(certificate: cms.AttributeCertificateV2) -> Attributes:
    """What it says, once the signature is found good. Raises `Unusable`."""
    try:
        info = certificate["ac_info"]
        extensions = {one["extn_id"].dotted: one for one in info["extensions"]}
        for oid, one in extensions.items():
            if one["critical"].native and oid not in _UNDERSTOOD:
                raise Unusable(f"attributes with the unknown critical extension {oid}")
        if _SIGNERS not in extensions:
            raise Unusable("attributes without the certificate of their signer")
        chain = _Chains.load(extensions[_SIGNERS]["extn_value"].native)
        signers = tuple(x509.load_der_x509_certificate(one.dump()) for one in chain[0])
        _verify(certificate, signers[0])
        vo, host, fqans = _said(info)
        base = info["holder"]["base_certificate_id"]
        validity = info["att_cert_validity_period"]
        holder = base["issuer"][0].chosen, base["serial"].native
        lasting = validity["not_before_time"].native, validity["not_after_time"].native
        return Attributes(vo, host, fqans, holder, *lasting, signers)
    except Unusable:
        raise
    except Exception as error:  # whatever the libraries make of hostile bytes
        raise Unusable(f"attributes that cannot be read: {error}") from error


def short(fqan: str) -> str:
    """An FQAN without the parts that say nothing.

    >>> short("/alpha/Role=pilot/Capability=NULL"), short("/alpha/Role=NULL/Capability=NULL")
    ('/alpha/Role=pilot', '/alpha')
    """
    return fqan.removesuffix("/Capability=NULL").removesuffix("/Role=NULL")


def _said(info: cms.AttributeCertificateInfoV2) -> tuple[str, str, tuple[str, ...]]:
    """VO, its server, FQANs."""
    for attribute in info["attributes"]:
        if attribute["type"].dotted == _FQANS:
            syntax = _Syntax.load(attribute["values"][0].dump())
            vo, _, server = syntax["policy_authority"][0].native.partition("://")
            fqans = tuple(short(value.native.decode()) for value in syntax["values"])
            if not fqans or any(fqan != f"/{vo}" and not fqan.startswith(f"/{vo}/") for fqan in fqans):
                raise Unusable(f"attributes of another VO than {vo}, who signed them")
            return vo, server.rpartition(":")[0] or server, fqans
    raise Unusable("an attribute certificate without FQANs")


def _verify(certificate: cms.AttributeCertificateV2, signer: x509.Certificate) -> None:
    algorithm = certificate["signature_algorithm"]
    signed, signature = certificate["ac_info"].dump(), certificate["signature"].native
    digest = _DIGESTS.get(algorithm.hash_algo)
    key = signer.public_key()
    if digest is None:
        raise Unusable(f"attributes signed by way of {algorithm.hash_algo}")
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pkcs1v15":
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.signature_algo == "ecdsa":
            key.verify(signature, signed, ec.ECDSA(digest))
        else:
            raise Unusable("attributes signed in a way that does not fit their signer's key")
    except InvalidSignature:
        raise Unusable("attributes that are not signed by who they say") from None
