"""What a SCAS or GUMS server is asked: what the real client asks, and more where the profile has it."""

import ctypes
import re
from collections.abc import Sequence

import pytest
from lxml import etree

from tests.lcmaps_plugins.saml import ID, VECTORS

INSTANT = "2026-11-22T16:05:22Z"
CONTEXT = "{urn:oasis:names:tc:xacml:2.0:context:schema:os}"
SUBJECT = "http://authz-interop.org/xacml/subject/"
RESOURCE = "http://authz-interop.org/xacml/resource/"
ENVIRONMENT = "http://authz-interop.org/xacml/environment/"
JANE = {"dn": "/O=Grid/CN=Jane Doe", "issuer": "/O=Grid/CN=Test CA"}
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


class Party(ctypes.Structure):
    """struct saml_party"""

    _fields_ = tuple((name, ctypes.c_char_p) for name in ("dn", "issuer", "serial", "not_before", "not_after", "chain"))


class Voms(ctypes.Structure):
    """struct saml_voms"""

    _fields_ = (
        ("fqans", ctypes.POINTER(ctypes.c_char_p)),
        ("count", ctypes.c_size_t),
        *((name, ctypes.c_char_p) for name in ("vo", "signing_subject", "signing_issuer", "vouched")),
    )


class Question(ctypes.Structure):
    """struct saml_question"""

    _fields_ = (
        *((name, ctypes.c_char_p) for name in ("id", "instant", "asker")),
        ("subject", Party),
        ("pilot", Party),
        ("voms", Voms),
        *((name, ctypes.c_char_p) for name in ("resource", "host", "host_dn", "action")),
    )


def party(**said):
    """What is said of somebody; nothing else is."""
    return Party(**{name: value.encode() for name, value in said.items()})


def voms(fqans: Sequence[str], **said):
    """Attributes in their order, and who vouches for them."""
    texts = (ctypes.c_char_p * len(fqans))(*(fqan.encode() for fqan in fqans))
    fields = {name: value.encode() for name, value in said.items()}
    return Voms(ctypes.cast(texts, ctypes.POINTER(ctypes.c_char_p)), len(fqans), **fields)


def write(library, subject, attributes=None, pilot=None, asker="/O=Grid/CN=Jane Doe", **more):
    """The message, or None where none can be made."""
    texts = {"id": ID, "instant": INSTANT, "resource": "wn", "host": "wn1.example.org", "action": "execute-now"}
    fields = {name: value.encode() for name, value in (texts | more).items()}
    question = Question(subject=subject, pilot=pilot or Party(), asker=asker.encode(), **fields)
    if attributes is not None:
        question.voms = attributes
    library.saml_question_write.restype = ctypes.c_void_p
    place = library.saml_question_write(ctypes.byref(question))
    if place is None:
        return None
    text = ctypes.string_at(place)
    libc = ctypes.CDLL(None)
    libc.free.argtypes = [ctypes.c_void_p]
    libc.free(place)
    return text


def plain(node):
    """An element as Python has it: name, attributes, text, children. Which prefixes it uses does not matter."""
    return node.tag, dict(node.attrib), (node.text or "").strip(), [plain(child) for child in node]


def values(message, part):
    """The attributes of one part of the request, in order: identifier, issuer if there is one, value."""
    root = etree.fromstring(message)
    return [
        (node.get("AttributeId"), *([node.get("Issuer")] if node.get("Issuer") else []), node[0].text)
        for node in root.iter(f"{CONTEXT}Attribute")
        if node.getparent().tag == CONTEXT + part
    ]


def test_it_is_what_the_real_client_sends_and_one_obligation_more(saml):
    """`scas-request-wn.xml` was observed; the obligation account is a later one of GUMS', which we can fulfil."""
    fqans = ["/atlas/Role=pilot"]
    written = etree.fromstring(write(saml, party(**JANE, chain="AAAA"), voms(fqans)))
    (extra,) = (node.getparent() for node in written.iter() if (node.text or "").endswith("obligation/account"))
    assert extra.get("AttributeId") == ENVIRONMENT + "pep-oblig-supported"
    extra.getparent().remove(extra)
    assert plain(written) == plain(etree.fromstring((VECTORS / "scas-request-wn.xml").read_bytes()))


