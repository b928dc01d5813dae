"""Who gets which account: the map files as Argus' PEP daemon reads and uses them (from its source)."""

import pytest

from testbed.authority.mapfile import read_mapfile
from testbed.authority.mapping import Mapped, Mapper, MapRules, NotMapped
from testbed.authority.party import Party
from testbed.model.problem import Problem

JANE = "/DC=org/O=Grid/CN=Jane"


def mapped(accounts: str, groups: str, *fqans: str, dn: str = JANE, rules: MapRules | None = None) -> Mapped:
    lines, group_lines = read_mapfile(accounts.encode(), "grid-mapfile"), read_mapfile(groups.encode(), "groupmapfile")
    return Mapper(lines, group_lines, rules=rules or MapRules()).map(Party(dn, fqans=fqans))


@pytest.mark.parametrize(
    ("accounts", "fqans", "user"),
    [
        (f'"{JANE}" jane\n"/alpha" alpha\n', ("/alpha",), "jane"),
        (f'"/alpha" alpha\n"{JANE}" jane\n', ("/alpha",), "jane"),
        ('"CN=jane,O=Grid,DC=org" jane\n', (), "jane"),
        ('"/alpha/Role=NULL/Capability=NULL" alpha\n', ("/alpha",), "alpha"),
        ('"/alpha" one\n"/alpha/Role=*" two\n', ("/alpha",), "one"),
        ('"/alpha/Role=*" two\n"/alpha" one\n', ("/alpha",), "two"),
        ('"/alpha" member\n"/alpha/Role=pilot" pilot\n', ("/alpha/Role=pilot", "/alpha"), "pilot"),
        ('"/alpha" one,two\n', ("/alpha",), "one"),
        (r'"/O=Grid/CN=a\x20b" hex' + "\n", (), "hex"),
    ],
)
def test_a_line_for_the_dn_comes_before_one_for_the_primary_attribute(
    accounts: str, fqans: tuple[str, ...], user: str
) -> None:
    dn = "/O=Grid/CN=a b" if user == "hex" else JANE
    assert mapped(accounts, "", *fqans, dn=dn).user == user


def test_a_site_may_prefer_the_attribute() -> None:
    accounts = f'"{JANE}" jane\n"/alpha" alpha\n'
    assert mapped(accounts, "", "/alpha", rules=MapRules(prefer_dn=False)).user == "alpha"
    assert mapped(accounts, "", "/beta", rules=MapRules(prefer_dn=False)).user == "jane"


@pytest.mark.parametrize("fqans", [(), ("/beta",), ("/beta", "/alpha"), ("/alpha/Role=pilot", "/alpha")])
def test_only_the_primary_attribute_counts_for_the_account(fqans: tuple[str, ...]) -> None:
    with pytest.raises(NotMapped, match="no line of the grid-mapfile"):
        mapped('"/alpha" alpha\n"/alpha/*" alpha\n', "", *fqans)


GROUPS = '"/alpha" alpha\n"/alpha/Role=pilot" pilots\n"/alpha/sub" sub,more\n'


@pytest.mark.parametrize(
    ("fqans", "group", "groups"),
    [
        (("/alpha",), "alpha", ()),
        (("/alpha/Role=pilot", "/alpha"), "pilots", ("alpha",)),
        (("/alpha/Role=pilot", "/alpha/sub", "/alpha"), "pilots", ("alpha", "sub", "more")),
        (("/alpha/sub", "/alpha"), "sub", ("more", "alpha")),
        (("/beta",), "", ()),
        ((), "", ()),
    ],
)
def test_the_primary_attribute_gives_the_group_and_the_others_the_rest(
    fqans: tuple[str, ...], group: str, groups: tuple[str, ...]
) -> None:
    assert mapped(f'"{JANE}" jane\n', GROUPS, *fqans) == Mapped("jane", group, groups)


def test_a_line_for_the_dn_gives_the_first_group_unless_the_site_says_otherwise() -> None:
    groups = f'{GROUPS}"{JANE}" special\n'
    assert mapped(f'"{JANE}" jane\n', groups, "/alpha") == Mapped("jane", "special", ("alpha",))
    last = MapRules(prefer_dn_group=False)
    assert mapped(f'"{JANE}" jane\n', groups, "/alpha", rules=last) == Mapped("jane", "alpha", ("special",))


def test_a_site_may_demand_a_group() -> None:
    with pytest.raises(NotMapped, match="no line of the groupmapfile"):
        mapped(f'"{JANE}" jane\n', GROUPS, "/beta", rules=MapRules(group_needed=True))


def test_a_pool_without_a_gridmapdir_has_no_accounts() -> None:
    with pytest.raises(NotMapped, match="no gridmapdir"):
        mapped('"/alpha" .alpha\n', "", "/alpha")


@pytest.mark.parametrize(
    ("line", "found", "expected"),
    [
        ("/alpha .alpha", "/alpha", "double quotes"),
        ('"/alpha', "a line of another form", "double quotes"),
        ('"/alpha"', "nothing", "an account"),
        ('"" x', "nothing", "a DN, or an FQAN"),
        ('"/a*b" x', "/a*b", "a DN, or an FQAN"),
        ('"*" x', "*", "a DN, or an FQAN"),
        ('"/alpha" x # y', "x # y", "an account"),
        ('"/alpha" x,', "nothing", "an account"),
        ('"/alpha" ../x', "../x", "an account"),
        (r'"/O=a/CN=\q" x', r"\q", "one of"),
        ('"/first" x', "/first", "every name once"),
    ],
)
def test_what_argus_would_not_read_is_named_with_its_line(line: str, found: str, expected: str) -> None:
    with pytest.raises(Problem, match="cannot read") as problem:
        read_mapfile(f'# accounts\n"/first" x\n\n{line}\n'.encode(), "grid-mapfile")
    assert problem.value.where == "grid-mapfile, line 4"
    assert problem.value.found == found
    assert expected in problem.value.expected
