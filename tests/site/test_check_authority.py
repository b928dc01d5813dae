"""What a look at a site finds of the service that it asks: in lcmaps.db, and in the folder authority."""

import pytest

from testbed.site import Severity, check, load_site

ARGUS, SCAS, GUMS, LOCAL = "setuid-argus", "setuid-scas", "setuid-gums", "setuid-gridmap"
FIRST = "https://argus01.example.org:8154/authz"
SCAS_URL = "https://scas01.example.org:8443"
SCAS_ENDPOINTS = f'" -endpoint {SCAS_URL}"\n{" " * 18}" -endpoint https://scas02.example.org:8443"'
MORE = "https://a.org:8154/authz,https://b.org:8154/authz"
CASES = {
    "a service that site.toml does not know of": (
        (LOCAL, "lcmaps.db", "\nvoms_localgroup -> voms_pool", "\nvoms_localgroup -> pepc"),
        ("lcmaps.db", "pepc  ", 'kind = "gridmap": nobody would answer', 'say kind = "argus"'),
        f'pepc  = "lcmaps_c_pep.mod" " --endpoint {FIRST}"\n',
    ),
    "a kind that nobody asks": (
        (SCAS, "site.toml", 'kind = "scas"', 'kind = "argus"'),
        ("site.toml", 'kind = "argus"', "no policy that glexec runs asks it", "use lcmaps_c_pep.mod"),
    ),
    "a module of another kind": (
        (SCAS, "site.toml", 'kind = "scas"', 'kind = "argus"'),
        ("lcmaps.db", "scasclient  ", "does not ask what site.toml says", "or say another kind"),
    ),
    "a module that asks nobody": (
        (SCAS, "lcmaps.db", SCAS_ENDPOINTS, '" -x y"'),
        ("lcmaps.db", "scasclient  ", "names no endpoint", "add --endpoint https://HOST:8443/"),
    ),
    "another port": (
        (ARGUS, "lcmaps.db", ":8154/authz", ":8152/authz"),
        ("lcmaps.db", "pepc  ", "another port than 8154", "the usual port"),
    ),
    "another path": (
        (ARGUS, "lcmaps.db", ":8154/authz", ":8154/"),
        ("lcmaps.db", "pepc  ", "not where a service of the kind argus answers: at /authz", "/authz"),
    ),
    "the path of a GUMS at a SCAS": (
        (GUMS, "site.toml", 'kind = "gums"', 'kind = "scas"'),
        ("lcmaps.db", "gumsclient  ", "not where a service of the kind scas answers: at /", ""),
    ),
    "a module that is not there": (
        (ARGUS, "lcmaps.db", "lcmaps_c_pep.mod", "lcmaps_c_pepp.mod"),
        ("lcmaps.db", "lcmaps_c_pepp", "no module lcmaps_c_pepp.mod", "did you mean lcmaps_c_pep.mod?"),
    ),
    "too many hosts": (
        (ARGUS, "lcmaps.db", '" -resourceid', f'" --endpoint {MORE}" " -resourceid'),
        ("lcmaps.db", "pepc  ", "b.org is one host too many", "leave some out"),
    ),
    "a word that is none of the policy language": (
        (ARGUS, "authority/policy.spl", "rule permit { vo", "rule permitt { vo"),
        ("authority/policy.spl", "rule permitt", "column 14: this is no policy: found permitt", "say permit"),
    ),
    "a central policy that nobody can read": (
        (ARGUS, "authority/central.spl", "# Nobody", "}\n# Nobody"),
        ("authority/central.spl", "}", "column 1: this is no policy: found }", ""),
    ),
    "a map line that Argus does not read": (
        (ARGUS, "authority/grid-mapfile", '"/alpha/*" .alpha', "/alpha/* .alpha"),
        ("authority/grid-mapfile", "/alpha/* .alpha", "Argus cannot read this map file", ""),
    ),
    "a pool of nowhere": (
        (ARGUS, "authority/grid-mapfile", '"/alpha/*" .alpha', '"/alpha/*" .alhpa'),
        ("authority/grid-mapfile", ".alhpa", "pool .alhpa is not declared", "did you mean .alpha?"),
    ),
    "a group of nowhere": (
        (SCAS, "authority/groupmapfile", '"/beta/*" beta', '"/beta/*" bta'),
        ("authority/groupmapfile", " bta", "there is no group bta", "did you mean beta?"),
    ),
    "a yes without an account": (
        (ARGUS, "authority/policy.spl", "    obligation", "    # obligation"),
        ("authority/policy.spl", "", "there is a yes, and no account with it", "add obligation"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_found_on_its_line(draft, case: str) -> None:
    (example, file, old, new), (place, line, message, remedy), *module = CASES[case]
    mine = draft(example)
    mine.swap(old, new, file)
    for text in module:
        mine.swap("\nglexec_get_account:", f"\n{text}\nglexec_get_account:", "lcmaps.db")
    found = [each for each in check(load_site(mine.folder)) if message in each.message]
    assert [(each.file, each.line, each.severity) for each in found] == [
        (place, mine.line(line, place) if line else 0, Severity.ERROR)
    ]
    assert remedy in found[0].remedy


@pytest.mark.parametrize(("name", "message"), [("policy.spl", "does not start"), ("grid-mapfile", "nobody gets")])
def test_a_file_that_the_service_needs_is_missed(draft, name: str, message: str) -> None:
    mine = draft(SCAS)
    (mine.folder / "authority" / name).unlink()
    findings = [each for each in check(load_site(mine.folder)) if each.file == f"authority/{name}"]
    assert [message in each.message for each in findings] == [True]


def test_groups_are_needed_where_the_module_wants_them_in_the_answer(draft) -> None:
    for example, missed in ((ARGUS, True), (SCAS, False)):
        mine = draft(example)
        (mine.folder / "authority" / "groupmapfile").unlink()
        found = [each for each in check(load_site(mine.folder)) if each.file == "authority/groupmapfile"]
        assert bool(found) is missed
        mine.folder.rename(mine.folder.with_name(example))


def test_a_vo_that_the_policy_forgets_is_told(draft) -> None:
    mine = draft(GUMS)
    mine.swap('        rule permit { vo = "beta" }\n', "", "authority/policy.spl")
    [finding] = check(load_site(mine.folder))
    assert (finding.severity, finding.file) == (Severity.WARNING, "authority/policy.spl")
    assert "an ordinary member of beta gets no account" in finding.message


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("[lifetimes]\npepd = 5\n", None, ""),
        ("lifetime = 5\n", "lifetime: authority.toml has no such key", "lifetimes"),
        ("[lifetimes]\npepd = 'soon'\n", "lifetimes.pepd: a value of another kind: found 'soon'", "a number"),
        ("[lifetimes\n", "authority.toml cannot be read", "TOML"),
        ("[ports]\nargus = 9000\n", "would listen elsewhere", "leave address and ports out"),
    ],
)
def test_the_settings_of_the_service_are_read_as_it_does(draft, text: str, message: str | None, remedy: str) -> None:
    mine = draft(ARGUS)
    mine.add(text, "authority/authority.toml")
    findings = check(load_site(mine.folder))
    assert [each.file for each in findings] == ([] if message is None else ["authority/authority.toml"])
    assert all(message in each.message and remedy in each.remedy for each in findings if message)


def test_a_policy_that_nobody_asks_is_told(draft) -> None:
    mine = draft(LOCAL)
    (mine.folder / "authority").mkdir()
    mine.add("# nothing\n", "authority/policy.spl")
    [finding] = check(load_site(mine.folder))
    assert (finding.severity, finding.message) == (Severity.WARNING, 'nobody reads it: site.toml says kind = "gridmap"')


@pytest.mark.parametrize(
    ("user", "fqans", "pool"),
    [
        ("Alice Archer", ["/alpha"], "alpha"),
        ("Alice Archer", ["/alpha/Role=production", "/alpha"], "alphaprd"),
        ("Robot - pilot factory", ["/alpha/Role=pilot", "/alpha"], "alpha"),
        ("Carol Carter", ["/beta/Role=NULL/Capability=NULL"], "beta"),
        ("Dave Dyer", ["/gamma"], None),
        ("Bob Baker", ["/alpha"], None),
    ],
)
@pytest.mark.parametrize("example", [ARGUS, SCAS, GUMS])
def test_who_is_mapped_where_is_what_the_sites_own_policy_says(draft, example: str, user, fqans, pool) -> None:
    mine = draft(example)
    ban = 'resource ".*" { action ".*" { rule deny { subject = "CN=Bob Baker,O=People,DC=testbed,DC=org" } } }\n'
    mine.add(ban, "authority/central.spl")
    assert load_site(mine.folder).pool_of(fqans, f"/DC=org/DC=testbed/O=People/CN={user}") == pool


def test_a_ban_file_of_the_worker_node_comes_before_the_service(draft) -> None:
    mine = draft(ARGUS)
    mine.add('"/DC=org/DC=testbed/O=People/CN=Bob Baker"\n', "ban_users.db")
    mine.swap(
        "pepc   ", 'ban_dn = "lcmaps_ban_dn.mod" " -banmapfile /etc/grid-security/ban_users.db"\npepc   ', "lcmaps.db"
    )
    mine.swap("verify_proxy    -> pepc", "verify_proxy -> ban_dn\nban_dn -> pepc", "lcmaps.db")
    site = load_site(mine.folder)
    assert check(site) == []
    assert site.pool_of(["/alpha"], "/DC=org/DC=testbed/O=People/CN=Bob Baker") is None
    assert site.pool_of(["/alpha"], "/DC=org/DC=testbed/O=People/CN=Alice Archer") == "alpha"
