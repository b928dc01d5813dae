"""Questions as the worker node's modules send them: whole HTTP requests, and what stands in a right answer."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from testbed.authority import question
from testbed.authority.faces.argus_request import model
from testbed.authority.hessian import List, Map, Value, encode

CORE = "urn:oasis:names:tc:xacml:1.0:"
SCHEMA = "http://www.w3.org/2001/XMLSchema#"
INTEROP = "http://authz-interop.org/xacml/"
PROFILE = "http://glite.org/xacml/profile/grid-wn/1.0"
LINE = 64
"""Characters of base64 on one line."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """A request with its head, and bytes that the answer must have in it: the account's name in its place."""

    request: bytes
    answer: bytes

    @property
    def data(self) -> bytes:
        """As the load generator reads it: both with their length before them."""
        return b"".join(len(part).to_bytes(4, "big") + part for part in (self.request, self.answer))


def named(account: str) -> bytes:
    """An account's name as it stands in Argus' answer, and no longer name that begins with it."""
    return encode(account)


def argus(host: str, subject: bytes, pilot: bytes, answer: bytes, node: str = "worker-node") -> Question:
    """What lcmaps_c_pep.mod sends; ``subject`` and ``pilot`` are chains in PEM without keys.

    The layout is that of images/worker-node/lcmaps-plugins/pep_request.c: authz-interop's cert-chain and XACML's
    key-info, the pilot's chain in the environment. ``answer`` is what stands in the right one, see `named`.
    """
    chain = subject.decode("ascii")
    request = model(
        "Request",
        subjects=_list(
            _holder(
                "Subject",
                _attribute(INTEROP + "subject/cert-chain", SCHEMA + "base64Binary", chain),
                _attribute(CORE + "subject:key-info", SCHEMA + "string", chain),
            )
        ),
        resources=_list(
            _holder(
                "Resource",
                _attribute(CORE + "resource:resource-id", "", question.WORKER_NODE),
                _attribute(INTEROP + "resource/dns-host-name", SCHEMA + "string", node),
            )
        ),
        action=_holder("Action", _attribute(CORE + "action:action-id", "", question.EXECUTE)),
        environment=_holder(
            "Environment",
            _attribute(INTEROP + "environment/pilot-job/cert-chain", SCHEMA + "base64Binary", pilot.decode("ascii")),
            _attribute("http://glite.org/xacml/attribute/profile-id", SCHEMA + "anyURI", PROFILE),
        ),
    )
    text = base64.b64encode(encode(request))
    body = b"".join(text[at : at + LINE] + b"\r\n" for at in range(0, len(text), LINE))
    return Question(post(f"{host}:8154", "/authz", body, FORM), answer)


def post(host: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """One POST with its body, on a connection that may stay."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Accept: */*", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def certificates(pem: bytes) -> bytes:
    """A proxy's chain without its key, which is sent to nobody."""
    return b"".join(_CERTIFICATE.findall(pem))


def _holder(name: str, *attributes: Map) -> Map:
    return model(name, attributes=_list(*attributes))


def _attribute(id: str, type: str, value: str) -> Map:
    fields: dict[str, Value] = {"id": id, **({"dataType": type} if type else {}), "values": _list(value)}
    return model("Attribute", **fields)


def _list(*items: Value) -> List:
    return List(items)
