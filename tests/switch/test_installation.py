"""The switch runs a payload as the mapped account, or as the caller in log-only, or not at all."""

import pytest

STATUS = ("/bin/grep", "-E", "^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)):", "/proc/self/status")


def ids(status: str) -> dict[str, list[str]]:
    return {name: values.split() for name, values in (line.split(":") for line in status.splitlines())}


@pytest.mark.parametrize("mode", [0o4111, 0o4755, 0o6111])
def test_a_set_id_installation_becomes_the_account_in_all_ids(node, mode):
    node.install(mode)
    done = node.call(*STATUS)
    assert done.code == 0, done
    assert ids(done.out) == {
        "Uid": ["50001"] * 4,
        "Gid": ["50000"] * 4,
        "Groups": ["51000"],
        "CapInh": ["0" * 16],
        "CapPrm": ["0" * 16],
        "CapEff": ["0" * 16],
        "CapAmb": ["0" * 16],
    }


def test_the_callers_supplementary_groups_are_gone(node):
    node.answers("dn /CN=x\nuid 50001\npgid 50000\nend\n")
    done = node.call(*STATUS, through=("--groups=4,27,40000",))
    assert ids(done.out)["Groups"] == []


def test_a_log_only_installation_stays_the_caller(node):
    node.log_only()
    done = node.call(*STATUS)
    assert done.code == 0, done
    assert ids(done.out)["Uid"] == ["40001"] * 4
    assert done.logged("real_user(pilot01),real_group(pilot)->mapped_user(pilot01),mapped_group(pilot)")


@pytest.mark.parametrize("mode", [0o111, 0o711, 0o755, 0o2111, 0o2755, 0o1555, 0o511])
def test_a_lost_set_id_bit_runs_nothing(node, mode):
    node.log_only()
    node.install(mode)
    done = node.call("/bin/echo", "ran", caller="pilot01")
    assert (done.code, done.out) == (202, "")
    assert done.logged("lost its set-id bit")


def test_no_new_privs_runs_nothing_and_says_so(node):
    done = node.call("/bin/echo", "ran", through=("--clear-groups", "--no-new-privs"))
    assert (done.code, done.out) == (202, "")
    assert done.logged("no_new_privs")


def test_root_without_its_rights_runs_nothing_and_says_so(node):
    done = node.call("/bin/echo", "ran", through=("--clear-groups", "--securebits=+noroot"))
    assert (done.code, done.out) == (202, "")
    assert done.logged("root has no right to become others here")


def test_a_nosuid_mount_runs_nothing_and_says_so(node):
    node.inside("mount", "-o", "remount,nosuid", "/mnt")
    try:
        done = node.call("/bin/echo", "ran")
    finally:
        node.inside("mount", "-o", "remount,suid", "/mnt")
    assert (done.code, done.out) == (202, "")
    assert done.logged("nosuid")


@pytest.mark.parametrize(("wanted", "mode"), [("setuid", 0o555), ("log-only", 0o6111)])
def test_the_site_can_say_which_installation_it_means(node, wanted, mode):
    node.log_only()
    node.install(mode)
    node.configure(f"installation = {wanted}")
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (202, "")
    assert done.logged(f"installation = {wanted}")


def test_root_has_no_business_with_the_switch(node):
    node.configure("user_white_list = *")
    done = node.call("/bin/echo", "ran", caller="root")
    assert (done.code, done.out) == (203, "")
    assert done.logged("Called by root")


def test_without_an_account_glexec_nothing_runs(node):
    whole = node.path("/etc/passwd").read_text()
    node.write("/etc/passwd", whole.replace("glexec:x", "other:x"))
    try:
        done = node.call("/bin/echo", "ran")
    finally:
        node.write("/etc/passwd", whole)
    assert (done.code, done.out) == (202, "")
    assert done.logged("no account glexec")
