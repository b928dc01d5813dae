"""Map files are read as LCMAPS reads them; the expected answers were observed with LCMAPS 1.6.6."""

import pytest

from testbed.site import load_site
from testbed.site.mapfile import bans, parse

ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"
BOB = "/DC=org/DC=testbed/O=People/CN=Bob Baker"
MEMBER = ("/alpha",)
PRODUCTION = ("/alpha/Role=production", "/alpha")


@pytest.mark.parametrize(
    ("text", "member", "production"),
    [
        ('"/alpha" .alpha\n', None, None),
        ('"/alpha/*" .alpha\n', ".alpha", ".alpha"),
        ('"/alpha*" .alpha\n', ".alpha", ".alpha"),
        ('"/Alpha/*" .alpha\n', None, None),
        ('"/alpha/Role=production" .alphaprd\n', None, None),
        ('"/alpha/Role=production/Capability=NULL" .alphaprd\n', None, ".alphaprd"),
        ('"/alpha/Role=NULL" .alpha\n', None, None),
        ('"/alpha/Role=NULL/Capability=NULL" .alpha\n', ".alpha", ".alpha"),
        ('"/alpha/Role=*" .beta\n"/alpha/*" .alpha\n', ".beta", ".beta"),
        ('"/alpha/Role=NULL*" .alpha\n"/alpha/Role=production*" .alphaprd\n', ".alpha", ".alphaprd"),
        ('"/*pha/*" .alpha\n', ".alpha", ".alpha"),
        ('"/alpha/Role=?ULL/Capability=NULL" .alpha\n', ".alpha", ".alpha"),
        ('"/al\\pha/*" .alpha\n', None, None),
        ("/alpha/* .alpha\n", ".alpha", ".alpha"),
        ("'/alpha/*' .alpha\n", None, None),
        ('"/alpha/*" .alpha,.beta\n', ".alpha", ".alpha"),
        ('# c\n  "/alpha/*"\t.alpha # comment\n', ".alpha", ".alpha"),
        ('"*" .alpha\n', ".alpha", ".alpha"),
    ],
)
def test_the_first_attribute_with_a_line_decides(text: str, member: str | None, production: str | None) -> None:
    lines = parse(text.encode())
    assert (lines.target(MEMBER), lines.target(PRODUCTION)) == (member, production)


@pytest.mark.parametrize("text", ['"/alpha/*"', '"/alpha/* .alpha', "alone"])
def test_a_line_that_cannot_be_read_is_a_flaw(text: str) -> None:
    lines = parse(f"# comment\n\n{text}\n".encode())
    assert lines.mappings == ()
    assert [flaw.line for flaw in lines.flaws] == [3]


@pytest.mark.parametrize(
    ("text", "alice", "bob"),
    [
        ("", False, False),
        (f'"{ALICE}"\n', True, False),
        (f'"{ALICE}" .alpha\n', True, False),
        (f' "{BOB}" # why\n', False, True),
        (f"{ALICE}\n", False, False),
        ("/DC=org/DC=testbed/O=People/*\n", True, True),
        ('"/DC=org/DC=testbed/O=People/CN=A*r"\n', True, False),
        ('"/DC=org/DC=testbed/O=People/CN=alice archer"\n', False, False),
    ],
)
def test_a_ban_file_bans_whom_it_names(text: str, alice: bool, bob: bool) -> None:
    assert (bans(text.encode(), [ALICE]), bans(text.encode(), [BOB])) == (alice, bob)


def test_a_setuid_site_maps_its_users_to_pools(draft) -> None:
    site = draft()
    site.add(f'"{BOB}"\n', "ban_users.db")
    loaded = load_site(site.folder)
    assert loaded.pool_of(MEMBER, ALICE) == "alpha"
    assert loaded.pool_of(PRODUCTION, ALICE) == "alphaprd"
    assert loaded.pool_of(("/alpha/Role=pilot", "/alpha")) == "alpha"
    assert loaded.pool_of(("/gamma",)) is None
    assert loaded.pool_of((), ALICE) is None
    assert loaded.pool_of(MEMBER, BOB) is None


def test_pools_and_accounts_are_different_lines(draft) -> None:
    site = draft()
    site.swap('"/alpha/Role=production" .alphaprd', '"/alpha/*" beta003', "grid-mapfile")
    assert load_site(site.folder).pool_of(MEMBER) == "alpha"


def test_a_missing_ban_file_refuses_everybody(draft) -> None:
    site = draft()
    (site.folder / "ban_users.db").unlink()
    assert load_site(site.folder).pool_of(MEMBER, ALICE) is None


def test_a_log_only_site_says_yes_without_a_pool(draft) -> None:
    site = draft("logonly-gridmap")
    loaded = load_site(site.folder)
    assert loaded.pool_of(MEMBER, ALICE) == "nobody"
    assert loaded.pool_of(("/gamma",)) is None
    site.swap("ban_dn          -> voms_localgroup\nvoms_localgroup ->", "ban_dn          ->", "lcmaps.db")
    assert load_site(site.folder).pool_of(("/gamma",)) == "nobody"
