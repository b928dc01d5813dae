"""What stands in an answer of a service, read leniently: a broken answer is to be looked at, not to be believed."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.authority.hessian import List, Map, Value
from testbed.authority.hessian_reader import NotHessian, decode

DECISIONS = ("Deny", "Permit", "Indeterminate", "NotApplicable")
"""In the order of Argus' numbers."""
FAULT = "Fault"
"""What stands for a SOAP fault, which is no decision."""
_DECISION = re.compile(r"<(?:[\w-]+:)?Decision>\s*(\w+)\s*</")
_OBLIGATION = re.compile(r'\bObligationId="([^"]+)"')
_VALUE = re.compile(r"<(?:[\w-]+:)?AttributeAssignment\b[^>]*>\s*([^<\s]+)\s*</")


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer without its transport."""

    raw: bytes
    """Argus' base64 taken off."""
    text: str
    whole: bool = False
    """Whether it has an end: Argus' all decodes, SAML's root element is closed."""
    decision: str = ""
    """One of `DECISIONS`, `FAULT`, or empty for what has none that is one."""
    obligations: tuple[str, ...] = ()
    """Their ids, in their order."""
    values: tuple[str, ...] = ()
    """What they assign: names of accounts and groups, numbers."""


def read(body: bytes) -> Reading:
    """What a body says, whichever service sent it."""
    if body.lstrip()[:1] in (b"<", b""):
        return _of_saml(body)
    try:
        raw = base64.b64decode(body, validate=False)
    except binascii.Error:
        raw = body
    try:
        return _of_argus(raw, decode(raw))
    except NotHessian:
        return Reading(raw, raw.decode(errors="ignore"))


def _of_argus(raw: bytes, response: Value) -> Reading:
    objects = list(_objects(response))
    results = [each for each in objects if each.name.endswith(".Result")]
    number = results[0].fields.get("decision") if results else None
    decided = type(number) is int and number in range(len(DECISIONS))
    return Reading(
        raw,
        raw.decode(errors="ignore"),
        True,
        DECISIONS[number] if decided else "",  # type: ignore[index]
        tuple(str(each.fields.get("id")) for each in objects if each.name.endswith(".Obligation")),
        tuple(str(each.fields.get("value")) for each in objects if each.name.endswith(".AttributeAssignment")),
    )


def _objects(value: Value) -> Iterator[Map]:
    if isinstance(value, Map):
        yield value
        for each in value.fields.values():
            yield from _objects(each)
    elif isinstance(value, List):
        for each in value.items:
            yield from _objects(each)


def _of_saml(body: bytes) -> Reading:
    text = body.decode(errors="ignore")
    found = _DECISION.search(text)
    word = found[1] if found and found[1] in DECISIONS else ""
    if not found and re.search(r"<(?:[\w-]+:)?Fault\b", text):
        word = FAULT
    whole = text.rstrip().endswith("Envelope>")
    return Reading(body, text, whole, word, tuple(_OBLIGATION.findall(text)), tuple(_VALUE.findall(text)))
