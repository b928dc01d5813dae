"""The readers and writers of SAML in C, called from Python; and answers to give them, whole and broken.

The element names, namespaces and habits are those of `vectors/` (observed with the Globus library) and, for GUMS, those
read in its source.
"""

import ctypes
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

NODE = Path(__file__).parents[2] / "images" / "worker-node"
PLACE = "TESTBED_MODULES"
"""The variable by which a run of the tests is given changed sources, a folder like that one: see test_mutants.py."""
SOURCES = Path(os.environ.get(PLACE, NODE)) / "lcmaps-plugins"
VECTORS = Path(__file__).parent / "vectors"
GROUPS_MAX = 64
DECISIONS = ("broken", "Permit", "Deny", "NotApplicable", "Indeterminate")
ID = "ID-1804289383"

OBLIGATION = "http://authz-interop.org/xacml/obligation/"
ATTRIBUTE = "http://authz-interop.org/xacml/attribute/"
OK = "urn:oasis:names:tc:xacml:1.0:status:ok"
GUMS_OK = "http://oasis/names/tc/xacml/1.0/status/ok"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


def made(folder: Path, name: str) -> ctypes.CDLL:
    """One shared object of the modules' sources, compiled by their own Makefile."""
    command = ["make", "-s", "-C", str(SOURCES), f"BUILD={folder}", f"{folder}/{name}.so"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(folder / f"{name}.so"))


class AccountFields(ctypes.Structure):
    """struct saml_account"""

    _fields_ = (
        *((name, ctypes.c_char_p) for name in ("user", "uid", "gid", "group")),
        *((name, ctypes.c_char_p * GROUPS_MAX) for name in ("gids", "groups")),
        *((name, ctypes.c_size_t) for name in ("gid_count", "group_count")),
    )


class AnswerFields(ctypes.Structure):
    """struct saml_answer"""

    _fields_ = (
        ("decision", ctypes.c_int),
        ("account", AccountFields),
        ("message", ctypes.c_char_p),
        ("document", ctypes.c_void_p),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one answer: a decision, and for a Permit the account; or what is wrong with it."""

    decision: str
    account: dict[str, str | tuple[str, ...]]
    message: str = ""
    problem: str = ""


def words(fields: AccountFields) -> dict[str, str | tuple[str, ...]]:
    """What an account names, and only that."""
    single = {name: getattr(fields, name) for name in ("user", "uid", "gid", "group")}
    lists = {"gids": fields.gids[: fields.gid_count], "groups": fields.groups[: fields.group_count]}
    named = {name: value.decode() for name, value in single.items() if value is not None}
    return named | {name: tuple(each.decode() for each in value) for name, value in lists.items() if value}


def read(library: ctypes.CDLL, answer: str | bytes, to: str = ID) -> Reading:
    """Reads an answer as the module does. Nothing stands behind its last byte."""
    text = answer.encode() if isinstance(answer, str) else answer
    room = (ctypes.c_char * len(text)).from_buffer_copy(text) if text else (ctypes.c_char * 1)()
    fields = AnswerFields()
    library.saml_answer_read.restype = ctypes.c_char_p
    problem = library.saml_answer_read(ctypes.byref(fields), room, ctypes.c_size_t(len(text)), to.encode())
    reading = Reading(
        DECISIONS[fields.decision], words(fields.account), fields.message.decode(), (problem or b"").decode()
    )
    library.saml_answer_free(ctypes.byref(fields))
    assert (reading.decision == "broken") == bool(reading.problem)
    return reading


def assignment(name: str, value: str, kind: str = "string") -> str:
    """One attribute of an obligation."""
    begin = (
        f'<P:AttributeAssignment AttributeId="{ATTRIBUTE}{name}" DataType="http://www.w3.org/2001/XMLSchema#{kind}">'
    )
    return f"{begin}{value}</P:AttributeAssignment>"


def obligation(name: str, *assignments: str, on: str = "Permit") -> str:
    """One obligation by its last word."""
    return f'<P:Obligation ObligationId="{OBLIGATION}{name}" FulfillOn="{on}">{"".join(assignments)}</P:Obligation>'


UIDGID = obligation("uidgid", assignment("posix-uid", "50001", "integer"), assignment("posix-gid", "50000", "integer"))
SECONDARY = obligation("secondary-gids", *(assignment("posix-gid", gid, "integer") for gid in ("51000", "52000")))
USERNAME = obligation("username", assignment("username", "alpha001"))


def answer(
    *obligations: str, decision: str = "Permit", code: str = OK, saml: str = SUCCESS, message: str = "", to: str = ID
) -> str:
    """A whole answer, as SCAS sends it; an empty code leaves out that status."""
    said = f"<C:StatusMessage>{message}</C:StatusMessage>" if message else ""
    status = f'<C:Status><C:StatusCode Value="{code}"/>{said}</C:Status>' if code else ""
    outer = f'<sp:Status><sp:StatusCode Value="{saml}"/></sp:Status>' if saml else ""
    inner = f"<P:Obligations>{''.join(obligations)}</P:Obligations>" if obligations else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:sp="urn:oasis:names:tc:SAML:2.0:protocol"'
        ' xmlns:C="urn:oasis:names:tc:xacml:2.0:context:schema:os"'
        ' xmlns:P="urn:oasis:names:tc:xacml:2.0:policy:schema:os"'
        ' xmlns:A="urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:assertion">'
        f'<S:Body><sp:Response ID="ID-7" Version="2.0" IssueInstant="2026-11-22T16:02:30Z" InResponseTo="{to}">'
        f"<s:Issuer>XACMLService</s:Issuer>{outer}"
        '<s:Assertion ID="ID-8" Version="2.0" IssueInstant="2026-11-22T16:02:30Z"><s:Issuer>XACMLService</s:Issuer>'
        '<s:Statement xsi:type="A:XACMLAuthzDecisionStatementType"><C:Response>'
        f"<C:Result><C:Decision>{decision}</C:Decision>{status}{inner}</C:Result>"
        "</C:Response></s:Statement></s:Assertion></sp:Response></S:Body></S:Envelope>"
    )


def gums(*obligations: str, decision: str = "Permit", code: str = GUMS_OK) -> str:
    """A whole answer as GUMS sends it: no SAML status, no ID of the assertion, and its own words for XACML's status."""
    return changed(answer(*obligations, decision=decision, code=code, saml=""), ' ID="ID-8"', "")


def changed(text: str, old: str, new: str) -> str:
    """The text with one thing changed, which has to be there exactly once."""
    assert text.count(old) == 1, f"{text.count(old)} times in the answer: {old}"
    return text.replace(old, new)


def element(text: str, name: str) -> str:
    """The only element of this name, from its first character to its last."""
    found = re.findall(rf"<{name}[ >].*?</{name}>", text, re.DOTALL)
    assert len(found) == 1, f"{len(found)} elements {name}"
    return found[0]


def body(name: str) -> str:
    """What is behind the HTTP head of a vector."""
    return (VECTORS / name).read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[2].decode()
