"""The question of SCAS and GUMS: a SAML2-XACML2 query in a SOAP 1.1 envelope, read without trust in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from testbed.authority.claims import Attributes
from testbed.authority.face import Call, Unreadable

MAX_BYTES = 1 << 20
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
CONTEXT = "urn:oasis:names:tc:xacml:2.0:context:schema:os"
POLICY = "urn:oasis:names:tc:xacml:2.0:policy:schema:os"
QUERY = "urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:protocol"
STATEMENT = "urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:assertion"
ACCESS_SUBJECT = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"


@dataclass(frozen=True, slots=True)
class Query:
    """A query by its parts."""

    id: str
    """Empty where the client gave none; the response says to which query it is an answer."""
    issuer: str
    """Who asks, in the client's own words."""
    return_context: bool
    """Whether the response has to repeat the request."""
    subject: Attributes
    resource: Attributes
    action: Attributes
    environment: Attributes
    issuers: Mapping[str, str]
    """Who vouches for an attribute of the subject, by its identifier."""
    request: etree._Element


def read(call: Call) -> Query:
    """The query of a request. Raises `Unreadable` for everything else, document types and their entities first."""
    if call.method != "POST":
        raise Unreadable(f"{call.method}, not POST")
    body = _one(_one(_parsed(call.body), SOAP, "Body"), QUERY, "XACMLAuthzDecisionQuery")
    request = _one(body, CONTEXT, "Request")
    subjects = [
        each for each in _all(request, "Subject") if each.get("SubjectCategory", ACCESS_SUBJECT) == ACCESS_SUBJECT
    ]
    if len(subjects) != 1:
        raise Unreadable(f"{len(subjects)} subjects where one is expected")
    return Query(
        id=body.get("ID", ""),
        issuer=(body.findtext(f"{{{SAML}}}Issuer") or "").strip(),
        return_context=body.get("ReturnContext", "false").strip() in ("true", "1"),
        subject=_attributes(subjects),
        resource=_attributes(_all(request, "Resource")),
        action=_attributes(_all(request, "Action")),
        environment=_attributes(_all(request, "Environment")),
        issuers={each.get("AttributeId", ""): each.get("Issuer", "") for each in _all(subjects[0], "Attribute")},
        request=request,
    )


def _parsed(body: bytes) -> etree._Element:
    """The envelope, read as UTF-8 whatever it says of itself, so that no other encoding hides a document type."""
    if len(body) > MAX_BYTES:
        raise Unreadable(f"{len(body)} bytes, more than {MAX_BYTES}")
    if b"<!DOCTYPE" in body:
        raise Unreadable("a document type, which SOAP does not allow")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"no XML: {error}") from None
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Unreadable(f"{root.tag[:200]} where a SOAP 1.1 envelope is expected")
    return root


def _all(holder: etree._Element, name: str) -> list[etree._Element]:
    return holder.findall(f"{{{CONTEXT}}}{name}")


def _one(holder: etree._Element, namespace: str, name: str) -> etree._Element:
    found = holder.findall(f"{{{namespace}}}{name}")
    if len(found) != 1:
        raise Unreadable(f"{len(found)} {name} where one is expected")
    return found[0]


def _attributes(holders: list[etree._Element]) -> Attributes:
    """The values of all attributes by identifier; clients repeat an attribute for each of its values (observed)."""
    found: dict[str, list[str]] = {}
    for attribute in (each for holder in holders for each in _all(holder, "Attribute")):
        id, values = attribute.get("AttributeId", ""), _all(attribute, "AttributeValue")
        if not id or not values or any(len(value) for value in values):
            raise Unreadable(f"an attribute without identifier or without plain values: {id[:200]}")
        found.setdefault(id, []).extend((value.text or "").strip() for value in values)
    return found
