"""Which accounts an answer of LCMAPS may name, and that no answer is no account."""

import pytest

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
ECHO = ("/usr/bin/echo", "ran")

FIXED = """\
verify = "lcmaps_verify_proxy.mod" " -certdir /etc/grid-security/certificates"
fixed = "lcmaps_dummy_good.mod" " --dummy-uid {uid} --dummy-gid {gid}{more}"
glexec_get_account:
verify -> fixed"""
"""A policy that maps everybody to these numbers."""

NOBODYS = {
    "root": (0, 50000, ""),
    "roots-group": (50001, 0, ""),
    "a-system-account": (1, 50000, ""),
    "just-below-the-bound": (999, 50000, ""),
    "the-group-of-disks": (50001, 6, ""),
    "the-group-of-disks-beside-its-own": (50001, 50000, " --dummy-sec-gid 6"),
    "no-account-at-all": (60123, 50000, ""),
    "minus-one": (4294967295, 50000, ""),
    "the-switchs-own": (990, 990, ""),
}
"""uid, gid and further options."""

HANGING = """\
verify = "lcmaps_verify_proxy.mod" " -certdir /etc/grid-security/certificates"
hangs = "lcmaps_localaccount.mod" " -gridmapfile {pipe}"
glexec_get_account:
verify -> hangs"""
"""A policy that waits for a map file which never comes."""

MAPPED = """\
verify = "lcmaps_verify_proxy.mod" " -certdir /etc/grid-security/certificates"
mapped = "lcmaps_localaccount.mod" " -gridmapfile /etc/grid-security/a-map"
glexec_get_account:
verify -> mapped"""
"""A policy with a map file of its own."""

ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"


@pytest.fixture
def decided(switch, site):
    """The site's LCMAPS decides by another policy meanwhile."""
    return lambda policy: switch.altered(site.file("lcmaps.db").path, f"path = /usr/lib/lcmaps\n{policy}\n")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("account", list(NOBODYS))
def test_an_account_that_no_payload_may_have_runs_nothing(switch, decided, account):
    """Never root, -1, a system account or group, nor one that is not in passwd: our choice (CVE-2019-14287)."""
    uid, gid, more = NOBODYS[account]
    with decided(FIXED.format(uid=uid, gid=gid, more=more)):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (203, b"")


@matrix(mode=EVERYWHERE)
def test_an_account_within_the_bounds_is_taken(switch, decided):
    """The same policy with an ordinary account runs the payload: what the others are refused for is the account."""
    with decided(FIXED.format(uid=65534, gid=65534, more="")):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (0, b"ran\n")


@matrix(mode="setuid")
def test_the_callers_own_account_is_no_separation(switch, decided):
    """A payload that runs as the pilot is not kept apart from it: 203, our choice (threats A59)."""
    who = switch.account
    with decided(FIXED.format(uid=who.uid, gid=who.group.gid, more="")):
        done = switch.call(*ECHO)
    assert (done.code, done.out) == (203, b"")


@matrix(mode=EVERYWHERE)
def test_silence_never_means_yes(switch, decided, world):
    """LCMAPS does not answer within mapping_timeout (ours): 203, as for a service that cannot be reached; no run."""
    pipe = "/etc/grid-security/never-comes"
    world.node.run(["mkfifo", "-m", "644", pipe], limit=10).check()
    try:
        with switch.configured(mapping_timeout="1"), decided(HANGING.format(pipe=pipe)):
            done = switch.call(*ECHO, limit=8)
    finally:
        world.node.run(["rm", pipe], limit=10).check()
    assert (done.code, done.out) == (203, b"")


@matrix(mode="setuid")
@pytest.mark.parametrize("reader", ["root", "everybody"])
def test_no_plugin_of_LCMAPS_runs_as_root(switch, decided, world, site, reader):
    """With user_identity_switch_by = glexec LCMAPS has account glexec for good: what only root reads, it cannot."""
    path, mode = "/etc/grid-security/a-map", {"root": "600", "everybody": "644"}[reader]
    world.node.run(["install", "-m", mode, "/dev/null", path], limit=10).check()
    line = f'"{ALICE}" {site.pools[0].accounts[0].name}\n'
    try:
        with decided(MAPPED), switch.altered(path, line):
            done = switch.call(*ECHO)
    finally:
        world.node.run(["rm", path], limit=10).check()
    assert (done.code, done.out) == ((203, b"") if reader == "root" else (0, b"ran\n"))
