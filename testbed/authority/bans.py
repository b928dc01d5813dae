"""Bans: rules at the top of a policy that deny."""

from dataclasses import replace

from testbed.authority.dn import canonical
from testbed.authority.fqan import fqan
from testbed.authority.policy import ANYTHING, Action, Effect, Kind, Policy, Resource, Rule, faulty, quoted
from testbed.model.problem import Problem


def ban(policy: Policy, kind: Kind, value: str, resource: str = ANYTHING, action: str = ANYTHING) -> Policy:
    """The policy with a rule at its top that denies. Where it stands already the policy is the same.

    As ``pap-admin ban``: the first resource is used if it is the one named, and its first action likewise; else new
    ones are put in front.
    """
    rule = _denial(kind, value)
    first = policy.resources[0] if policy.resources else None
    if first is None or first.value != resource:
        return Policy((Resource(resource, (Action(action, (rule,)),)), *policy.resources))
    if not first.actions or first.actions[0].value != action:
        actions = (Action(action, (rule,)), *first.actions)
    elif any(_same(rule, other) for other in first.actions[0].rules):
        return policy
    else:
        actions = (replace(first.actions[0], rules=(rule, *first.actions[0].rules)), *first.actions[1:])
    return Policy((replace(first, actions=actions), *policy.resources[1:]))


def unban(policy: Policy, kind: Kind, value: str, resource: str = ANYTHING, action: str = ANYTHING) -> Policy:
    """The policy without that rule; an action or resource that holds nothing any more goes as well.

    As ``pap-admin un-ban``: only the first resource and action of these values are looked at, and it is an error when
    the rule is not there.
    """
    rule = _denial(kind, value)
    place = next((number for number, this in enumerate(policy.resources) if this.value == resource), None)
    target = policy.resources[place] if place is not None else Resource(resource)
    spot = next((number for number, this in enumerate(target.actions) if this.value == action), None)
    rules = target.actions[spot].rules if spot is not None else ()
    rest = tuple(other for other in rules if not _same(rule, other))
    if place is None or spot is None or rest == rules:
        raise Problem("ban policy not found", found=f'no rule deny {{ {kind}="{value}" }} for "{resource}", "{action}"')
    actions = list(target.actions)
    actions[spot : spot + 1] = [replace(actions[spot], rules=rest)] if rest else []
    resources = list(policy.resources)
    resources[place : place + 1] = [replace(target, actions=tuple(actions))] if actions or target.obligations else []
    return Policy(tuple(resources))


def _denial(kind: Kind, value: str) -> Rule:
    if expected := faulty(kind, value):
        raise Problem(f"this is no {kind}", found=value or "nothing", expected=expected)
    quoted(value)
    return Rule(Effect.DENY, ((kind, value),))


def _same(rule: Rule, other: Rule) -> bool:
    """Whether two rules mean the same, however the names in them are spelt."""
    return rule.effect is other.effect and _meant(rule) == _meant(other)


def _meant(rule: Rule) -> list[tuple[Kind, object]]:
    return [
        (kind, canonical(value) if kind in (Kind.SUBJECT, Kind.ISSUER) else fqan(value) or value)
        for kind, value in rule.attributes
    ]
