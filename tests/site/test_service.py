"""A site whose accounts come from a service: which hosts its lcmaps.db asks for, and what lies on them."""

import pytest

from testbed.model.cell import Authority
from testbed.model.problem import Problem
from testbed.site import example, load_site
from testbed.site.service import PLACE, endpoints, tree

ARGUS = ("argus01.example.org", "argus02.example.org")
FIRST = " --pep-daemon-endpoint-url https://argus01.example.org:8154/authz"


def test_the_hosts_are_those_that_lcmaps_db_asks_in_its_order() -> None:
    assert example("setuid-argus").authority_hosts == example("logonly-argus").authority_hosts == ARGUS
    assert example("setuid-scas").authority_hosts == ("scas01.example.org", "scas02.example.org")
    assert example("setuid-gums").authority_hosts == ("gums.example.org",)
    assert example("setuid-gridmap").authority_hosts == ()


@pytest.mark.parametrize(
    "words",
    [
        "--pep-daemon-endpoint-url=https://argus01.example.org:8154/authz",
        "-endpoint https://ARGUS01.example.org:8154/authz",
        "--endpoints https://argus01.example.org:8154/authz,https://argus01.example.org:8154/authz",
    ],
)
def test_an_endpoint_is_read_however_it_is_written(draft, words: str) -> None:
    mine = draft("setuid-argus")
    mine.swap(FIRST, f" {words}", "lcmaps.db")
    assert load_site(mine.folder).authority_hosts == ARGUS


def test_one_host_is_one_host_however_often_it_is_asked_and_there_are_three_at_most(draft) -> None:
    mine = draft("setuid-argus")
    more = "".join(f'" --endpoint https://{name}.example.org:8154/authz"\n' for name in ("argus01", "a", "b"))
    mine.swap('" -resourceid', f'{more}" -resourceid', "lcmaps.db")
    site = load_site(mine.folder)
    assert len(endpoints(site)) == 5
    assert site.authority_hosts == (*ARGUS, "a.example.org")


WRONG = {
    "http://argus01.example.org:8154/authz": "https",
    "https://argus01.example.org/authz": "8154",
    "https://argus01.example.org:8443/authz": "8154",
    "https://argus01.example.org:eight/authz": "no address",
    "https://192.0.2.7:8154/authz": "name",
    "https://[2001:db8::1]:8154/authz": "name",
    "https://-argus:8154/authz": "name",
    "https://localhost:8154/authz": "worker node itself",
    "https://me:secret@argus01.example.org:8154/authz": "more than",
    "https://:8154/authz": "name",
}


@pytest.mark.parametrize("url", WRONG)
def test_an_address_that_no_world_can_serve_is_told_and_gets_no_host(draft, url: str) -> None:
    mine = draft("setuid-argus")
    mine.swap("https://argus01.example.org:8154/authz", url, "lcmaps.db")
    site = load_site(mine.folder)
    assert WRONG[url] in endpoints(site)[0].wrong
    assert site.authority_hosts == ARGUS[1:]


def test_a_host_has_the_policy_the_maps_and_the_sites_numbers() -> None:
    site = example("setuid-argus")
    files = {entry.path.removeprefix(f"{PLACE}/"): entry for entry in tree(site)}
    assert files["policy.spl"].content == site.file("authority/policy.spl").content
    assert b"alpha001:x:50001:50000:" in files["passwd"].content
    assert b"alphaprd:x:51000:" in files["group"].content
    leases = [path for path in files if path.startswith("gridmapdir/")]
    assert len(leases) == 80
    assert all(not files[path].content for path in leases)


def test_what_lies_on_the_services_hosts_makes_another_world(draft) -> None:
    mine = draft("setuid-argus")
    before = load_site(mine.folder).digest
    mine.add("# a word more\n", "authority/policy.spl")
    assert load_site(mine.folder).digest != before


def test_a_file_that_means_nothing_to_the_service_is_told_with_the_nearest(draft) -> None:
    mine = draft("setuid-argus")
    (mine.folder / "authority/policy.spl").rename(mine.folder / "authority/polcy.spl")
    with pytest.raises(Problem, match="means nothing") as caught:
        load_site(mine.folder)
    assert caught.value.remedy == "did you mean policy.spl?"


def test_the_kind_is_the_sites_word() -> None:
    kinds = {name: example(name).authority for name in ("setuid-argus", "setuid-scas", "setuid-gums")}
    assert list(kinds.values()) == [Authority.ARGUS, Authority.SCAS, Authority.GUMS]
