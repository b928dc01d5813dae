"""The payload's own copy of the proxy: written by its account, private, never through a link, never half."""

import fcntl
import subprocess

import pytest

from tests.switch.conftest import PEM

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem"}
CAT = ("/bin/sh", "-c", 'cat "$X509_USER_PROXY"; stat -c "%u %g %a" "$X509_USER_PROXY"')
INTO = "/mnt/home/alpha001/proxy"


@pytest.fixture
def content(node):
    return node.path("/home/pilot01/alice.pem").read_text()


def test_it_is_a_private_file_of_the_account(node, content):
    done = node.call(*CAT, env=GOOD | {"GLEXEC_TARGET_PROXY": INTO})
    assert (done.code, done.out) == (0, content + "50001 50000 600\n"), done
    assert list(node.path("/home/alpha001").glob("*glexec*")) == []


def test_it_replaces_an_older_copy(node, content):
    node.write("/home/alpha001/proxy", "old", mode=0o644, owner="alpha001")
    assert node.call(*CAT, env=GOOD | {"GLEXEC_TARGET_PROXY": INTO}).out == content + "50001 50000 600\n"


def test_it_is_copied_from_the_source_proxy_if_there_is_one(node):
    source = node.write("/home/pilot01/source.pem", PEM + "# the source\n", mode=0o600, owner="pilot01")
    done = node.call(*CAT, env=GOOD | {"GLEXEC_SOURCE_PROXY": source, "GLEXEC_TARGET_PROXY": INTO})
    assert done.out.startswith(PEM + "# the source\n")
    assert "# the source" not in node.seen("input")  # the authority is asked about the client certificate


def test_in_log_only_it_is_the_callers(node, content):
    node.log_only()
    done = node.call(*CAT, env=GOOD | {"GLEXEC_TARGET_PROXY": "/mnt/home/pilot01/copy"})
    assert done.out == content + "40001 40000 600\n"


