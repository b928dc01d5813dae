"""What the PEP module decides without LCMAPS, called from Python; and answers of a PEP daemon, whole and broken.

Source of the answers: what Argus' own Java classes wrote (`vectors/`, observed). Bytes are written by `object_`,
`items` and `text` below, the other half of what the module reads: nothing here is shared with the service's own codec.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

VECTORS = Path(__file__).parent / "vectors"
PERMIT = "argus-response-permit-javaref-noecho.hex"
DENY = "argus-response-deny.hex"
RULINGS = (
    *("service-unreachable", "service-silent", "service-untrusted", "service-broken", "service-undecided"),
    *("no-rule", "denied", "credential-refused", "account-missing", "account-refused", "permit"),
)
NAME_SIZE = 256
GROUPS_MAX = 128

MODEL = "org.glite.authz.common.model."
ATTRIBUTE = "http://glite.org/xacml/attribute/"
MAP = "http://glite.org/xacml/obligation/local-environment-map"
INTEROP = "http://authz-interop.org/xacml/"
INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
STRING = "http://www.w3.org/2001/XMLSchema#string"
OK = "urn:oasis:names:tc:xacml:1.0:status:ok"
NULL = b"N"


class FindingFields(ctypes.Structure):
    """struct finding"""

    _fields_ = (("ruling", ctypes.c_int), ("why", ctypes.c_char * 512))

    @property
    def word(self) -> str:
        """As GLEXEC_CAUSE has it."""
        return RULINGS[self.ruling]


class AnswerFields(ctypes.Structure):
    """struct pep_answer"""

    _fields_ = (
        ("user", ctypes.c_char * NAME_SIZE),
        ("group", ctypes.c_char * NAME_SIZE),
        ("groups", (ctypes.c_char * NAME_SIZE) * GROUPS_MAX),
        ("group_count", ctypes.c_size_t),
        ("uid", ctypes.c_char * NAME_SIZE),
        ("gid", ctypes.c_char * NAME_SIZE),
        ("gids", (ctypes.c_char * NAME_SIZE) * GROUPS_MAX),
        ("gid_count", ctypes.c_size_t),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of one answer: a word, and with a Permit the account; else why."""

    word: str
    user: str = ""
    group: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    gid: str = ""
    gids: tuple[str, ...] = ()
    why: str = ""


def read(library: ctypes.CDLL, answer: bytes) -> Reading:
    """Reads an answer as the module does. Nothing stands behind its last byte."""
    room = (ctypes.c_char * len(answer)).from_buffer_copy(answer) if answer else (ctypes.c_char * 1)()
    fields, finding = AnswerFields(), FindingFields()
    library.pep_answer_read.restype = ctypes.c_bool
    permit = library.pep_answer_read(ctypes.byref(fields), room, ctypes.c_size_t(len(answer)), ctypes.byref(finding))
    if not permit:
        return Reading(finding.word, why=finding.why.decode())
    groups = tuple(fields.groups[i].value.decode() for i in range(fields.group_count))
    gids = tuple(fields.gids[i].value.decode() for i in range(fields.gid_count))
    names = (fields.user.decode(), fields.group.decode(), groups)
    return Reading("permit", *names, fields.uid.decode(), fields.gid.decode(), gids)


def vector(name: str) -> bytes:
    """The bytes of one file of `vectors`: offset, sixteen bytes in hexadecimal, what they look like."""
    lines = (line for line in (VECTORS / name).read_text().splitlines() if not line.startswith("#"))
    return b"".join(bytes.fromhex(line[10:50].replace(" ", "")) for line in lines)


def text(value: str) -> bytes:
    """A text in one piece."""
    return b"S" + len(value).to_bytes(2, "big") + value.encode()


def number(value: int) -> bytes:
    """An integer of 32 bits."""
    return b"I" + value.to_bytes(4, "big", signed=True)


def object_(name: str, **fields: bytes) -> bytes:
    """An object of Argus' model; a field that is b"" is left out."""
    kind = MODEL + name
    inside = b"".join(text(key) + value for key, value in fields.items() if value)
    return b"Mt" + len(kind).to_bytes(2, "big") + kind.encode() + inside + b"z"


def items(*values: bytes) -> bytes:
    """A list as the C client's library writes it: without a type."""
    return b"Vl" + len(values).to_bytes(4, "big") + b"".join(values) + b"z"


def assignment(id: str, value: str, kind: bytes = text(STRING)) -> bytes:
    """One attribute of an obligation."""
    return object_("AttributeAssignment", attributeId=text(id), dataType=kind, value=text(value))


def account(user: str = "pool001", group: str = "pool", groups: Sequence[str] = ("pool", "poolsec")) -> list[bytes]:
    """The attributes of an account, in the order in which Argus gives them."""
    secondary = [assignment(ATTRIBUTE + "group-id", each) for each in groups]
    return [assignment(ATTRIBUTE + "user-id", user), assignment(ATTRIBUTE + "group-id/primary", group), *secondary]


