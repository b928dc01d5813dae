"""What decides is the site's alone: policy file, map files, leases, certificates, modules, all folders above them."""

import os

import pytest

NAMED = ("/etc/grid-mapfile", "/etc/ban", "/etc/leases", "/etc/certificates", "/etc/modules")
POLICY = """\
path = /mnt/etc/modules
# verify = "x.mod" "-certdir /mnt/nowhere/that/counts"
verify = "lcmaps_verify_proxy.mod" "-certdir /mnt/etc/certificates"
ban    = "lcmaps_ban_dn.mod"
         "-banmapfile /mnt/etc/ban"
pool   = "lcmaps_poolaccount.mod" " -gridmapfile /mnt/etc/grid-mapfile -gridmapdir" "/mnt/etc/leases"
glexec_get_account:
verify -> ban
ban -> pool
"""


@pytest.fixture
def site(node):
    """A node whose policy names files that are there."""
    node.write("/etc/lcmaps.db", POLICY, mode=0o640, gid=990)
    for path in NAMED[:2]:
        node.write(path, "x\n")
    node.folder("/etc/leases", uid=990, gid=990)
    node.folder("/etc/certificates")
    node.folder("/etc/modules")
    return node


def refused(done, reason):
    assert (done.code, done.out, done.err) == (202, "", ""), done
    assert any("lcmaps_db_file /mnt/etc/lcmaps.db: " in line and reason in line for line in done.log), done.log


def test_a_site_whose_files_are_its_own_is_taken(site):
    assert site.call("/bin/echo", "ran").out == "ran\n"


@pytest.mark.parametrize("installation", ["set-id", "log-only"])
@pytest.mark.parametrize("path", NAMED)
def test_what_others_can_write_decides_nothing(site, path, installation):
    if installation == "log-only":
        site.log_only()
    site.path(path).chmod(0o777 if site.path(path).is_dir() else 0o646)
    refused(site.call("/bin/echo", "ran"), f"/mnt{path}")


@pytest.mark.parametrize("path", NAMED[:3])
def test_what_a_user_owns_decides_nothing(site, path):
    os.chown(site.path(path), 40001, 40000)
    refused(site.call("/bin/echo", "ran"), "does not belong to root or account glexec")


def test_certificates_may_be_kept_by_an_account_of_the_system_but_not_by_a_user(site):
    os.chown(site.path("/etc/certificates"), 400, 400)
    assert site.call("/bin/echo", "ran").code == 0
    os.chown(site.path("/etc/certificates"), 40001, 40000)
    refused(site.call("/bin/echo", "ran"), "/mnt/etc/certificates")


def test_the_group_of_account_glexec_may_write_leases_and_nothing_else(site):
    os.chown(site.path("/etc/leases"), 0, 990)
    site.path("/etc/leases").chmod(0o770)
    assert site.call("/bin/echo", "ran").code == 0
    os.chown(site.path("/etc/grid-mapfile"), 0, 990)
    site.path("/etc/grid-mapfile").chmod(0o664)
    refused(site.call("/bin/echo", "ran"), "is writable by a group")


def test_links_of_the_site_are_followed_and_judged_by_where_they_lead(site):
    site.folder("/tmp/open", mode=0o777)
    site.write("/tmp/open/map", "x\n")
    site.path("/etc/grid-mapfile").unlink()
    site.path("/etc/grid-mapfile").symlink_to("certificates/../ban")
    assert site.call("/bin/echo", "ran").code == 0
    site.path("/etc/grid-mapfile").unlink()
    site.path("/etc/grid-mapfile").symlink_to("/mnt/tmp/open/map")
    refused(site.call("/bin/echo", "ran"), "is writable by others")
    site.path("/etc/grid-mapfile").unlink()
    site.path("/etc/grid-mapfile").symlink_to("grid-mapfile")
    refused(site.call("/bin/echo", "ran"), "too many links")
    site.path("/etc/grid-mapfile").unlink()


@pytest.mark.parametrize("path", NAMED)
def test_what_is_not_there_is_for_lcmaps_to_miss(site, path):
    place = site.path(path)
    place.rmdir() if place.is_dir() else place.unlink()
    assert site.call("/bin/echo", "ran").code == 0


@pytest.mark.parametrize(("mode", "owner"), [(0o646, "root"), (0o644, "alpha001"), (0o664, "pilot01")])
def test_a_policy_file_that_is_not_the_sites_is_a_system_fault(site, mode, owner):
    site.write("/etc/lcmaps.db", POLICY, mode=mode, owner=owner)
    refused(site.call("/bin/echo", "ran"), "/mnt/etc/lcmaps.db")


def test_a_policy_file_may_be_kept_from_every_account_but_root(site):
    site.write("/etc/lcmaps.db", POLICY, mode=0o600)
    site.answers("dn /CN=x\nuid 50001\npgid 50000\nend\n", also="cat /proc/self/fd/5 >/mnt/seen/policy.$$")
    assert site.call("/bin/echo", "ran").code == 0
    assert site.seen("policy") == POLICY


@pytest.mark.parametrize(("text", "reason"), [(300_000 * "#", "too long"), ("a\0b", "NUL"), (None, "No such file")])
def test_a_policy_file_that_cannot_be_one_is_a_system_fault(site, text, reason):
    if text is None:
        site.path("/etc/lcmaps.db").unlink()
    else:
        site.write("/etc/lcmaps.db", text)
    refused(site.call("/bin/echo", "ran"), reason)


@pytest.mark.parametrize(
    "line",
    [
        r'x = "lcmaps_x.mod" "-gridmapfile \"/mnt/etc/open\""',
        r'x = "lcmaps_x.mod" "say \" -gridmapfile /mnt/etc/open"',
        'x = "/mnt/etc/open"',
        'x = "/mnt/etc/open" "-a b"',
        "x=/mnt/etc/open",
    ],
)
def test_no_way_of_writing_a_path_escapes_the_check(site, line):
    site.write("/etc/open", "x\n", mode=0o666)
    site.write("/etc/lcmaps.db", POLICY.replace("\nverify =", f"\n{line}\nverify =", 1))
    refused(site.call("/bin/echo", "ran"), "/mnt/etc/open")
