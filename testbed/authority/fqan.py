"""VOMS attributes as Argus compares them: by group and role, ``*`` for what is left open; capabilities do not count."""

from dataclasses import dataclass
from functools import lru_cache

NULL = "NULL"


@dataclass(frozen=True, slots=True)
class Fqan:
    """An attribute, or in a policy or map file the pattern of one.

    As in FQAN.java of argus-pdp-pep-common: ``/alpha/*`` is the group and all below it, ``Role=*`` and ``Role=prod*``
    stand for roles, and a pattern without a role fits attributes without a role only. (That a rule for
    ``Role=production`` fits ``Role=prod`` there as well is not reproduced.)
    """

    group: str
    role: str = NULL

    @property
    def is_pattern(self) -> bool:
        """Whether it leaves something open."""
        return self.group.endswith("/*") or self.role.endswith("*")

    def fits(self, other: "Fqan") -> bool:
        """Whether an attribute is meant by this pattern."""
        if self.group.endswith("/*"):
            if not (other.group + "/").startswith(self.group[:-1]):
                return False
        elif other.group != self.group:
            return False
        return other.role.startswith(self.role[:-1]) if self.role.endswith("*") else other.role == self.role


@lru_cache(maxsize=4096)
def fqan(text: str) -> Fqan | None:
    """An attribute in whatever form; None for what is none.

    >>> fqan("/alpha/Role=NULL/Capability=NULL") == fqan("/alpha")
    True
    """
    if not text.startswith("/"):
        return None
    groups: list[str] = []
    named: dict[str, str] = {}
    for part in filter(None, text.strip().split("/")):
        kind, equals, value = part.partition("=")
        if not equals:
            if named:
                return None
            groups.append(part)
        elif kind.lower() not in ("role", "capability") or kind.lower() in named or "=" in value:
            return None
        else:
            named[kind.lower()] = value
    role = named.get("role", "")
    if not groups or any("*" in part for part in groups[:-1]) or "*" in role[:-1]:
        return None
    if "*" in groups[-1] and (groups[-1] != "*" or len(groups) == 1):
        return None
    return Fqan("/" + "/".join(groups), NULL if role.upper() in ("", NULL) else role)


def vo_of(text: str) -> str:
    """The VO of an attribute: ``alpha`` of ``/alpha/Role=pilot``."""
    return text.split("/", 2)[1] if text.startswith("/") else ""
