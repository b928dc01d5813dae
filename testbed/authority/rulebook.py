"""Decides: the first rule that applies, over the policies of several PAPs in order."""

import re
from collections.abc import Hashable, Sequence
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


_Trait = tuple[Kind, Hashable]
"""Something that a subject has and a rule may ask for, such as (Kind.VO, "alpha")."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A rule, ready to be held against a subject."""

    traits: frozenset[_Trait]
    patterns: tuple[tuple[Kind, Fqan], ...]
    """What cannot be looked up: attributes with ``*``."""
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class _Facts:
    """A subject, ready to have rules held against it."""

    traits: frozenset[_Trait]
    fqans: tuple[Fqan, ...]
    primary: Fqan | None

    def meet(self, entry: _Entry) -> bool:
        """Whether all that a rule asks for is there."""
        return entry.traits <= self.traits and all(self._fits(kind, pattern) for kind, pattern in entry.patterns)

    def _fits(self, kind: Kind, pattern: Fqan) -> bool:
        if kind is Kind.PRIMARY:
            return self.primary is not None and pattern.fits(self.primary)
        return any(map(pattern.fits, self.fqans))


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
            if facts.meet(entry):
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
    asked = [_asked(kind, value) for kind, value in rule.attributes]
    patterns = tuple((kind, value) for kind, value in asked if isinstance(value, Fqan) and value.is_pattern)
    traits = frozenset(asked) - frozenset(patterns)
    return _Entry(traits, patterns, _ruling(resource, action, rule))


def _ruling(resource: Resource, action: Action, rule: Rule) -> Ruling:
    words = f"rule {rule.effect} {{ {' '.join(f'{kind}={value}' for kind, value in rule.attributes)} }}"
    if rule.effect is Effect.DENY:
        everywhere = resource.value == action.value == ANYTHING
        return Ruling(Decision.DENY, reason="banned" if everywhere else "rule", message=words)
    mapping = any(obligation.name == MAP for obligation in (*resource.obligations, *action.obligations))
    return Ruling(Decision.PERMIT, mapping, message=words)


def _asked(kind: Kind, value: str) -> _Trait:
    match kind:
        case Kind.SUBJECT | Kind.ISSUER:
            return kind, canonical(value)
        case Kind.VO:
            return kind, value
        case Kind.FQAN | Kind.PRIMARY:
            return kind, fqan(value)


@lru_cache(maxsize=1024)
def _facts(dn: str, issuer: str, fqans: tuple[str, ...]) -> _Facts:
    known = [fqan(name) for name in fqans]
    primary = known[0] if known else None
    traits: set[_Trait] = {(Kind.SUBJECT, canonical(dn)), (Kind.ISSUER, canonical(issuer)), (Kind.PRIMARY, primary)}
    traits |= {(Kind.VO, vo_of(name)) for name in fqans} | {(Kind.FQAN, this) for this in known}
    nothing = {(Kind.SUBJECT, ()), (Kind.ISSUER, ()), (Kind.VO, ""), (Kind.FQAN, None), (Kind.PRIMARY, None)}
    return _Facts(frozenset(traits - nothing), tuple(this for this in known if this is not None), primary)
