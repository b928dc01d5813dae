"""By what a client knows each fault of a service: what it sees of it, and of a service that is well."""

import re
from collections.abc import Callable, Mapping

from testbed.faults.reading import FAULT, Reading, read
from testbed.faults.sight import LARGEST, Sight
from testbed.model.fault import Fault

Sign = Callable[[Sight], bool]

STRANGERS = ("nosuchuser", "nosuchgroup", "59999")
"""An account and a group that no node has, and the number of either."""
_RESPONSE = b"Mt\x00\x25org.glite.authz.common.model.Response"
_KNOWN = re.compile(
    r"/obligation/(uidgid|secondary-gids|username|account|(local-environment-map|map-local-user)/posix)$"
)
_CYRILLIC, _ARABIC = re.compile("[\u0400-\u04ff]"), re.compile("[\u0600-\u06ff]")


def well(sight: Sight) -> bool:
    """Whether it is a whole Permit with one account, and nothing strange about it."""
    if (sight.stage, sight.error, sight.status) != ("done", "", 200):
        return False
    answer = read(sight.body)
    ids = answer.obligations
    known = all(_KNOWN.search(each) for each in ids) and len(set(ids)) == len(ids)
    strange = not known or "<!ENTITY" in answer.text
    return answer.decision == "Permit" and answer.whole and bool(answer.values) and not strange


def _ends(*stages: str, error: str | tuple[str, ...]) -> Sign:
    return lambda sight: sight.stage in stages and sight.error.startswith(error)


def _status(number: int) -> Sign:
    return lambda sight: sight.status == number


def _says(sign: Callable[[Reading], bool]) -> Sign:
    """About a response that came whole."""
    return lambda sight: (sight.stage, sight.error, sight.status) == ("done", "", 200) and sign(read(sight.body))


def _decided(*words: str) -> Sign:
    return lambda sight: sight.stage == "done" and read(sight.body).decision in words


def _assigns(*words: str) -> Sign:
    return _says(lambda answer: bool(set(words) & set(answer.values)))


def _without_status(answer: Reading) -> bool:
    argus = b"S\x00\x06statusN" in answer.raw
    return argus or (answer.text.startswith("<") and not re.search(r"Decision>\s*<([\w-]+:)?Status\b", answer.text))


SIGNS: Mapping[Fault, Sign] = {
    Fault.REFUSED: _ends("connect", error="refused"),
    Fault.HANG_BEFORE_ACCEPT: _ends("connect", "tls", error="timed out"),
    Fault.HANG_AFTER_ACCEPT: _ends("tls", error="timed out"),
    Fault.HANG_IN_TLS: _ends("tls", error="timed out"),
    Fault.HANG_IN_BODY: lambda sight: sight.stage == "body" and sight.error == "timed out",
    Fault.DRIBBLE: _ends("head", "body", error="timed out"),
    Fault.RESET: _ends("head", "body", error="reset"),
    Fault.HALF_CLOSE: _ends("head", "body", error="short"),
    Fault.STATUS_204: _status(204),
    Fault.STATUS_302: _status(302),
    Fault.STATUS_401: _status(401),
    Fault.STATUS_404: _status(404),
    Fault.STATUS_500: _status(500),
    Fault.STATUS_503: _status(503),
    Fault.QUEUE_FULL: _status(503),
    Fault.EMPTY: _says(lambda answer: answer.raw == b""),
    Fault.HTML: _says(lambda answer: "<html" in answer.text.lower()),
    Fault.TRUNCATED: lambda sight: (sight.stage, sight.error) == ("done", "") and bool(sight.body) and not well(sight),
    Fault.OVERSIZED: lambda sight: len(sight.body) >= LARGEST,
    Fault.WRONG_CLASS: _says(lambda answer: answer.raw[:1] == b"M" and not answer.raw.startswith(_RESPONSE)),
    Fault.DECISION_AS_TEXT: _says(lambda answer: b"S\x00\x08decisionS\x00\x01" in answer.raw),
    Fault.DECISION_OUT_OF_RANGE: _says(lambda answer: "ecision" in answer.text and not answer.decision),
    Fault.STATUS_NULL: _says(_without_status),
    Fault.NO_OBLIGATION: _says(lambda answer: answer.decision == "Permit" and not answer.obligations),
    Fault.RAW_OBLIGATION: _says(lambda answer: any(each.endswith("-environment-map") for each in answer.obligations)),
    Fault.UNKNOWN_OBLIGATION: _says(lambda answer: any(not _KNOWN.search(each) for each in answer.obligations)),
    Fault.DUPLICATE_OBLIGATION: _says(lambda answer: len(set(answer.obligations)) < len(answer.obligations)),
    Fault.OBLIGATIONS_UNDER_DENY: _says(lambda answer: answer.decision == "Deny" and bool(answer.values)),
    Fault.SAML_FAILURE: _says(lambda answer: bool(re.search(r"SAML:2\.0:status:(?!Success)\w+", answer.text))),
    Fault.NO_XSI_TYPE: _says(lambda answer: "Statement" in answer.text and ":type=" not in answer.text),
    Fault.TWO_ASSERTIONS: _says(lambda answer: len(re.findall(r"<(?:[\w-]+:)?Assertion\b", answer.text)) > 1),
    Fault.ENTITY_BOMB: _says(lambda answer: "<!ENTITY" in answer.text),
    Fault.CYRILLIC_ECHO: _says(lambda answer: bool(_CYRILLIC.search(answer.text))),
    Fault.ARABIC_ECHO: _says(lambda answer: bool(_ARABIC.search(answer.text))),
    Fault.INDETERMINATE: _decided("Indeterminate", FAULT),
    Fault.NOT_APPLICABLE: _decided("NotApplicable", FAULT, "Deny"),
    Fault.DENY: _decided("Deny"),
    Fault.ACCOUNT_UNKNOWN: _assigns(*STRANGERS),
    Fault.ACCOUNT_ROOT: _assigns("root", "0"),
    Fault.ACCOUNT_MINUS_ONE: _assigns("-1"),
    Fault.ACCOUNT_OVERFLOW: _assigns("4294967296"),
    Fault.SECONDARY_GROUP_UNKNOWN: _assigns(*STRANGERS),
    Fault.SERVICE_POOL_EXHAUSTED: _decided("Indeterminate", FAULT),
    Fault.FLAKY: lambda sight: not well(sight),
    Fault.TLS_EXPIRED: _ends("tls", error="verify 10"),
    Fault.TLS_NOT_YET_VALID: _ends("tls", error="verify 9"),
    Fault.TLS_WRONG_NAME: _ends("tls", error="verify 62"),
    Fault.TLS_UNKNOWN_CA: _ends("tls", error=("verify 19", "verify 20")),
    Fault.TLS_SELF_SIGNED: _ends("tls", error="verify 18"),
    Fault.TLS_OLD_PROTOCOL: _ends("tls", error=("tls ", "short", "reset")),
    Fault.TLS_CLIENT_REFUSED: _ends("tls", "head", error=("tls ", "short", "reset")),
}
"""Faults that a client sees who does not know the node. They are told apart where the protocol lets them be."""
