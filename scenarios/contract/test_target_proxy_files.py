"""Where the payload's copy of the proxy goes: nothing that was planted is written through."""

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"

PLANT = """
import os, sys
victim, *call = sys.argv[1:]
for pid in range(os.getpid(), os.getpid() + 400):
    name = f"x509up_u{os.environ['GLEXEC_ID']}.glexec.{pid}"
    for planted in (name, f".glexec.{pid}.{name}"):
        os.symlink(victim, f"/tmp/{planted}")
os.execv(call[0], call)
"""
"""A caller who guesses the names that the switch is going to use, and makes links of them."""

SHOW = '/usr/bin/stat -c "%F %a" "$X509_USER_PROXY"'


def victim(world, owner: str) -> str:
    """A file that the payload's account could write to."""
    path = "/tmp/victim"
    world.node.run(["install", "-m", "666", "-o", owner, "/dev/null", path], limit=10).check()
    return path


@matrix(mode=EVERYWHERE)
def test_links_at_names_that_can_be_guessed_are_not_written_through(switch, world):
    """CVE-2023-41915 and DIRAC's /tmp/x509up_uN: the copy is a new file (O_EXCL), whatever lies in the way."""
    uid = str(switch.facts().uids[0])
    spoilt = victim(world, uid)
    before = ("/usr/bin/python3", "-c", PLANT, spoilt)
    seen = switch.call("/usr/bin/dash", "-c", SHOW, env={"GLEXEC_ID": uid}, before=before).text
    assert seen == "regular file 600"
    assert world.node.run(["stat", "-c", "%s", spoilt], limit=10).text == "0"


@matrix(mode=EVERYWHERE)
def test_a_link_at_the_place_that_was_asked_for_is_replaced_not_followed(switch, world):
    """GLEXEC_TARGET_PROXY is written under another name and renamed: readers see the old or the new (our choice)."""
    spoilt = victim(world, str(switch.facts().uids[0]))
    world.node.run(["install", "-d", "-m", "777", "/tmp/shared"], limit=10).check()
    world.node.run(["ln", "-s", spoilt, "/tmp/shared/proxy"], limit=10).check()
    seen = switch.call("/usr/bin/dash", "-c", SHOW, env={"GLEXEC_TARGET_PROXY": "/tmp/shared/proxy"}).text
    assert seen == "regular file 600"
    assert world.node.run(["stat", "-c", "%s", spoilt], limit=10).text == "0"


@matrix(mode=EVERYWHERE)
def test_no_copy_is_left_where_none_is_wanted(switch):
    """GLEXEC_TARGET_PROXY=/dev/null: no copy (HTCondor since 8.0.2); then X509_USER_PROXY is unset, our choice."""
    seen = switch.call("/usr/bin/env", env={"GLEXEC_TARGET_PROXY": "/dev/null"}).text
    assert "X509_USER_PROXY" not in seen


@matrix(mode=EVERYWHERE)
def test_a_target_that_cannot_be_written_is_the_fault_of_the_caller(switch):
    """Target proxy location not writable or not existing: 201 (Nikhef wiki, Exit codes); root could write there."""
    for place in ("/no/such/folder/proxy", "/root/proxy"):
        done = switch.call("/usr/bin/echo", "ran", env={"GLEXEC_TARGET_PROXY": place})
        assert (done.code, done.out) == (201, b""), place


@matrix(mode=EVERYWHERE)
def test_a_site_can_do_without_copies(switch):
    """create_target_proxy = no (OSG, CREAM): no copy is made (man page glexec.conf)."""
    with switch.configured(create_target_proxy="no"):
        assert "X509_USER_PROXY" not in switch.call("/usr/bin/env").text
