"""A policy that goes on with more modules, for scenarios that want them."""

import pytest

from testbed.site import example, pdl
from testbed.site.extension import extended

CHAIN = b"""\
a = x.mod
# two policies, and a rule that branches
first:
a -> b | c
b -> d  # the end of one branch

second:
~a -> d
"""


def test_each_end_of_each_policy_goes_on() -> None:
    database = pdl.parse(extended(CHAIN, "y.mod -n 1", "z.mod"))
    assert database.flaws == ()
    assert [(module.alias, module.file, module.arguments) for module in database.modules] == [
        ("a", "x.mod", ()),
        ("added1", "y.mod", ("-n", "1")),
        ("added2", "z.mod", ()),
    ]
    first, second = database.policies
    assert [(rule.state, rule.then, rule.otherwise) for rule in first.rules] == [
        ("a", "b", "c"),
        ("b", "d", None),
        ("c", "added1", None),
        ("d", "added1", None),
        ("added1", "added2", None),
    ]
    assert [(rule.state, rule.then) for rule in second.rules] == [("a", "d"), ("d", "added1"), ("added1", "added2")]


@pytest.mark.parametrize("name", ["setuid-gridmap", "logonly-gridmap"])
def test_the_examples_can_be_extended(name: str) -> None:
    file = example(name).file("lcmaps.db")
    assert file is not None
    before, after = pdl.parse(file.content), pdl.parse(extended(file.content, "y.mod"))
    assert after.flaws == ()
    assert after.policies[0].rules[:-1] == tuple(
        pdl.Rule(rule.state, rule.then, rule.otherwise, rule.line + 1) for rule in before.policies[0].rules
    )
