"""The answer of SCAS and GUMS: a SAML response with a XACML decision in a SOAP 1.1 envelope, or a SOAP fault.

The form is that of the Globus SAML2-XACML2 library, the reference server (recorded); names of prefixes included.
"""

import copy
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lxml import etree

from testbed.authority.answer import Decision
from testbed.authority.claims import NAME
from testbed.authority.saml import CONTEXT, POLICY, SAML, SAMLP, SOAP, STATEMENT, XSI, Query
from testbed.authority.twists import ECHOES
from testbed.authority.xacml import Obligation
from testbed.model.fault import Fault

SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
PREFIXES = {
    "SOAP-ENV": SOAP,
    "xsi": XSI,
    "saml": SAML,
    "samlp": SAMLP,
    "XACMLcontext": CONTEXT,
    "XACMLassertion": STATEMENT,
    "XACMLpolicy": POLICY,
}
TWISTS = (
    *ECHOES,
    Fault.DECISION_OUT_OF_RANGE,
    Fault.STATUS_NULL,
    Fault.UNKNOWN_OBLIGATION,
    Fault.DUPLICATE_OBLIGATION,
    Fault.OBLIGATIONS_UNDER_DENY,
    Fault.SAML_FAILURE,
    Fault.NO_XSI_TYPE,
    Fault.TWO_ASSERTIONS,
    Fault.ENTITY_BOMB,
)
"""What `response` gets wrong, or the obligations that it is given."""
BOMB_LEVELS = 10
"""Of entities, each ten times the one before: 10^10 times three bytes."""


@dataclass(frozen=True, slots=True)
class Result:
    """A decision as it is written."""

    decision: Decision
    status: str
    """The identifier of XACML's status."""
    obligations: Sequence[Obligation] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """In what the services differ."""

    issuer: str
    saml_status: bool = True
    assertion_id: bool = True


def response(habits: Habits, query: Query, result: Result, twist: str = "") -> bytes:
    """The response to a query: one assertion with one result."""
    envelope = etree.Element(_name(SOAP, "Envelope"), nsmap=PREFIXES)
    whole = _add(_add(envelope, SOAP, "Body"), SAMLP, "Response", **_stamp(), InResponseTo=query.id)
    _issuer(whole, habits)
    if habits.saml_status or twist == Fault.SAML_FAILURE:
        status = _add(whole, SAMLP, "Status")
        _add(status, SAMLP, "StatusCode", Value=RESPONDER if twist == Fault.SAML_FAILURE else SUCCESS)
    _assertion(whole, habits, query, result, twist)
    if twist == Fault.TWO_ASSERTIONS:
        _assertion(whole, habits, query, replace(result, decision=Decision.DENY, obligations=()), twist)
    return _armed(envelope) if twist == Fault.ENTITY_BOMB else _bytes(envelope)


def fault(code: str, text: str, detail: bool = False) -> bytes:
    """A SOAP fault; ``code`` with one of our prefixes. ``detail``: the text once more, as a SAML message."""
    envelope = etree.Element(_name(SOAP, "Envelope"), nsmap=PREFIXES)
    whole = _add(_add(envelope, SOAP, "Body"), SOAP, "Fault")
    etree.SubElement(whole, "faultcode").text = code
    etree.SubElement(whole, "faultstring").text = plain(text)
    if detail:
        _add(etree.SubElement(whole, "detail"), SAMLP, "StatusMessage").text = plain(text)
    return _bytes(envelope)


def plain(text: str) -> str:
    """A text without the characters that XML cannot have."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def _assertion(whole: etree._Element, habits: Habits, query: Query, result: Result, twist: str) -> None:
    stamp = _stamp()
    if not habits.assertion_id:
        del stamp["ID"]
    assertion = _add(whole, SAML, "Assertion", **stamp)
    _issuer(assertion, habits)
    statement = _add(assertion, SAML, "Statement")
    if twist != Fault.NO_XSI_TYPE:
        statement.set(_name(XSI, "type"), "XACMLassertion:XACMLAuthzDecisionStatementType")
    _result(_add(_add(statement, CONTEXT, "Response"), CONTEXT, "Result"), result, twist)
    if query.return_context or twist in ECHOES:
        statement.append(_echo(query, twist))


def _result(whole: etree._Element, result: Result, twist: str) -> None:
    out_of_range = twist == Fault.DECISION_OUT_OF_RANGE
    _add(whole, CONTEXT, "Decision").text = "Perhaps" if out_of_range else result.decision.value
    if twist != Fault.STATUS_NULL:
        status = _add(whole, CONTEXT, "Status")
        _add(status, CONTEXT, "StatusCode", Value=result.status)
        if result.message:
            _add(status, CONTEXT, "StatusMessage").text = plain(result.message)
    if result.obligations:
        holder = _add(whole, POLICY, "Obligations")
        for obligation in result.obligations:
            one = _add(holder, POLICY, "Obligation", ObligationId=obligation.id, FulfillOn=obligation.on.value)
            for item in obligation.assignments:
                _add(one, POLICY, "AttributeAssignment", AttributeId=item.id, DataType=item.type).text = plain(
                    item.value
                )


def _echo(query: Query, twist: str) -> etree._Element:
    """The request as it came; twisted, its subject has another name."""
    request = copy.deepcopy(query.request)
    for attribute in request.iterfind(f"{_name(CONTEXT, 'Subject')}/{_name(CONTEXT, 'Attribute')}"):
        if twist in ECHOES and attribute.get("AttributeId") in NAME:
            attribute[0].text = ECHOES[twist]
    return request


def _issuer(holder: etree._Element, habits: Habits) -> None:
    entity = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
    _add(holder, SAML, "Issuer", Format=entity).text = habits.issuer


def _stamp() -> dict[str, str]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"ID": f"ID-{uuid.uuid4().hex}", "Version": "2.0", "IssueInstant": now}


def _armed(envelope: etree._Element) -> bytes:
    """The document with entities that unfold to gigabytes in the place of its first issuer."""
    lines = ['<!ENTITY bomb0 "bomb">']
    lines += [f'<!ENTITY bomb{level} "{f"&bomb{level - 1};" * 10}">' for level in range(1, BOMB_LEVELS)]
    root = etree.tostring(envelope)
    start = root.index(b">", root.index(b"<saml:Issuer")) + 1
    root = root[:start] + f"&bomb{BOMB_LEVELS - 1};".encode() + root[root.index(b"<", start) :]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE bomb [{"".join(lines)}]>\n'.encode() + root


def _bytes(envelope: etree._Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(envelope, encoding="utf-8")


def _add(holder: etree._Element, namespace: str, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(holder, _name(namespace, name), attributes)


def _name(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"
