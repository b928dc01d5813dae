"""The worker node is what the site says, before anything is run on it."""

from testbed.plugin import matrix

MODES = {"setuid": 0o6111, "log-only": 0o555}


@matrix(mode="setuid log-only")
def test_the_switch_is_installed_as_the_mode_wants_it(facts, cell):
    """6111 root:glexec in setuid mode, 0555 root:glexec in log-only mode (Quattor UMD-4 templates)."""
    switch = facts.file("/usr/sbin/glexec")
    assert (switch.mode, switch.user, switch.group) == (MODES[cell.mode], "root", "glexec")


@matrix(mode="setuid log-only")
def test_nobody_but_root_and_glexec_can_change_what_decides(facts, site):
    """Configuration, policy and map files are not writable for callers or payloads (Nikhef wiki: 202 if they are)."""
    for file in site.files:
        seen = facts.file(file.path)
        assert seen.user in ("root", "glexec"), file.path
        assert seen.mode & 0o022 == 0, file.path


@matrix(mode="setuid log-only")
def test_every_account_of_the_site_exists_and_nobody_has_a_password(facts, site):
    """Pools, pilots and the switch's own account, which has no shell (Nikhef wiki, Need to Know's)."""
    for pool in (site.pilots, *site.pools):
        first, last = pool.accounts[0], pool.accounts[-1]
        for account in (first, last):
            assert (facts.user(account.name).uid, facts.user(account.name).group) == (account.uid, account.group.name)
            assert facts.user(account.name).password == "*"
            assert facts.file(account.home).mode == 0o700
    assert facts.user("glexec").shell == "/usr/sbin/nologin"


@matrix(mode="setuid log-only")
def test_private_files_of_the_node_are_private(facts):
    """What only root may read."""
    for path in ("/etc/ssh/host_key", "/etc/grid-security/hostkey.pem", "/etc/shadow"):
        assert facts.file(path).user == "root", path
        assert facts.file(path).mode & 0o037 == 0, path
