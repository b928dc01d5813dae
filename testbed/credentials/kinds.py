"""Proxies of other kinds than the usual one, which is full and RFC 3820: old ones, mixed ones, ones of other names."""

from cryptography import x509

from testbed.credentials import name as names
from testbed.credentials.certificate import Identity, Validity, builder, for_person, sign
from testbed.credentials.key import KeyKind, make_key
from testbed.credentials.proxy import LIFETIME, Form, Policy, Proxy, make_proxy


def legacy(owner: Identity, attributes: bytes, policy: Policy = Policy.NORMAL) -> Proxy:
    """As Globus 2 made them."""
    return make_proxy(owner, attributes=attributes, policy=policy, form=Form.LEGACY)


def mixed(owner: Identity, attributes: bytes, first: Form) -> Proxy:
    """A proxy of one form, issued by one of the other: each chain has one form only (RFC 3820, 4.1 and 4.2)."""
    second = Form.LEGACY if first is Form.RFC else Form.RFC
    return make_proxy(make_proxy(owner, attributes=attributes, form=first), form=second)


def widened(owner: Identity, attributes: bytes, form: Form) -> Proxy:
    """A full proxy, issued by a limited one."""
    return make_proxy(make_proxy(owner, attributes=attributes, policy=Policy.LIMITED, form=form), form=form)


def misnamed(owner: Identity, other: Identity, attributes: bytes) -> Proxy:
    """A proxy of the owner's with the other's name before its last CN (RFC 3820, 3.4)."""
    return make_proxy(owner, attributes=attributes, subject=names.extended(other.certificate.subject, "1"))


def appointed(owner: Identity, other: Identity, attributes: bytes) -> Proxy:
    """A certificate with the other's name, signed by the owner, who is no authority; and a proxy of that."""
    key = make_key(KeyKind.EC)
    subject = other.certificate.subject
    template = builder(subject, key.public_key(), owner.certificate.subject, Validity.lasting(LIFETIME)).add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    forged = Identity(sign(for_person(template), owner.key), key)
    return make_proxy(Proxy(forged, (owner.certificate,)), attributes=attributes)


def sub_proxy(pilot: Identity, attributes: bytes, user: str) -> Proxy:
    """A pilot's word for a user who has no certificate: a limited proxy, named ``user:alice``, of its limited one.

    The LCMAPS module pilot-sub-proxy takes such a one; to all others it is one more proxy of the pilot's.
    """
    own = make_proxy(pilot, attributes=attributes, policy=Policy.LIMITED)
    name = names.extended(own.identity.certificate.subject, f"user:{user}")
    return make_proxy(own, policy=Policy.LIMITED, subject=name)