def test_a_name_of_our_own_choice_never_replaces_anything(node):
    shell = node.command("x")
    spot = shell.index("/mnt/sbin/glexec")
    plant = 'echo theirs >"/tmp/x509up_u50001.glexec.$$"; echo $$; exec "$@"'
    show = ("/bin/sh", "-c", 'echo "$X509_USER_PROXY"; stat -c %u "$X509_USER_PROXY"')
    done = subprocess.run(
        [*shell[:spot], "/bin/sh", "-c", plant, "sh", "/mnt/sbin/glexec", *show],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    pid, proxy, owner = done.stdout.split()
    assert proxy != f"/tmp/x509up_u50001.glexec.{pid}"
    assert (proxy.startswith("/tmp/x509up_u50001.glexec."), owner) == (True, "50001")


def test_a_link_in_its_place_is_replaced_and_what_it_points_to_stays(node):
    node.write("/home/alpha001/precious", "precious", mode=0o600, owner="alpha001")
    link = node.path("/home/alpha001/link")
    link.unlink(missing_ok=True)
    link.symlink_to("precious")
    done = node.call("/bin/true", env=GOOD | {"GLEXEC_TARGET_PROXY": "/mnt/home/alpha001/link"})
    assert done.code == 0
    assert node.path("/home/alpha001/precious").read_text() == "precious"
    assert not link.is_symlink()


@pytest.mark.parametrize(("mechanism", "code"), [("flock", 201), ("fcntl", 0), ("disabled", 0)])
def test_whoever_holds_a_lock_on_the_older_copy_is_not_overtaken(node, mechanism, code):
    node.configure(f"target_lock_mechanism = {mechanism}", "lock_timeout = 1")
    node.write("/home/alpha001/proxy", "old", mode=0o600, owner="alpha001")
    with node.path("/home/alpha001/proxy").open("r+b") as older:
        fcntl.flock(older, fcntl.LOCK_EX)
        done = node.call("/bin/true", env=GOOD | {"GLEXEC_TARGET_PROXY": INTO})
    assert done.code == code
    assert (node.path("/home/alpha001/proxy").read_text() == "old") == (code == 201)


@pytest.mark.parametrize(
    "place",
    [
        "/mnt/etc/x",
        "/mnt/home/pilot01/x",
        "/mnt/nowhere/x",
        "/mnt/etc/passwd",
        "/mnt/home/alpha001",
        "/mnt/home/alpha001/",
        "/mnt/home/alpha001/..",
        "x",
        "",
        "/",
        "/dev/null/x",
        "/mnt/home/alpha001/" + 300 * "x",
        "/mnt/" + 5000 * "x",
    ],
)
def test_a_place_that_the_account_cannot_write_is_the_callers_fault(node, place):
    before = node.path("/etc/passwd").read_text()
    done = node.call("/bin/echo", "ran", env=GOOD | {"GLEXEC_TARGET_PROXY": place})
    assert (done.code, done.out) == (201, ""), done
    assert done.err.startswith("[gLExec]: Failed to write proxyfile")
    assert node.path("/etc/passwd").read_text() == before


def test_somebody_elses_file_in_a_shared_folder_stays(node):
    node.write("/tmp/mine", "mine", mode=0o666, owner="pilot02")
    assert node.call("/bin/echo", env=GOOD | {"GLEXEC_TARGET_PROXY": "/mnt/tmp/mine"}).code == 201
    assert node.path("/tmp/mine").read_text() == "mine"


def test_no_copy_is_made_when_the_caller_or_the_site_wants_none(node):
    show = ("/bin/sh", "-c", 'echo "proxy: ${X509_USER_PROXY-none}"')
    assert node.call(*show, env=GOOD | {"GLEXEC_TARGET_PROXY": "/dev/null"}).out == "proxy: none\n"
    node.configure("create_target_proxy = no")
    assert node.call(*show, env=GOOD | {"GLEXEC_TARGET_PROXY": INTO}).out == "proxy: none\n"


def test_without_a_command_only_the_copy_is_renewed(node, content):
    node.path("/home/alpha001/proxy").unlink(missing_ok=True)
    done = node.call(env=GOOD | {"GLEXEC_TARGET_PROXY": INTO})
    assert (done.code, done.out, done.err) == (0, "", "")
    assert node.path("/home/alpha001/proxy").read_text() == content
    assert done.logged("->mapped_user(alpha001),mapped_group(alpha) no command")


def test_the_copy_is_taken_away_when_the_payload_is_not_run_after_all(node):
    node.path("/home/alpha001/proxy").unlink(missing_ok=True)
    many = {f"GLEXEC_{number}": "x" for number in range(3000)}
    assert node.call("/bin/echo", env=GOOD | many | {"GLEXEC_TARGET_PROXY": INTO}).code == 202
    assert not node.path("/home/alpha001/proxy").exists()


def test_a_lock_is_not_waited_for_for_ever_where_signals_wait_as_well(node):
    node.configure("lock_timeout = 1")
    node.answers("dn /CN=Alice\nuid 50001\npgid 50000\nscratch /tmp\nend\n")
    node.write("/home/alpha001/proxy", "old", mode=0o600, owner="alpha001")
    with node.path("/home/alpha001/proxy").open("r+b") as older:
        fcntl.flock(older, fcntl.LOCK_EX)
        assert node.call("/bin/true", env=GOOD | {"GLEXEC_TARGET_PROXY": INTO}).code == 201


def test_a_place_of_our_own_that_takes_nothing_from_anybody_is_the_sites_to_mend(node):
    node.configure("report_cause = yes")
    node.inside("mount", "-t", "tmpfs", "-o", "mode=1777,nr_inodes=1", "full", "/tmp")
    try:
        done = node.call("/bin/echo", "ran", env=GOOD)
        beside = node.call("/bin/echo", "ran", env=GOOD | {"GLEXEC_TARGET_PROXY": "/tmp/mine"})
    finally:
        node.inside("umount", "/tmp")
    assert done.code == 202
    assert done.err.endswith("cause class=site reason=no-resources code=202\n")
    assert beside.err.endswith("cause class=caller reason=target-proxy-unwritable code=201\n")
