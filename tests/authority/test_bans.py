"""A ban is a rule at the top, put there and taken away as pap-admin does."""

import pytest

from testbed.authority.bans import ban, unban
from testbed.authority.language import parse
from testbed.authority.policy import Kind, Policy
from testbed.model.problem import Problem

SITE = parse("resource wn { obligation map {} action execute { rule permit { vo=alpha } } }")
JANE = "/O=Grid/CN=Jane"


def test_a_ban_goes_in_front_for_everything() -> None:
    assert str(ban(SITE, Kind.SUBJECT, JANE)).splitlines()[:5] == [
        'resource ".*" {',
        '    action ".*" {',
        f'        rule deny {{ subject="{JANE}" }}',
        "    }",
        "}",
    ]


def test_a_second_ban_stands_above_the_first_in_the_same_place() -> None:
    twice = ban(ban(SITE, Kind.SUBJECT, JANE), Kind.VO, "beta")
    assert len(twice.resources) == 2
    assert [rule.attributes for rule in twice.resources[0].actions[0].rules] == [
        ((Kind.VO, "beta"),),
        ((Kind.SUBJECT, JANE),),
    ]


def test_a_resource_for_everything_that_stands_lower_is_not_used() -> None:
    lower = Policy((*SITE.resources, *parse("resource .* { action .* { rule permit { vo=beta } } }").resources))
    assert len(ban(lower, Kind.VO, "beta").resources) == 3


def test_another_first_action_of_the_first_resource_comes_after_the_ban() -> None:
    policy = ban(parse("resource .* { action execute { rule permit { vo=alpha } } }"), Kind.FQAN, "/alpha/Role=pilot")
    assert [action.value for action in policy.resources[0].actions] == [".*", "execute"]


def test_a_ban_that_stands_already_changes_nothing() -> None:
    banned = ban(SITE, Kind.SUBJECT, JANE)
    assert ban(banned, Kind.SUBJECT, "CN=jane,O=Grid") is banned


@pytest.mark.parametrize(
    ("kind", "value", "same"),
    [
        (Kind.SUBJECT, JANE, "CN=Jane,O=Grid"),
        (Kind.ISSUER, "/O=Grid/CN=CA", "CN=CA,O=Grid"),
        (Kind.VO, "alpha", "alpha"),
        (Kind.FQAN, "/alpha", "/alpha/Role=NULL/Capability=NULL"),
        (Kind.PRIMARY, "/alpha/Role=x", "/alpha/Role=x"),
    ],
)
def test_who_is_unbanned_is_as_before(kind: Kind, value: str, same: str) -> None:
    assert unban(ban(SITE, kind, value), kind, same) == SITE


def test_of_two_bans_the_other_stays() -> None:
    one = ban(SITE, Kind.VO, "beta")
    assert unban(ban(one, Kind.SUBJECT, JANE), Kind.SUBJECT, JANE) == one


@pytest.mark.parametrize(("kind", "value"), [(Kind.SUBJECT, JANE), (Kind.VO, "beta"), (Kind.PRIMARY, "/beta")])
def test_nobody_is_unbanned_who_is_not_banned(kind: Kind, value: str) -> None:
    with pytest.raises(Problem, match="ban policy not found"):
        unban(ban(SITE, Kind.FQAN, "/beta"), kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Kind.SUBJECT, "Jane"), (Kind.FQAN, "beta"), (Kind.VO, ""), (Kind.VO, 'a\nb"'), (Kind.VO, "a\\")],
)
def test_what_no_rule_can_say_is_not_banned(kind: Kind, value: str) -> None:
    with pytest.raises(Problem):
        ban(SITE, kind, value)
