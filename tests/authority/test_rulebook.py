"""The first rule that applies decides; the expected decisions are those of Argus' documentation, or follow from it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.authority.answer import Decision
from testbed.authority.dn import canonical
from testbed.authority.fqan import fqan, vo_of
from testbed.authority.language import parse
from testbed.authority.party import Party
from testbed.authority.policy import Action, Effect, Kind, Policy, Resource, Rule
from testbed.authority.rulebook import Rulebook

MAP = 'obligation "http://glite.org/xacml/obligation/local-environment-map" {}'
JANE = "/O=Grid/CN=Jane"
PERMIT, DENY, NOTHING = Decision.PERMIT, Decision.DENY, Decision.NOT_APPLICABLE


def decision(rules: str, *fqans: str, dn: str = JANE, issuer: str = "/O=Grid/CN=CA") -> Decision:
    book = Rulebook([parse(f"resource wn {{ action execute {{ {rules} }} }}")])
    return book.ruling(Party(dn, issuer, fqans), "wn", "execute").decision


@pytest.mark.parametrize(
    ("rules", "fqans", "expected"),
    [
        ("rule permit { vo=alpha }", ("/alpha",), PERMIT),
        ("rule permit { vo=alpha }", ("/alpha/sub/Role=x",), PERMIT),
        ("rule permit { vo=alpha }", ("/beta", "/alpha"), PERMIT),
        ("rule permit { vo=alpha }", ("/beta",), NOTHING),
        ("rule permit { vo=alpha }", (), NOTHING),
        ("rule permit { fqan=/alpha }", ("/alpha/Role=x", "/alpha"), PERMIT),
        ("rule permit { pfqan=/alpha }", ("/alpha/Role=x", "/alpha"), NOTHING),
        ("rule permit { pfqan=/alpha }", ("/alpha/Role=NULL/Capability=NULL", "/alpha/Role=x"), PERMIT),
        ("rule permit { fqan=/alpha }", ("/alpha/sub",), NOTHING),
        ('rule permit { fqan="/alpha/*" }', ("/alpha/sub",), PERMIT),
        ('rule permit { subject="CN=Jane,O=Grid" }', (), PERMIT),
        ('rule permit { subject="/O=Grid/CN=Jane" }', (), PERMIT),
        ('rule permit { subject="/O=Grid/CN=Jan" }', (), NOTHING),
        ('rule permit { subject-issuer="CN=CA,O=Grid" }', (), PERMIT),
        ('rule permit { vo=alpha subject-issuer="/O=Grid/CN=Other" }', ("/alpha",), NOTHING),
        ('rule permit { vo=alpha subject-issuer="/O=Grid/CN=CA" }', ("/alpha",), PERMIT),
        ("rule permit { fqan=/alpha fqan=/beta }", ("/alpha",), NOTHING),
        ("rule permit { fqan=/alpha fqan=/beta }", ("/alpha", "/beta"), PERMIT),
        ('rule deny { pfqan="/cms/Role=pilot" } rule permit { vo=cms }', ("/cms/Role=pilot", "/cms"), DENY),
        ('rule permit { vo=cms } rule deny { pfqan="/cms/Role=pilot" }', ("/cms/Role=pilot", "/cms"), PERMIT),
        ("rule permit { vo=alpha }", ("no attribute",), NOTHING),
    ],
)
def test_the_first_rule_whose_attributes_all_fit_decides(
    rules: str, fqans: tuple[str, ...], expected: Decision
) -> None:
    assert decision(rules, *fqans) is expected


@pytest.mark.parametrize(
    ("resource", "action", "expected"),
    [
        ("http://example.org/wn", "execute", PERMIT),
        ("http://example.org/wn2", "execute", NOTHING),
        ("xhttp://example.org/wn", "execute", NOTHING),
        ("http://example.org/ce-17", "anything", DENY),
        ("http://example.org/ce-17", "", DENY),
        ("http://example.org/wn", "queue", NOTHING),
    ],
)
def test_resource_and_action_are_fitted_as_a_whole(resource: str, action: str, expected: Decision) -> None:
    book = Rulebook(
        [
            parse(
                'resource "http://example.org/wn" { action execute { rule permit { vo=alpha } } }'
                'resource "http://example.org/ce-[0-9]+" { action .* { rule deny { vo=alpha } } }'
            )
        ]
    )
    assert book.ruling(Party(JANE, fqans=("/alpha",)), resource, action).decision is expected


def test_without_an_action_the_rules_of_every_action_count() -> None:
    book = Rulebook([parse("resource wn { action queue { rule permit { vo=alpha } } }")])
    assert book.ruling(Party(JANE, fqans=("/alpha",)), "wn", None).decision is PERMIT


def test_the_first_pap_is_asked_first() -> None:
    central = parse("resource .* { action .* { rule deny { subject='/O=Grid/CN=Jane' } } }")
    local = parse("resource wn { action execute { rule permit { vo=alpha } } }")
    party = Party(JANE, fqans=("/alpha",))
    assert Rulebook([central, local]).ruling(party, "wn", "execute").decision is DENY
    assert Rulebook([local, central]).ruling(party, "wn", "execute").decision is PERMIT


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        (f"resource wn {{ {MAP} action execute {{ rule permit {{ vo=alpha }} }} }}", True),
        (f"resource wn {{ action execute {{ {MAP} rule permit {{ vo=alpha }} }} }}", True),
        ("resource wn { action execute { rule permit { vo=alpha } } }", False),
        (f"resource wn {{ {MAP} action other {{ rule permit {{ vo=alpha }} }} }}"
         "resource wn { action execute { rule permit { vo=alpha } } }", False),
        ("resource wn { obligation other {} action execute { rule permit { vo=alpha } } }", False),
    ],
)  # fmt: skip
def test_a_permit_maps_where_its_resource_or_action_has_the_obligation(text: str, mapping: bool) -> None:
    ruling = Rulebook([parse(text)]).ruling(Party(JANE, fqans=("/alpha",)), "wn", "execute")
    assert (ruling.decision, ruling.mapping) == (PERMIT, mapping)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("resource .* { action .* { rule deny { vo=alpha } } }", "banned"),
        ("resource wn { action .* { rule deny { vo=alpha } } }", "rule"),
        ("resource wn { action .* { rule permit { vo=alpha } } }", "rule"),
        ("resource wn { action .* { rule permit { vo=beta } } }", "no-rule"),
    ],
)
def test_a_ruling_says_why(text: str, reason: str) -> None:
    assert Rulebook([parse(text)]).ruling(Party(JANE, fqans=("/alpha",)), "wn", "execute").reason == reason


# Few names, so that rules and subjects often meet.
DNS = st.sampled_from(["/O=Grid/CN=Jane", "CN=jane,O=Grid", "/O=Grid/CN=John"])
HELD = st.sampled_from(["/alpha", "/alpha/Role=NULL/Capability=NULL", "/alpha/Role=x", "/alpha/sub", "/beta/Role=x"])
ASKED = st.one_of(HELD, st.sampled_from(["/alpha/*", "/alpha/Role=*", "/alpha/*/Role=x*"]))
VALUES = {
    Kind.SUBJECT: DNS,
    Kind.ISSUER: DNS,
    Kind.VO: st.sampled_from(["alpha", "beta"]),
    Kind.FQAN: ASKED,
    Kind.PRIMARY: ASKED,
}
ATTRIBUTES = st.sampled_from(list(Kind)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind]))
RULES = st.builds(Rule, st.sampled_from(Effect), st.lists(ATTRIBUTES, min_size=1, max_size=3).map(tuple))
PARTIES = st.builds(Party, DNS, DNS, st.lists(HELD, max_size=3).map(tuple))


def fits(kind: Kind, value: str, party: Party) -> bool:
    """What an attribute of a rule means, read slowly."""
    if kind in (Kind.SUBJECT, Kind.ISSUER):
        return canonical(value) == canonical(party.dn if kind is Kind.SUBJECT else party.issuer)
    if kind is Kind.VO:
        return value in map(vo_of, party.fqans)
    pattern = fqan(value)
    assert pattern
    held = [fqan(name) for name in (party.fqans[:1] if kind is Kind.PRIMARY else party.fqans)]
    return any(pattern.fits(attribute) for attribute in held if attribute)


@given(st.lists(RULES, max_size=5), PARTIES)
@settings(deadline=None, max_examples=300)
def test_rules_that_are_looked_up_mean_what_they_say(rules: list[Rule], party: Party) -> None:
    book = Rulebook([Policy((Resource("wn", (Action("execute", tuple(rules)),)),))])
    first = next((rule for rule in rules if all(fits(*attribute, party) for attribute in rule.attributes)), None)
    meant = NOTHING if first is None else {Effect.PERMIT: PERMIT, Effect.DENY: DENY}[first.effect]
    assert book.ruling(party, "wn", "execute").decision is meant
