"""lcmaps.db is read as LCMAPS reads it, with the line of everything."""

import pytest

from testbed.site.pdl import parse

TEXT = b"""\
# comment
path = /usr/lib/lcmaps
good = "lcmaps_dummy_good.mod" "--dummy-username nobody"   # comment
proxy = "lcmaps_verify_proxy.mod"
        " -certdir /etc/grid-security/certificates "
        "--allow-limited-proxy"
one:
proxy -> good | other
~good -> proxy
two: good->proxy
"""


def test_modules_policies_and_rules_have_their_lines() -> None:
    database = parse(TEXT)
    good, proxy = database.modules
    assert (good.alias, good.file, good.line) == ("good", "lcmaps_dummy_good.mod", 3)
    assert good.argument("--dummy-username") == "nobody"
    assert proxy.argument("-certdir") == "/etc/grid-security/certificates"
    assert proxy.arguments[-1] == "--allow-limited-proxy"
    assert [(policy.name, policy.line) for policy in database.policies] == [("one", 7), ("two", 10)]
    assert [(r.state, r.then, r.otherwise, r.line) for r in database.policies[0].rules] == [
        ("proxy", "good", "other", 8),
        ("good", "proxy", None, 9),
    ]
    assert database.policies[1].aliases == {"good", "proxy"}
    assert database.flaws == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a = "x.mod\np:\na -> a\n', 1),
        ("p:\na\na -> b\n", 2),
        ("p:\na ->\n= 5\na -> b\n", 3),
        ("p:\na -> b |\n", 3),
        ("p:\nb -> a\n= 5\n", 3),
        ("c =\np:\na -> b\n", 2),
        ("p :\na -> b\n", 1),
        ("p-q:\na -> b\n", 1),
        ('a-b = "x.mod"\np:\na -> b\n', 1),
        ("p:\r\na -> b\n", 1),
        ('a = "x.mod"\na -> b\n', 2),
    ],
)
def test_the_line_that_lcmaps_stops_at_is_the_first_flaw(text: str, line: int) -> None:
    assert parse(text.encode()).flaws[0].line == line


@pytest.mark.parametrize("text", ["p: a->b|c", "p:\na ->\nb |\n c", 'p: a -> b | c path = "/x"'])
def test_blanks_and_line_ends_mean_nothing(text: str) -> None:
    database = parse(text.encode())
    (rule,) = database.policies[0].rules
    assert (rule.state, rule.then, rule.otherwise, database.flaws) == ("a", "b", "c", ())


def test_a_module_needs_no_quotes_where_it_has_no_arguments() -> None:
    (module,) = parse(b"a = lcmaps_dummy_bad.mod\n").modules
    assert (module.file, module.arguments) == ("lcmaps_dummy_bad.mod", ())


def test_the_first_word_is_the_module_wherever_the_quotes_are() -> None:
    """LCMAPS joins the strings by a blank and cuts the module off at the first one (observed with 1.6.6)."""
    one, several = (
        parse(f"path = /usr/lib/lcmaps\ngood = {text}\np:\ngood -> bad\n".encode()).modules[0]
        for text in ('"lcmaps_dummy_good.mod --dummy-uid 1"', '"lcmaps_dummy_good.mod" "--dummy-uid" "1"')
    )
    assert one == several


def test_nothing_at_all_is_read_as_nothing() -> None:
    assert parse(b"") == parse(b"\n# only this")