def test_the_subject_is_described_by_all_that_is_known(saml):
    serial = {"serial": "1234567890123456789012", "not_before": "2026-01-01T00:00:00Z", "not_after": INSTANT}
    signer = {"signing_subject": "/O=Grid/CN=voms", "signing_issuer": "/O=Grid/CN=CA", "vouched": "/O=Grid/CN=voms"}
    message = write(saml, party(**JANE, **serial, chain=PEM), voms(["/vo/Role=a", "/vo"], vo="vo", **signer))
    assert values(message, "Subject") == [
        (SUBJECT + "subject-x509-id", "/O=Grid/CN=Jane Doe"),
        (SUBJECT + "subject-x509-issuer", "/O=Grid/CN=Test CA"),
        (SUBJECT + "voms-primary-fqan", "/O=Grid/CN=voms", "/vo/Role=a"),
        (SUBJECT + "voms-fqan", "/vo/Role=a"),
        (SUBJECT + "voms-fqan", "/vo"),
        (SUBJECT + "vo", "vo"),
        (SUBJECT + "voms-signing-subject", "/O=Grid/CN=voms"),
        (SUBJECT + "voms-signing-issuer", "/O=Grid/CN=CA"),
        (SUBJECT + "certificate-serial-number", "1234567890123456789012"),
        (SUBJECT + "validity-not-before", "2026-01-01T00:00:00Z"),
        (SUBJECT + "validity-not-after", INSTANT),
        (SUBJECT + "cert-chain", PEM),
    ]


def test_what_is_not_known_is_not_said(saml):
    message = write(saml, party(dn=JANE["dn"]))
    assert values(message, "Subject") == [(SUBJECT + "subject-x509-id", JANE["dn"])]
    assert not any(name.startswith(ENVIRONMENT + "pilot-job/") for name, _ in values(message, "Environment"))


def test_the_pilot_stands_in_the_environment(saml):
    message = write(saml, party(**JANE), pilot=party(dn="/O=Grid/CN=Pilot", issuer="/O=Grid/CN=CA", chain=PEM))
    assert values(message, "Environment")[-3:] == [
        (ENVIRONMENT + "pilot-job/subject-x509-id", "/O=Grid/CN=Pilot"),
        (ENVIRONMENT + "pilot-job/subject-x509-issuer", "/O=Grid/CN=CA"),
        (ENVIRONMENT + "pilot-job/cert-chain", PEM),
    ]


def test_the_node_says_its_name_and_its_own_certificates(saml):
    message = write(saml, party(**JANE), host_dn="/O=Grid/CN=wn1.example.org", resource="ce", action="queue")
    assert values(message, "Resource") == [
        ("urn:oasis:names:tc:xacml:1.0:resource:resource-id", RESOURCE + "resource-type/ce"),
        (RESOURCE + "dns-host-name", "wn1.example.org"),
        (RESOURCE + "resource-x509-id", "/O=Grid/CN=wn1.example.org"),
    ]
    action = "http://authz-interop.org/xacml/action/action-type/queue"
    assert values(message, "Action") == [("urn:oasis:names:tc:xacml:1.0:action:action-id", action)]


@pytest.mark.parametrize("name", ["/CN=<b>&amp;\"'</b>]]>", "/CN=Юрий", "/CN=ابن سينا", "/CN=🙂", "/CN= two  blanks "])
def test_a_name_comes_through_as_it_is_and_makes_no_elements(saml, name):
    message = write(saml, party(dn=name, issuer=name), voms([name]), asker=name)
    assert {value for *_, value in values(message, "Subject")} == {name}
    assert len(values(message, "Subject")) == 4


NOT_UTF_8 = [
    b"\xff",
    b"\xb9\xba",
    b"\xc0\x80",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x88\x80\x80\x80",
    b"\xc3",
    b"\xf4\x90\x80\x80",
]
NO_CHARACTER = [b"\n", b"\x01", b"\x0b", b"\xed\xa0\x80", b"\xef\xbf\xbf"]


@pytest.mark.parametrize("name", [b"/CN=" + each for each in NOT_UTF_8 + NO_CHARACTER])
def test_a_name_that_xml_cannot_say_is_not_asked_about(saml, name):
    subject = Party(dn=name)
    assert write(saml, subject) is None
    assert write(saml, party(**JANE), pilot=subject) is None


def test_no_two_questions_have_the_same_id(saml):
    ids = set()
    for _ in range(200):
        room = ctypes.create_string_buffer(36)
        assert saml.saml_question_id(room) == 0
        ids.add(room.value.decode())
    assert len(ids) == 200
    assert all(re.fullmatch(r"ID-[0-9a-f]{32}", each) for each in ids)
