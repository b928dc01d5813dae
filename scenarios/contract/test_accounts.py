"""Which accounts a payload may have, whatever LCMAPS says: a user's, in passwd, and one that keeps it apart."""

from testbed.model.effect import refused
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
REFUSED = refused(203, "denied", "account-refused")
USER, GROUP = "--dummy-uid 50001", "--dummy-gid 50000"
NOBODYS = {
    "root": f"--dummy-uid 0 {GROUP}",
    "root's group": f"{USER} --dummy-gid 0",
    "a system account": f"--dummy-uid 1 {GROUP}",
    "just below the bound": f"--dummy-uid 999 {GROUP}",
    "account glexec": "--dummy-username glexec --dummy-group glexec",
    "minus one": f"--dummy-uid 4294967295 {GROUP}",
    "the group of disks": f"{USER} --dummy-gid 6",
    "the group of disks beside its own": f"{USER} {GROUP} --dummy-sec-gid 6",
}


def tried(switch, everybody_as, accounts):
    """What comes of a call when LCMAPS names these accounts."""
    seen = {}
    for name, options in accounts.items():
        with switch.altered(switch.policy_file, everybody_as(options)):
            seen[name] = switch.tries()
    return seen


@matrix(mode=EVERYWHERE)
def test_nobody_becomes_an_account_that_is_not_a_users(switch, everybody_as):
    """A59: root, -1, system accounts and groups are nobody's to have, switched or not (our choice; CVE-2019-14287)."""
    assert tried(switch, everybody_as, NOBODYS) == dict.fromkeys(NOBODYS, REFUSED)
    account = switch.pool().accounts[0]
    with switch.altered(switch.policy_file, everybody_as(f"--dummy-uid {account.uid} --dummy-gid {account.group.gid}")):
        assert switch.tries() == switch.runs()


@matrix(mode=EVERYWHERE)
def test_nobody_becomes_an_account_that_passwd_does_not_know(switch, everybody_as):
    """The mapped account is missing in passwd: 203 (Nikhef wiki, Exit codes of gLExec); not of the user's doing."""
    accounts = {"nobody's number": "--dummy-uid 60123 --dummy-gid 50000"}
    missing = refused(203, "unavailable", "account-missing")
    assert tried(switch, everybody_as, accounts) == dict.fromkeys(accounts, missing)


@shows("R8")
@matrix(mode="setuid")
def test_the_account_of_the_caller_or_of_the_switch_is_no_separation(switch, everybody_as):
    """A59: a payload is kept apart from the pilot, and from who keeps the leases, low bounds or not (our choice)."""
    names = {"the caller's": switch.account.name, "the switch's": "glexec"}
    accounts = {
        whose: f"--dummy-username {name} --dummy-group {switch.pool().group.name}" for whose, name in names.items()
    }
    with switch.configured(minimum_uid="1", minimum_gid="1"):
        assert tried(switch, everybody_as, accounts) == dict.fromkeys(accounts, REFUSED)
