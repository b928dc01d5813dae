"""Questions in SAML2-XACML2 over SOAP, as the clients of SCAS and GUMS send them."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.service.asking import CORE, INTEROP, SCHEMA, Question, post
from testbed.authority import question

GUMS = "/gums/services/GUMSXACMLAuthorizationServicePort"
OBLIGATIONS = tuple(INTEROP + "obligation/" + name for name in ("secondary-gids", "uidgid", "username"))
ACTION = "http://www.globus.org/security/XACMLAuthorization/XACMLAuthorizationPortType/AuthorizeRequest"
SPACES = {
    "SOAP-ENV": "http://schemas.xmlsoap.org/soap/envelope/",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "XACMLcontext": "urn:oasis:names:tc:xacml:2.0:context:schema:os",
    "XACMLsamlp": "urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:protocol",
}
Attribute = tuple[str, str, str]
"""Its identifier, the last part of its type, its value."""


def saml(
    host: str,
    path: str,
    dn: str,
    fqans: Sequence[str],
    chain: bytes,
    pilot: str,
    answer: bytes,
    node: str = "worker-node",
) -> Question:
    """What lcmaps_scas_client.mod sends: name, attributes and chain of the user, the pilot's name.

    Layout: tests/authority/vectors/scas-request-wn.xml, which the client's library sent (observed). ``answer`` is
    what stands in the right one: SCAS says numbers, GUMS names.
    """
    subject = INTEROP + "subject/"
    environment = INTEROP + "environment/"
    parts = {
        "Subject": [
            (subject + "subject-x509-id", "string", dn),
            *((subject + "voms-primary-fqan", "string", fqan) for fqan in fqans[:1]),
            *((subject + "voms-fqan", "string", fqan) for fqan in fqans),
            (subject + "cert-chain", "base64Binary", chain.decode("ascii")),
        ],
        "Resource": [
            (CORE + "resource:resource-id", "string", question.WORKER_NODE),
            (INTEROP + "resource/dns-host-name", "string", node),
        ],
        "Action": [(CORE + "action:action-id", "string", question.EXECUTE_NOW)],
        "Environment": [
            (environment + "pilot-job/subject-x509-id", "string", pilot),
            *((environment + "pep-oblig-supported", "string", obligation) for obligation in OBLIGATIONS),
        ],
    }
    request = "".join(_part(name, attributes) for name, attributes in parts.items())
    spaces = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in SPACES.items())
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope{spaces}><SOAP-ENV:Body>'
        '<XACMLsamlp:XACMLAuthzDecisionQuery ID="ID-1804289383" Version="2.0" IssueInstant="2026-11-22T16:05:22Z" '
        'ReturnContext="true"><saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName">'
        f"{escape(pilot)}</saml:Issuer><XACMLcontext:Request>{request}</XACMLcontext:Request>"
        "</XACMLsamlp:XACMLAuthzDecisionQuery></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"'}
    return Question(post(f"{host}:8443", path, body.encode("ascii"), headers), answer)


def _part(name: str, attributes: Sequence[Attribute]) -> str:
    told = "".join(
        f'<XACMLcontext:Attribute AttributeId="{id}" DataType="{SCHEMA}{type}"><XACMLcontext:AttributeValue>'
        f"{escape(value)}</XACMLcontext:AttributeValue></XACMLcontext:Attribute>"
        for id, type, value in attributes
    )
    return f"<XACMLcontext:{name}>{told}</XACMLcontext:{name}>"
