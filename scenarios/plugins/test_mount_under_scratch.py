"""A /tmp of the payload's own: promised by the policy, made by the switch, gone with the payload."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from testbed.plugin import matrix, shows

MODULE = "lcmaps_mount_under_scratch.mod"
NAME = "glexec_mount_under_scratch_"
mounting = pytest.mark.capabilities("SYS_ADMIN")
"""The worker node may mount, as one that is no container may."""


def left(facts):
    """What private folders there still are on the node."""
    return [name for name in facts.file("/tmp").listdir() if name.startswith(NAME)]


@shows("R8")
@mounting
@matrix(mode="setuid")
def test_two_payloads_see_different_tmps(switch, facts):
    """/tmp and /var/tmp are the payload's own, and empty (README of mount-under-scratch)."""
    meet = "for _ in $(seq 500); do [ -e /dev/shm/alice ] && [ -e /dev/shm/bob ] && break; sleep 0.02; done"

    def payload(user):
        script = f"umask 022; echo x >/tmp/{user}; echo x >/var/tmp/{user}; echo x >/dev/shm/{user}; {meet}"
        look = "ls -A /dev/shm; find /tmp /var/tmp -type f -user $(id -u) ! -name 'x509up*' | sort"
        return switch.call("/usr/bin/dash", "-c", f"PATH=/usr/bin; {script}; {look}", user=user)

    for user in ("alice", "bob"):  # two who come for the first time at once may get in each other's way at the pool
        switch.call("/usr/bin/true", user=user).check()
    with switch.policy(MODULE), ThreadPoolExecutor(2) as both:
        seen = dict(zip(("alice", "bob"), both.map(payload, ("alice", "bob")), strict=True))
    for user, result in seen.items():
        assert result.text.split() == ["alice", "bob", f"/tmp/{user}", f"/var/tmp/{user}"], result
    assert left(facts) == []


@mounting
@matrix(mode="setuid")
def test_the_payloads_proxy_lies_in_it(switch, facts):
    """The copy is written as the payload will see it; the original leaves it in the common /tmp (our choice)."""
    with switch.policy(MODULE):
        show = '/usr/bin/stat -c "%n %a" "$X509_USER_PROXY"; /usr/bin/ls -A /tmp'
        proxy, listed = switch.call("/usr/bin/dash", "-c", show).text.splitlines()
    assert proxy == f"/tmp/{listed} 600"
    assert listed.startswith("x509up_u")
    assert listed not in facts.file("/tmp").listdir()


@mounting
@matrix(mode="setuid")
def test_the_site_chooses_the_folders(switch, facts):
    """-path names other folders, and then only those (README of mount-under-scratch)."""
    write = "echo x >/tmp/shared; echo x >/var/tmp/private"
    with switch.policy(f"{MODULE} -path /var/tmp"):
        assert switch.call("/usr/bin/dash", "-c", write).code == 0
    assert facts.file("/tmp/shared").exists
    assert not facts.file("/var/tmp/private").exists
    assert left(facts) == []


@mounting
@matrix(mode="setuid")
def test_it_is_there_where_lcmaps_itself_switches(switch, site, facts):
    """The module asks, then lcmaps_posix_enf.mod switches; the switch mounts before it runs anything (our choice)."""
    kept = re.sub(r"(?m)^user_identity_switch_by.*$", "", site.file("glexec.conf").content.decode())
    with (
        switch.policy(MODULE, "lcmaps_posix_enf.mod"),
        switch.configuration(f"{kept}user_identity_switch_by = lcmaps\n"),
    ):
        own, mode = switch.call(
            "/usr/bin/dash", "-c", "/usr/bin/id -un; /usr/bin/stat -c '%U %a' /tmp"
        ).text.splitlines()
    assert mode == f"{own} 700"
    assert left(facts) == []


@shows("R8")
@mounting
@matrix(mode="setuid")
def test_nothing_of_it_stays_whatever_the_payload_left(switch, facts):
    """The original leaves it to the caller (its README); the switch clears up when it lingers (our choice)."""
    tree = "import os; os.chdir('/tmp'); [(os.mkdir('d'), os.chdir('d')) for _ in range(5000)]; os.chmod('/tmp/d', 0)"
    with switch.policy(MODULE):
        assert switch.call("/usr/bin/python3", "-c", tree).code == 0
        assert switch.call("/no/such/command").code == 201
    assert left(facts) == []


@matrix(mode="setuid")
def test_where_the_switch_may_not_mount_nothing_is_run(switch):
    """A private folder that the policy promises and that cannot be had is the fault of the site: 202 (our choice)."""
    with switch.policy(MODULE):
        result = switch.call("/usr/bin/echo", "ran")
    assert (result.code, result.out) == (202, b"")
    assert any("which cannot be had: no mount namespace, CAP_SYS_ADMIN is needed" in line for line in switch.log())


@matrix(mode="log-only")
def test_in_log_only_nothing_is_run(switch):
    """A log-only installation has no right to mount: 202 (our choice)."""
    with switch.policy(MODULE):
        result = switch.call("/usr/bin/echo", "ran")
    assert (result.code, result.out) == (202, b"")
    assert any("a log-only installation may not mount" in line for line in switch.log())


@matrix(mode="setuid log-only")
def test_a_folder_without_a_plain_path_is_the_fault_of_the_site(switch):
    """A module that cannot be initialised keeps LCMAPS from starting: 202 (Nikhef wiki, Exit codes of gLExec)."""
    with switch.policy(f"{MODULE} -path /tmp/../etc"):
        assert switch.call("/usr/bin/echo", "ran").code == 202
