"""Proxy certificates (RFC 3820): short-lived, signed by a person's own key, carrying attributes of a VO."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from testbed.credentials import der
from testbed.credentials import name as names
from testbed.credentials.certificate import Identity, Validity, builder, key_usage, sign
from testbed.credentials.key import KeyKind, PublicKey, make_key

LIFETIME = timedelta(hours=12)

VOMS_ATTRIBUTES = ObjectIdentifier("1.3.6.1.4.1.8005.100.100.5")
"""The extension that carries attribute certificates."""

_PROXY_CERT_INFO = ObjectIdentifier("1.3.6.1.5.5.7.1.14")


class Policy(StrEnum):
    """What a proxy may do in its owner's name; the values are the object identifiers of RFC 3820 and of Globus."""

    NORMAL = "1.3.6.1.5.5.7.21.1"
    """Everything the owner may (id-ppl-inheritAll)."""
    INDEPENDENT = "1.3.6.1.5.5.7.21.2"
    """Nothing but what it is given itself."""
    LIMITED = "1.3.6.1.4.1.3536.1.1.1.9"
    """Everything but starting jobs, by Globus' convention."""


class Form(StrEnum):
    """How it is told that a certificate is a proxy."""

    RFC = "rfc"
    """By an extension (RFC 3820); its last CN is any."""
    LEGACY = "legacy"
    """By its last CN alone: ``proxy`` or ``limited proxy``, as Globus 2 made them."""


_LEGACY_NAMES = {Policy.NORMAL: "proxy", Policy.LIMITED: "limited proxy"}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy with its own key, and the certificates that lead from it to (not including) the authority."""

    identity: Identity
    issuers: tuple[x509.Certificate, ...]

    @property
    def pem(self) -> bytes:
        """The file as ``grid-proxy-init`` writes it: the proxy, its key, then its issuers."""
        chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.issuers)
        return self.identity.certificate_pem + self.identity.key_pem + chain


def make_proxy(
    owner: Identity | Proxy,
    *,
    attributes: bytes = b"",
    policy: Policy = Policy.NORMAL,
    path_length: int | None = None,
    validity: Validity | None = None,
    kind: KeyKind = KeyKind.EC,
    form: Form = Form.RFC,
    subject: x509.Name | None = None,
) -> Proxy:
    """A proxy of a person, or of a proxy.

    ``attributes`` is a VOMS attribute certificate in DER (see `voms`); ``path_length`` is how many proxies may follow
    this one, None for any number; ``kind`` is what the proxy's own key is made of; ``subject`` is its whole name, where
    that is not the owner's with one more CN.
    """
    key = make_key(kind)
    certificate = _signed(owner, key.public_key(), attributes, policy, path_length, validity, form, subject)
    return Proxy(Identity(certificate, key), _above(owner))


def delegated(
    owner: Identity | Proxy,
    request: bytes,
    *,
    attributes: bytes = b"",
    policy: Policy = Policy.NORMAL,
    path_length: int | None = None,
    validity: Validity | None = None,
) -> bytes:
    """A proxy for the key of a request (PKCS#10, in PEM), with its chain: the key stays with whoever has made it.

    Raises ValueError for a request that is not signed with its own key.
    """
    wanted = x509.load_pem_x509_csr(request)
    key = wanted.public_key()
    if not wanted.is_signature_valid or not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise ValueError("a request without a good signature")
    certificate = _signed(owner, key, attributes, policy, path_length, validity)
    return b"".join(one.public_bytes(Encoding.PEM) for one in (certificate, *_above(owner)))


def _above(owner: Identity | Proxy) -> tuple[x509.Certificate, ...]:
    """What leads from a new proxy of somebody to the authority."""
    issuer, above = (owner.identity, owner.issuers) if isinstance(owner, Proxy) else (owner, ())
    return (issuer.certificate, *above)


def _signed(
    owner: Identity | Proxy,
    key: PublicKey,
    attributes: bytes,
    policy: Policy,
    path_length: int | None,
    validity: Validity | None,
    form: Form = Form.RFC,
    subject: x509.Name | None = None,
) -> x509.Certificate:
    issuer = owner.identity if isinstance(owner, Proxy) else owner
    serial = x509.random_serial_number() >> 96
    owner_name = issuer.certificate.subject
    owner_key = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    usual = names.extended(owner_name, _LEGACY_NAMES[policy] if form is Form.LEGACY else str(serial))
    template = (
        builder(subject or usual, key, owner_name, validity or Validity.lasting(LIFETIME), serial)
        .add_extension(key_usage(key_encipherment=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(owner_key), critical=False)
    )
    if form is Form.RFC:
        info = x509.UnrecognizedExtension(_PROXY_CERT_INFO, _info(policy, path_length))
        template = template.add_extension(info, critical=True)
    if attributes:
        value = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, attributes))
        template = template.add_extension(x509.UnrecognizedExtension(VOMS_ATTRIBUTES, value), critical=False)
    return sign(template, issuer.key)


def _info(policy: Policy, path_length: int | None) -> bytes:
    limit = b"" if path_length is None else der.integer(path_length)
    return der.tlv(der.SEQUENCE, limit, der.tlv(der.SEQUENCE, der.oid(policy.value)))
