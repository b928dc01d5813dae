"""A question of our own to a service, in the words of its protocol: may this user run something on a worker node?"""

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from testbed.authority.hessian import List, Map, encode
from testbed.authority.question import EXECUTE, EXECUTE_NOW, WORKER_NODE
from testbed.model.cell import Authority

_MODEL = "org.glite.authz.common.model."
_CORE = "urn:oasis:names:tc:xacml:1.0:"
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_INTEROP = "http://authz-interop.org/xacml/"
_SOAP_ACTION = '"http://www.globus.org/security/XACMLAuthorization/XACMLAuthorizationPortType/AuthorizeRequest"'
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.S)


@dataclass(frozen=True, slots=True)
class Subject:
    """On whose behalf is asked."""

    dn: str
    issuer: str
    fqans: tuple[str, ...]
    proxy: str
    """PEM; only its certificates are sent."""

    @property
    def chain(self) -> str:
        """The certificates."""
        return "".join(_CERTIFICATE.findall(self.proxy))


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent where."""

    port: int
    path: str
    headers: dict[str, str]
    body: bytes


def question(authority: Authority, subject: Subject, asker: str, host: str) -> Question:
    """The question that ``asker`` (a DN) puts to a service about a subject, on a worker node called ``host``."""
    return _QUESTIONS[authority](subject, asker, host)


def _argus(subject: Subject, asker: str, host: str) -> Question:
    key_info = _attribute(f"{_CORE}subject:key-info", subject.chain)
    request = Map(
        f"{_MODEL}Request",
        {
            "subjects": List((_holder("Subject", key_info),)),
            "resources": List((_holder("Resource", _attribute(f"{_CORE}resource:resource-id", WORKER_NODE)),)),
            "action": _holder("Action", _attribute(f"{_CORE}action:action-id", EXECUTE)),
            "environment": _holder(
                "Environment",
                _attribute(
                    "http://glite.org/xacml/attribute/profile-id",
                    "http://glite.org/xacml/profile/grid-wn/1.0",
                    "http://www.w3.org/2001/XMLSchema#anyURI",
                ),
            ),
        },
    )
    return Question(8154, "/authz", {"Content-Type": "text/plain"}, base64.b64encode(encode(request)))


def _holder(kind: str, *attributes: Map) -> Map:
    return Map(f"{_MODEL}{kind}", {"attributes": List(attributes)})


def _attribute(ident: str, value: str, data_type: str = _STRING) -> Map:
    return Map(f"{_MODEL}Attribute", {"id": ident, "dataType": data_type, "values": List((value,))})


def _saml(path: str) -> Callable[[Subject, str, str], Question]:
    def write(subject: Subject, asker: str, host: str) -> Question:
        about = f"{_INTEROP}subject/"
        who = [
            _xml(f"{about}subject-x509-id", subject.dn),
            _xml(f"{about}subject-x509-issuer", subject.issuer),
            *(_xml(f"{about}voms-fqan", fqan) for fqan in subject.fqans),
            *(_xml(f"{about}voms-primary-fqan", fqan) for fqan in subject.fqans[:1]),
            _xml(f"{about}cert-chain", subject.chain, "http://www.w3.org/2001/XMLSchema#base64Binary"),
        ]
        where = [
            _xml(f"{_CORE}resource:resource-id", WORKER_NODE),
            _xml(f"{_INTEROP}resource/dns-host-name", host),
        ]
        obligations = [f"{_INTEROP}obligation/{name}" for name in ("uidgid", "secondary-gids", "username", "account")]
        around = [_xml(f"{_INTEROP}environment/pep-oblig-supported", each) for each in obligations]
        what = [_xml(f"{_CORE}action:action-id", EXECUTE_NOW)]
        body = _ENVELOPE.format(asker=escape(asker), who=_j(who), where=_j(where), what=_j(what), around=_j(around))
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": _SOAP_ACTION}
        return Question(8443, path, headers, body.encode())

    return write


def _xml(ident: str, value: str, data_type: str = _STRING) -> str:
    return (
        f'<Attribute AttributeId="{ident}" DataType="{data_type}">'
        f"<AttributeValue>{escape(value)}</AttributeValue></Attribute>"
    )


def _j(attributes: Iterable[str]) -> str:
    return "".join(attributes)


_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<q:XACMLAuthzDecisionQuery xmlns:q="urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:protocol"
 ID="_a-look" Version="2.0" IssueInstant="2026-01-01T00:00:00Z" ReturnContext="true">
<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName">{asker}</saml:Issuer>
<Request xmlns="urn:oasis:names:tc:xacml:2.0:context:schema:os">
<Subject>{who}</Subject><Resource>{where}</Resource><Action>{what}</Action><Environment>{around}</Environment>
</Request></q:XACMLAuthzDecisionQuery></soap:Body></soap:Envelope>
"""

_QUESTIONS: dict[Authority, Callable[[Subject, str, str], Question]] = {
    Authority.ARGUS: _argus,
    Authority.SCAS: _saml("/"),
    Authority.GUMS: _saml("/gums/services/GUMSXACMLAuthorizationServicePort"),
}