def numbers(name: str, **values: str | list[str]) -> bytes:
    """An obligation of the profile authz-interop: ``uidgid``, ``secondary-gids``, ``username``."""
    kind = STRING if name == "username" else INTEGER
    parts = [
        assignment(f"{INTEROP}attribute/{id.replace('_', '-')}", each, text(kind))
        for id, value in values.items()
        for each in ([value] if isinstance(value, str) else value)
    ]
    return obligation(parts, f"{INTEROP}obligation/{name}")


def obligation(attributes: Sequence[bytes], id: str = MAP + "/posix", on: int = 1) -> bytes:
    """One obligation."""
    return object_("Obligation", id=text(id), fulfillOn=number(on), attributeAssignments=items(*attributes))


def status(code: str = OK, message: bytes = NULL) -> bytes:
    """What the service says about itself."""
    return object_("Status", message=message, statusCode=object_("StatusCode", code=text(code), subCode=NULL))


def response(
    decision: bytes = number(1), obligations: Sequence[bytes] | None = None, state: bytes = status(), echo: bytes = NULL
) -> bytes:
    """A whole response with one result."""
    duties = [obligation(account())] if obligations is None else obligations
    result = object_("Result", decision=decision, resourceId=NULL, status=state, obligations=items(*duties))
    return object_("Response", request=echo, results=items(result))


class EndpointsFields(ctypes.Structure):
    """struct endpoints"""

    _fields_ = (
        ("count", ctypes.c_size_t),
        ("url", (ctypes.c_char * 257) * 8),
        ("strategy", ctypes.c_int),
        ("again", ctypes.c_uint),
    )

    @property
    def urls(self) -> list[str]:
        """In the order in which they were given."""
        return [self.url[i].value.decode() for i in range(self.count)]


class HttpsFields(ctypes.Structure):
    """struct https"""

    _fields_ = (
        *((name, ctypes.c_char * 512) for name in ("capath", "cafile", "certificate", "key")),
        *((name, ctypes.c_char * 256) for name in ("password", "hostname")),
        ("crls", ctypes.c_int),
        ("unchecked", ctypes.c_bool),
        ("plain", ctypes.c_bool),
        ("timeout", ctypes.c_uint),
    )


class OptionFields(ctypes.Structure):
    """struct pep_options"""

    _fields_ = (
        ("endpoints", EndpointsFields),
        ("https", HttpsFields),
        *((name, ctypes.c_char * 513) for name in ("resource", "action", "profile")),
        ("certificate", ctypes.c_int),
        *((name, ctypes.c_bool) for name in ("moded", "capath", "debug")),
    )


def options(library: ctypes.CDLL, *words: str) -> OptionFields | str:
    """What these words of lcmaps.db mean, or what is wrong with them."""
    argv = (ctypes.c_char_p * (len(words) + 2))(b"lcmaps_c_pep.mod", *(word.encode() for word in words))
    found, why = OptionFields(), ctypes.create_string_buffer(512)
    library.pep_options_take.restype = ctypes.c_bool
    size = ctypes.c_size_t(len(why))
    taken = library.pep_options_take(ctypes.byref(found), ctypes.c_int(len(words) + 1), argv, why, size)
    return found if taken else why.value.decode()


class GrantedFields(ctypes.Structure):
    """struct granted"""

    _fields_ = (
        ("uid", ctypes.c_uint32),
        ("gid", ctypes.c_uint32),
        ("gids", ctypes.c_uint32 * GROUPS_MAX),
        ("count", ctypes.c_size_t),
    )


def granted(library: ctypes.CDLL, *steps: tuple[str, str]) -> tuple[int, int, list[int]] | str:
    """What this node makes of an account that is told part by part; the word of the cause where it is none."""
    account, finding = GrantedFields(), FindingFields()
    for name, value in steps:
        function = getattr(library, f"granted_{name}")
        function.restype = ctypes.c_bool
        if not function(ctypes.byref(account), value.encode(), ctypes.byref(finding)):
            return finding.word
    return account.uid, account.gid, account.gids[: account.count]


class RequestFields(ctypes.Structure):
    """struct pep_request"""

    _fields_ = tuple((name, ctypes.c_char_p) for name in ("subject", "pilot", "resource", "action", "profile", "host"))


def question(library: ctypes.CDLL, **values: str | None) -> str:
    """The body that is sent for such a request."""
    fields = RequestFields(**{name: value.encode() if value is not None else None for name, value in values.items()})
    library.pep_request_write.restype = ctypes.c_char_p
    written = library.pep_request_write(ctypes.byref(fields))
    assert isinstance(written, bytes)
    return written.decode()
