"""What a user is told of a payload: what became of it, and who has to act. A class, and no riddle.

CMS users read "status 203 ... LCMAPS failed; The reason can be found in the syslog" (genproductions issue 1627), and
could do nothing with it. Details are for the site's log and the VO's operators; what a program needs is in the report.
"""

import re
from collections.abc import Mapping

from testbed.model.effect import Cause
from testbed.model.failure import Failure

YOU, SITE, VO = "you have to act", "the site's administrators have to act", "your VO's operators have to act"
NOBODY = "nobody has to act"
ACTORS = (YOU, SITE, VO, NOBODY)
"""Each piece of advice ends with one of these."""

_AGAIN = "; hand it in again later"
_PILOT = f"the pilot asked the site wrongly, so nothing ran: {VO}{_AGAIN}"
_NOTHING_DECIDED = f"the site could not decide whether you may run, so nothing ran: {SITE}{_AGAIN}"

_OF_CLASS: Mapping[Failure, str] = {
    Failure.DENIED: f"the site refused you, so nothing ran: {YOU}, ask its administrators why you may not run there",
    Failure.MISUSED: _PILOT,
    Failure.INTERNAL: _NOTHING_DECIDED,
    Failure.AMBIGUOUS: f"nothing ran, and the site did not say why; it is taken as a refusal: {VO}, and ask the site",
    Failure.PAYLOAD: f"your payload ran; how it ended is its own: {NOBODY} but for its result",
    Failure.TRACELESS: f"the site could not have recorded a run, so nothing ran: {SITE}{_AGAIN}",
}
_NOT_THE_USER = f"the site let this pilot run nothing, whoever's payload it is: {VO}{_AGAIN}"
_NOBODYS = f"the site gave an account that its worker node does not have or may not use, so nothing ran: {SITE}"
_OF_REASON: Mapping[str, str] = {
    "banned": f"you are banned at the site, so nothing ran: {YOU}, ask its security contact",
    "credential-refused": f"the site does not accept your credential, so nothing ran: {YOU}, check and renew it",
    "credential-expired": f"your credential has expired, so nothing ran: {YOU}, renew it",
    "not-mapped": f"the site has no account for you or your VO, so nothing ran: {YOU}, ask your VO whether it may",
    "no-rule": f"no rule of the site is about you, so nothing ran: {YOU}, ask your VO whether the site serves it",
    "called-by-root": _NOT_THE_USER,
    "caller-not-listed": _NOT_THE_USER,
    "account-differs": _NOT_THE_USER,
    "account-refused": _NOBODYS,
    "account-missing": _NOBODYS,
    "pool-exhausted": f"the site has no account left for you at the moment, so nothing ran: {SITE}{_AGAIN}",
    "pool-contended": f"too many first payloads came to the site at once, so nothing ran: {NOBODY}{_AGAIN}",
    "caller-left": f"the pilot went away before your payload began, so nothing ran: {NOBODY}{_AGAIN}",
    **dict.fromkeys(
        ("installation", "configuration", "policy-files", "lcmaps-broken", "switch-failed", "epilogue-failed"),
        f"what changes accounts at the site is broken, so nothing ran: {SITE}{_AGAIN}",
    ),
    **dict.fromkeys(
        ("no-resources", "no-folder", "no-private-folder", "no-tracking-gid"),
        f"the worker node lacked what your payload needs to begin, so nothing ran: {SITE}{_AGAIN}",
    ),
    "command-unusable": f"your payload's command cannot be run there: {YOU}, name a program that the node has",
    "not-executable": f"your payload's command cannot be run there: {YOU}, name a program that the node has",
}

BARRED = f"your VO has banned you, so nothing of yours is run: {YOU}, ask its operators why"
BYPASSED = (
    f"your payload ran in the pilot's account, not kept apart from others, since what changes accounts failed: {SITE}"
)
LOST = f"the pilot was ended while your payload was with it; it may have run: {VO}"
HUNG = f"your payload did not begin or end in its time, and was ended: {YOU}, ask for more time if it needs it"
WAITS = f"your payload waits or runs: {NOBODY}"


def advice(failure: Failure, cause: Cause | None = None) -> str:
    """What its owner is told of a payload after a call that came to this; a cause that is told says more."""
    said = _OF_REASON.get(cause.reason) if cause else None
    return said if said and failure is not Failure.PAYLOAD else _OF_CLASS[failure]


_DETAILS: Mapping[str, str] = {
    "a path": r"(?<![\w])/(?:\w[\w.-]*/)+\w|/(?:etc|usr|var|tmp|dev|home)\b",
    "a word from inside": r"(?i)\b(lcmaps|lcas|glexec|syslog|gridmap\w*|errno|setuid|uid|pid|plug-?in)\b",
    "a file of the site's": r"\b[\w-]+\.(mod|db|conf|pem|py|so|log)\b",
    "an address": r"\b\d{1,3}(\.\d{1,3}){3}\b",
    "an exit code": r"\b(20[1-4]|12[5-7])\b",
    "a name in a certificate": r"/(?:DC|O|CN)=",
    "a traceback": r"Traceback|\bFile \"|Error:|Exception",
    "a riddle": r"(?i)the reason can be found|unknown error|something went wrong|contact support",
}
LONGEST = 240
"""Letters of what a user reads."""


def riddles(text: str) -> list[str]:
    """What is wrong with a message to a user: nobody who has to act, details that only a site can use, too long.

    >>> riddles("status 203: LCMAPS failed; the reason can be found in the syslog")
    ['nobody who has to act', 'a word from inside', 'an exit code', 'a riddle']
    """
    wrong = [] if any(actor in text for actor in ACTORS) else ["nobody who has to act"]
    wrong += [name for name, pattern in _DETAILS.items() if re.search(pattern, text)]
    wrong += [f"more than {LONGEST} letters"] if len(text) > LONGEST else []
    return wrong + (["more than one line"] if "\n" in text.strip() else [])
