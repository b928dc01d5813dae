"""A policy in the words of Argus' simplified policy language, and how it is printed."""

import re
from dataclasses import dataclass
from enum import StrEnum

from testbed.authority.dn import canonical
from testbed.authority.fqan import fqan
from testbed.model.problem import Problem

MAP = "http://glite.org/xacml/obligation/local-environment-map"
"""The obligation that makes the service name an account."""
ANYTHING = ".*"
QUOTED = re.compile(r"""(?P<mark>["'])(?:\\[ntbrf\\'"0-7]|(?!(?P=mark))[^\\\n\r])*(?P=mark)""")
"""A value between quotation marks of either kind, as the grammar of argus-pap (bwparser.jj) has it."""


class Effect(StrEnum):
    """What a rule says."""

    PERMIT = "permit"
    DENY = "deny"


class Kind(StrEnum):
    """By what a rule names a subject: of the attributes in Argus' attribute-mappings.ini those that are documented."""

    SUBJECT = "subject"
    ISSUER = "subject-issuer"
    VO = "vo"
    FQAN = "fqan"
    PRIMARY = "pfqan"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: it applies when all its attributes fit."""

    effect: Effect
    attributes: tuple[tuple[Kind, str], ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the client has to do with a Permit."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """The rules for one action, or for those that a regular expression fits."""

    value: str
    rules: tuple[Rule, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    description: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """The actions on one resource, or on those that a regular expression fits."""

    value: str
    actions: tuple[Action, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one PAP holds. The order counts: the first rule that applies decides."""

    resources: tuple[Resource, ...] = ()

    def __str__(self) -> str:
        """As ``pap-admin list-policies`` prints it, and as it can be read again."""
        return "\n".join(line for resource in self.resources for line in [*_resource(resource), ""])


def faulty(kind: Kind, value: str) -> str:
    """What is wrong with the value of an attribute, in words; "" where nothing is."""
    if kind in (Kind.FQAN, Kind.PRIMARY) and fqan(value) is None:
        return "an FQAN: /vo[/group...][/*][/Role=name]"
    if kind in (Kind.SUBJECT, Kind.ISSUER) and not canonical(value):
        return "a DN: /DC=org/CN=Jane Doe or CN=Jane Doe,DC=org"
    return "" if value else "something"


def _resource(resource: Resource) -> list[str]:
    body = [*_described(resource.description), *_obligations(resource.obligations)]
    for action in resource.actions:
        body += [f"{'private ' if action.private else ''}action {quoted(action.value)} {{", *_action(action), "}"]
    return [f"resource {quoted(resource.value)} {{", *(f"    {line}" for line in body), "}"]


def _action(action: Action) -> list[str]:
    body = [*_described(action.description), *_obligations(action.obligations)]
    for rule in action.rules:
        named = " ".join(f"{kind}={quoted(value)}" for kind, value in rule.attributes)
        body.append(f"rule {rule.effect} {{ {named} }}")
    return [f"    {line}" for line in body]


def _obligations(obligations: tuple[Obligation, ...]) -> list[str]:
    return [
        f"obligation {quoted(this.name)} {{"
        + "".join(f" {quoted(name)}={quoted(value)}" for name, value in this.attributes)
        + " }"
        for this in obligations
    ]


def _described(text: str) -> list[str]:
    return [f"description {quoted(text)}"] if text else []


def quoted(value: str) -> str:
    """A value between quotation marks, as it can be read again. Escape sequences stand in values as written."""
    written = next((text for text in (f'"{value}"', f"'{value}'") if QUOTED.fullmatch(text)), None)
    if written is None:
        raise Problem(
            "a policy cannot say this", found=value, expected="one line; before a backslash another backslash"
        )
    return written
