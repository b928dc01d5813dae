"""What a site puts on its worker node."""

import io
import tarfile

from testbed.model.entry import Kind, tar
from testbed.site import example, load_site


def tree(name: str = "setuid-gridmap"):
    return {entry.path: entry for entry in example(name).tree()}


def test_accounts_become_lines_that_the_node_appends() -> None:
    entries = tree()
    passwd = entries["/etc/testbed/passwd"].content.decode().splitlines()
    assert passwd[0] == "pilot01:x:40001:40000::/home/pilot01:/bin/sh"
    assert passwd[4] == "alpha001:x:50001:50000::/home/alpha001:/bin/sh"
    assert len(passwd) == 84
    group = entries["/etc/testbed/group"].content.decode().splitlines()
    assert group == ["pilot:x:40000:", "alpha:x:50000:", "alphaprd:x:51000:", "beta:x:52000:", "betaprd:x:53000:"]
    shadow = entries["/etc/testbed/shadow"]
    assert shadow.mode == 0o600
    assert len(shadow.content.decode().splitlines()) == 84


def test_everybody_has_a_home_closed_to_others() -> None:
    entries = tree()
    home = entries["/home/betaprd020"]
    assert (home.kind, home.mode, home.uid, home.gid) == (Kind.FOLDER, 0o700, 53020, 53000)
    assert sum(path.startswith("/home/") for path in entries) == 84


def test_the_folder_of_leases_belongs_to_the_switch_and_has_no_pilot() -> None:
    entries = tree()
    leases = {path: entry for path, entry in entries.items() if path.startswith("/etc/grid-security/gridmapdir")}
    assert len(leases) == 81
    assert {(entry.uid, entry.gid) for entry in leases.values()} == {(990, 990)}
    assert "/etc/grid-security/gridmapdir/pilot01" not in leases


def test_leases_go_where_the_policy_looks_for_them(draft) -> None:
    site = draft()
    site.swap("-gridmapdir /etc/grid-security/gridmapdir", "-gridmapdir /share/leases/", "lcmaps.db")
    entries = {entry.path: entry for entry in load_site(site.folder).tree()}
    assert entries["/share"].kind is Kind.FOLDER
    assert entries["/share/leases/alpha001"].uid == 990


def test_the_installation_is_the_mode_of_the_switch() -> None:
    assert tree()["/etc/testbed/switch-mode"].content == b"6111\n"
    assert tree("logonly-gridmap")["/etc/testbed/switch-mode"].content == b"0555\n"


def test_every_folder_comes_before_what_it_holds_and_once() -> None:
    with tarfile.open(fileobj=io.BytesIO(tar(example("setuid-gridmap").tree()))) as archive:
        names = archive.getnames()
    assert len(names) == len(set(names))
    assert names.index("etc/grid-security") < names.index("etc/grid-security/gridmapdir/alpha001")
    assert "etc" not in names


def test_sites_with_the_same_files_have_the_same_digest(draft) -> None:
    site = draft()
    assert load_site(site.folder).digest == example("setuid-gridmap").digest
    site.swap('on_internal_error = "no"', 'on_internal_error = "yes"')
    assert load_site(site.folder).digest == example("setuid-gridmap").digest
    site.add("# changed\n", "grid-mapfile")
    assert load_site(site.folder).digest != example("setuid-gridmap").digest


def test_a_worker_node_that_may_do_more_is_another_one(draft) -> None:
    site = draft()
    site.swap("[switch]", '[worker_node]\ncapabilities = ["SYS_ADMIN"]\n\n[switch]')
    assert load_site(site.folder).capabilities == ("SYS_ADMIN",)
    assert load_site(site.folder).digest != example("setuid-gridmap").digest
    assert example("setuid-gridmap").capabilities == ()


def test_a_worker_node_whose_accounts_may_make_namespaces_is_another_one(draft) -> None:
    site = draft()
    site.swap("[switch]", "[worker_node]\nuser_namespaces = true\n\n[switch]")
    assert load_site(site.folder).user_namespaces
    assert load_site(site.folder).digest != example("setuid-gridmap").digest
    assert not example("setuid-gridmap").user_namespaces


def test_a_site_whose_containers_have_a_network_of_their_own_shares_no_worlds_with_others(draft) -> None:
    site = draft()
    site.swap("[switch]", "[worker_node]\nuser_namespaces = true\n\n[switch]")
    before = load_site(site.folder)
    site.swap("user_namespaces = true", "user_namespaces = true\nown_network = true")
    after = load_site(site.folder)
    assert (before.containers, after.containers) == ({}, {"network": "own"})
    assert after.digest != before.digest


def test_a_site_may_give_machines_a_network(draft) -> None:
    site = draft()
    before = load_site(site.folder)
    assert not before.machine_network
    site.swap("[switch]", "[worker_node]\nmachine_network = true\n\n[switch]")
    assert load_site(site.folder).machine_network
    assert load_site(site.folder).digest != before.digest
