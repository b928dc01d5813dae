"""The policy language is read as Argus reads it, and a policy is printed so that it says the same again."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.authority.language import parse
from testbed.authority.policy import MAP, Action, Effect, Kind, Obligation, Policy, Resource, Rule
from testbed.model.problem import Problem

WORKER_NODE = """
# Who may run here.
resource "http://example.org/wn" {
    description "worker nodes"
    obligation "http://glite.org/xacml/obligation/local-environment-map" {}

    action 'http://glite.org/xacml/action/execute' {   # what glexec asks for
        rule permit { pfqan = "/alpha/Role=pilot" }
        rule permit { vo = beta  subject-issuer = "CN=CA,O=Grid" }
        rule deny { fqan = /alpha/test }
    }
}
resource .* { private action .* { rule deny { subject="/O=Grid/CN=Mallory" } } }
"""


def test_every_part_of_the_language_is_read() -> None:
    assert parse(WORKER_NODE) == Policy(
        (
            Resource(
                "http://example.org/wn",
                (
                    Action(
                        "http://glite.org/xacml/action/execute",
                        (
                            Rule(Effect.PERMIT, ((Kind.PRIMARY, "/alpha/Role=pilot"),)),
                            Rule(Effect.PERMIT, ((Kind.VO, "beta"), (Kind.ISSUER, "CN=CA,O=Grid"))),
                            Rule(Effect.DENY, ((Kind.FQAN, "/alpha/test"),)),
                        ),
                    ),
                ),
                (Obligation(MAP),),
                "worker nodes",
            ),
            Resource(
                ".*",
                (Action(".*", (Rule(Effect.DENY, ((Kind.SUBJECT, "/O=Grid/CN=Mallory"),)),), private=True),),
            ),
        )
    )


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n"])
def test_a_file_without_a_resource_has_no_rules(text: str) -> None:
    assert parse(text) == Policy()


def test_an_obligation_stands_in_an_action_as_well() -> None:
    policy = parse('resource a { action b { obligation c { d="e" f=g } rule permit { vo=h } } }')
    assert policy.resources[0].actions[0].obligations == (Obligation("c", (("d", "e"), ("f", "g"))),)


@pytest.mark.parametrize(
    ("text", "place", "found", "expected"),
    [
        ("rule permit {}", "line 1, column 1", "rule", "resource"),
        ("/* no */", "line 1, column 1", "/*", "resource"),
        ("// no", "line 1, column 1", "//", "resource"),
        ("resource a {\n  action b {\n    rule permt { vo=x }", "line 3, column 10", "permt", "permit or deny"),
        ("resource a {\n\taction b { rule deny { vp=x } } }", "line 2, column 25", "vp", "one of subject, "),
        ("resource a { action b { rule deny { vo x } } }", "line 1, column 40", "x", '"="'),
        ("resource a { action b { rule deny { } } }", "line 1, column 37", "}", "an attribute"),
        ("resource a { action b { } }", "line 1, column 25", "}", "description or obligation or rule"),
        ("resource a { }", "line 1, column 14", "}", "description or obligation or action or private"),
        ("resource a { action b { rule deny { vo=x } }", "line 1, column 45", "the end of the file", '"}"'),
        ('resource a { action "b\n" {', "line 1, column 21", '"b', 'another " on this line'),
        (r'resource "a\.b" {', "line 1, column 10", '"a', "backslashes only before"),
        ("resource a ; {", "line 1, column 12", ";", "a keyword, a value"),
        ("resource ( {", "line 1, column 10", "(", "a keyword, a value"),
        ('resource "(" {', "line 1, column 10", '"("', "a regular expression"),
        ("resource a { action b { rule deny { fqan=alpha } } }", "line 1, column 42", "alpha", "an FQAN"),
        ('resource a { action b { rule deny { subject="Jane" } } }', "line 1, column 45", '"Jane"', "a DN"),
        ('resource a { action b { rule deny { vo="" } } }', "line 1, column 40", '""', "something"),
        ("resource permit { action b { rule deny { vo=x } } }", "line 1, column 10", "permit", "a value"),
        (
            "resource a { action b { rule deny { vo=x obligation c {} } } }",
            "line 1, column 42",
            "obligation",
            "an attribute",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, place: str, found: str, expected: str) -> None:
    with pytest.raises(Problem) as problem:
        parse(text, "policy.spl")
    assert problem.value.where == f"policy.spl, {place}"
    assert problem.value.found.startswith(found)
    assert expected in problem.value.expected


def test_a_word_that_is_nearly_right_comes_with_the_right_one() -> None:
    with pytest.raises(Problem, match="this is no policy") as problem:
        parse("resource a { action b { rule deny { subjct=x } } }")
    assert problem.value.remedy == "say subject"


# What stands between quotation marks: escape sequences whole, and one kind of mark at most.
texts = st.lists(st.sampled_from(["a", " ", "#", "{", "é", "\\n", "\\\\", '\\"', "'", "\\07"]), max_size=6).map("".join)
names = (
    st.lists(st.sampled_from(["a", "b", ".*", "/", ":", "é", " "]), min_size=1, max_size=5)
    .map("".join)
    .filter(lambda text: "***" not in text)
)
values = {
    Kind.SUBJECT: st.sampled_from(["/O=Grid/CN=Jane Doe", "CN=Jane Doe,O=Grid"]),
    Kind.ISSUER: st.sampled_from(["/O=Grid/CN=CA", "CN='CA',O=Grid"]),
    Kind.VO: st.sampled_from(["alpha", "vo.example.org"]),
    Kind.FQAN: st.sampled_from(["/alpha", "/alpha/*", "/alpha/Role=*"]),
    Kind.PRIMARY: st.sampled_from(["/alpha/Role=pilot", "/alpha/Role=NULL/Capability=NULL"]),
}
attributes = st.sampled_from(list(Kind)).flatmap(lambda kind: st.tuples(st.just(kind), values[kind]))
rules = st.builds(Rule, st.sampled_from(Effect), st.lists(attributes, min_size=1, max_size=3).map(tuple))
obligations = st.lists(
    st.builds(Obligation, names, st.lists(st.tuples(names, texts), max_size=2).map(tuple)), max_size=2
).map(tuple)
actions = st.builds(
    Action, names, st.lists(rules, min_size=1, max_size=3).map(tuple), obligations, texts, st.booleans()
)
resources = st.builds(Resource, names, st.lists(actions, min_size=1, max_size=2).map(tuple), obligations, texts)
policies = st.builds(Policy, st.lists(resources, max_size=2).map(tuple))


@given(policies)
@settings(deadline=None)
def test_a_printed_policy_says_the_same(policy: Policy) -> None:
    assert parse(str(policy)) == policy


@given(st.text("resourcactinlpmdyvqfg {}=\"'#\\\n.*/", max_size=60))
@settings(deadline=None)
def test_no_text_makes_the_reader_fail_otherwise_than_with_a_problem(text: str) -> None:
    try:
        policy = parse(text)
    except Problem:
        return
    assert parse(str(policy)) == policy


def test_the_policy_of_the_documentation_is_one() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "authority.md").read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("    # Who may run"))
    block = "\n".join(lines[start : lines.index("", start)])
    assert [resource.actions[0].rules[0].effect for resource in parse(block).resources] == [Effect.DENY]
