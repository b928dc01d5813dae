"""Decides: the first rule that applies, over the policies of several PAPs in order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from testbed.authority.answer import Decision
from testbed.authority.dn import canonical
from testbed.authority.fqan import Fqan, fqan, vo_of
from testbed.authority.party import Party
from testbed.authority.policy import ANYTHING, MAP, Action, Effect, Kind, Policy, Resource, Rule


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy says, before anybody is mapped."""

    decision: Decision
    mapping: bool = False
    """Whether the Permit comes with the obligation to map."""
    reason: str = "rule"
    """``rule``, ``banned`` (a rule for everything that denies) or ``no-rule``."""
    message: str = ""
    """The rule, in the language's own words."""


NO_RULE = Ruling(Decision.NOT_APPLICABLE, reason="no-rule", message="no rule applies")


@dataclass(frozen=True, slots=True)
class _Test:
    kind: Kind
    names: tuple[str, ...] = ()
    vo: str = ""
    pattern: Fqan | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    tests: tuple[_Test, ...]
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class _Facts:
    """A subject, ready to be compared."""

    subject: tuple[str, ...]
    issuer: tuple[str, ...]
    vos: frozenset[str]
    fqans: tuple[Fqan, ...]
    primary: Fqan | None

    def meet(self, test: _Test) -> bool:
        match test.kind:
            case Kind.SUBJECT:
                return self.subject == test.names
            case Kind.ISSUER:
                return self.issuer == test.names
            case Kind.VO:
                return test.vo in self.vos
            case Kind.FQAN:
                return test.pattern is not None and any(test.pattern.fits(this) for this in self.fqans)
            case Kind.PRIMARY:
                return test.pattern is not None and self.primary is not None and test.pattern.fits(self.primary)


class Rulebook:
    """Policies, the first one asked first, made ready to be asked."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._sections = [
            (resource.value, action.value, tuple(_entry(resource, action, rule) for rule in action.rules))
            for policy in policies
            for resource in policy.resources
            for action in resource.actions
        ]
        self._applicable = lru_cache(maxsize=256)(self._select)

    def ruling(self, subject: Party, resource: str, action: str | None) -> Ruling:
        """What the first applicable rule says; without an action, which GUMS does not ask for, the rules of any."""
        facts = _facts(subject.dn, subject.issuer, subject.fqans)
        for entry in self._applicable(resource, action):
            if all(map(facts.meet, entry.tests)):
                return entry.ruling
        return NO_RULE

    def _select(self, resource: str, action: str | None) -> tuple[_Entry, ...]:
        return tuple(
            entry
            for resources, actions, entries in self._sections
            if re.fullmatch(resources, resource) and (action is None or re.fullmatch(actions, action))
            for entry in entries
        )


def _entry(resource: Resource, action: Action, rule: Rule) -> _Entry:
    tests = tuple(_test(kind, value) for kind, value in rule.attributes)
    words = f"rule {rule.effect} {{ {' '.join(f'{kind}={value}' for kind, value in rule.attributes)} }}"
    if rule.effect is Effect.DENY:
        everywhere = resource.value == action.value == ANYTHING
        return _Entry(tests, Ruling(Decision.DENY, reason="banned" if everywhere else "rule", message=words))
    mapping = any(obligation.name == MAP for obligation in (*resource.obligations, *action.obligations))
    return _Entry(tests, Ruling(Decision.PERMIT, mapping, message=words))


def _test(kind: Kind, value: str) -> _Test:
    match kind:
        case Kind.SUBJECT | Kind.ISSUER:
            return _Test(kind, names=canonical(value))
        case Kind.VO:
            return _Test(kind, vo=value)
        case Kind.FQAN | Kind.PRIMARY:
            return _Test(kind, pattern=fqan(value))


@lru_cache(maxsize=1024)
def _facts(dn: str, issuer: str, fqans: tuple[str, ...]) -> _Facts:
    known = tuple(fqan(name) for name in fqans)
    return _Facts(
        canonical(dn),
        canonical(issuer),
        frozenset(vo_of(name) for name in fqans),
        tuple(this for this in known if this is not None),
        known[0] if known else None,
    )
