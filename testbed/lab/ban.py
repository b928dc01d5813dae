"""Banning somebody at the demo's authority, and what keeps the ban from biting at once."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.lab.authority import AuthorityHost

LOCAL, CENTRAL = "local", "central"
"""The PAPs: the site's own, and the one whose policies it fetches."""

_DN = re.compile(r"/[A-Za-z.0-9]+=|[A-Za-z.0-9]+=[^/]*(,|$)")


@dataclass(frozen=True, slots=True)
class Cache:
    """What still holds the old policy, or an answer by it: its word, when that ends, the command that ends it."""

    word: str
    waits: str
    command: str


CACHES = (
    Cache("pap_poll", "the site's PAP looks at the central one", "pap-admin refresh-cache"),
    Cache("pdp_retention", "the PDP asks the site's PAP", "pdpctl reloadPolicy"),
    Cache("pepd", "the PEP daemon forgets what it has answered", "pepdctl clearResponseCache"),
)
"""In the order in which a policy travels."""


def meant(who: str) -> tuple[str, str]:
    """By what somebody is named: a DN in either form, an FQAN, or else a VO.

    >>> meant("/alpha/Role=production")
    ('fqan', '/alpha/Role=production')
    >>> meant("/DC=org/CN=Jane Doe")[0], meant("CN=Jane Doe,DC=org")[0], meant("alpha")[0]
    ('subject', 'subject', 'vo')
    """
    if _DN.match(who):
        return "subject", who
    return ("fqan" if who.startswith("/") else "vo"), who


def ban(
    hosts: tuple[AuthorityHost, ...], who: str, pap: str, *, undo: bool = False, now: bool = False
) -> Iterator[str]:
    """Ban (or not any more) at every host; what was done and what is between, a line each."""
    kind, value = meant(who)
    for host in hosts:
        act = host.control.unban if undo else host.control.ban
        act(kind, value, pap)
        done = "is banned no more" if undo else "is banned"
        yield f'{host.label} ({host.name}): {kind} "{value}" {done} at the {pap} PAP'
        if now:
            host.control.clear_caches()
    if now:
        yield "its caches are cleared: the next question is answered by the policy as it is now"
        return
    for host in hosts[:1]:
        yield from _between(host.control.lifetimes(), pap)
    yield "with --now they would have done so at once" if undo else "say it again with --now and they do so at once"


def _between(lifetimes: Mapping[str, object], pap: str) -> Iterator[str]:
    caches = CACHES if pap == CENTRAL else CACHES[1:]
    yield "services that keep no copies (SCAS, GUMS) know it at once; Argus when"
    for cache in caches:
        within = f"within {float(str(lifetimes[cache.word])):g} s"
        yield f"  {cache.waits:<45} {within:<16} {cache.command}"


@contextlib.contextmanager
def closing(hosts: tuple[AuthorityHost, ...]) -> Iterator[tuple[AuthorityHost, ...]]:
    """The hosts, their connections closed afterwards; the containers stay."""
    try:
        yield hosts
    finally:
        for host in hosts:
            host.control.close()
