"""The authority's answer: asked for in a clean room, believed only when it is whole and its numbers are plain."""

import pytest

REFUSAL = "[gLExec]: LCMAPS failed.\n[gLExec]:   The reason can be found in the syslog.\n"


def answer(uid="50001", pgid="50000", more="", end="end\n"):
    return f"dn /CN=Alice\nuid {uid}\npgid {pgid}\n{more}{end}"


def test_the_authoritys_program_runs_as_glexec_with_nothing_of_the_caller(node):
    env = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "LCMAPS_DB_FILE": "/evil", "X509_CERT_DIR": "/evil"}
    assert node.call("/bin/true", env=env | {"PATH": "/evil", "GLEXEC_X": "evil"}).code == 0
    assert "evil" not in node.seen("environment")
    assert "LCMAPS_DB_FILE=/mnt/etc/lcmaps.db" in node.seen("environment")
    assert "LCMAPS_POLICY_NAME=glexec_get_account" in node.seen("environment")
    assert node.seen("id").startswith("uid=990(glexec) gid=990(glexec) groups=990(glexec)")
    assert node.seen("input") == node.path("/home/pilot01/alice.pem").read_text()


def test_in_log_only_it_runs_as_the_caller(node):
    node.log_only()
    assert node.call("/bin/true").code == 0
    assert node.seen("id").startswith("uid=40001(pilot01)")


def test_with_switching_by_lcmaps_it_keeps_root(node):
    node.configure("user_identity_switch_by = lcmaps")
    assert node.call("/bin/true").code == 0
    assert node.seen("id").startswith("uid=0(root) gid=0(root)")
    assert "--switched" in node.seen("arguments")


def test_the_site_can_do_without_checking_voms_signatures(node):
    node.configure("lcmaps_voms_verification = no")
    assert node.call("/bin/true").code == 0
    assert "--no-voms-verification" in node.seen("arguments")


@pytest.mark.parametrize(
    ("code", "expected"), [(10, 202), (11, 203), (12, 202), (13, 202), (1, 202), (126, 202), (255, 202)]
)
def test_what_it_ends_with_decides(node, code, expected):
    node.answers("dn /CN=Alice\nend\n", code=code)
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (expected, "")
    assert done.err == (REFUSAL if expected == 203 else "")


def test_a_refusal_with_an_account_is_still_a_refusal(node):
    node.answers(answer(), code=11)
    assert node.call("/bin/echo", "ran").code == 203


@pytest.mark.parametrize("signal", ["ABRT", "SEGV", "KILL"])
def test_a_crash_is_a_system_fault(node, signal):
    node.answers(answer(), also=f"cat {'/mnt/libexec/answer'} >&3; kill -{signal} $$")
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (202, "")
    assert done.logged("crashed")


@pytest.mark.parametrize("also", ["exec sleep 60", "exec 3>&-; exec sleep 60", "sleep 60 & exit 0"])
def test_silence_ends_at_the_time_limit(node, also):
    node.configure("mapping_timeout = 1")
    node.answers(answer(), also=also)
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (203, "")
    assert done.logged("no answer within mapping_timeout")


def test_the_authoritys_program_is_needed(node):
    node.path("/libexec/lcmaps-account").unlink()
    assert node.call("/bin/echo", "ran").code == 202


@pytest.mark.parametrize(
    "text",
    [
        "",
        "end",
        "end\n",
        "dn /CN=Alice\nend\n",
        answer(end=""),
        answer(end="end"),
        answer(more="uid 50002\n"),
        answer(more="pgid 50000\n"),
        answer(more="dn /CN=Bob\n"),
        answer(more="shell /bin/sh\n"),
        answer(more="sgid\n"),
        answer(end="end\nuid 50002\n"),
        "dn x\nuid 50001\nend\n",
        "dn x\npgid 50000\nend\n",
        "dn x\nsgid 50000\nend\n",
        answer(more="fqan /alpha\x07\n"),
        answer() + 300_000 * "x",
        answer(more=300 * "sgid 51000\n"),
    ],
)
def test_an_answer_that_is_not_whole_is_not_believed(node, text):
    node.answers(text)
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (202, ""), done


NOT_PLAIN = ["-1", "4294967296", "abc", "", "0x10", " 50001", "50001 ", "50001junk", "9223372036854775808", "+50001"]
NOT_PLAIN += ["050001", "5e4", "50001\t", "\uff15", "18446744073709601617"]
FORBIDDEN = ["0", "4294967295", "1", "999"]


@pytest.mark.parametrize("number", NOT_PLAIN)
@pytest.mark.parametrize("place", ["uid", "pgid", "sgid"])
def test_a_number_that_is_not_plain_is_not_believed(node, place, number):
    numbers = {"uid": "50001", "pgid": "50000", "sgid": "51000"} | {place: number}
    node.answers(answer(numbers["uid"], numbers["pgid"], f"sgid {numbers['sgid']}\n"))
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (202, ""), done


@pytest.mark.parametrize("number", FORBIDDEN)
@pytest.mark.parametrize("place", ["uid", "pgid", "sgid"])
def test_nobody_becomes_root_nobody_in_particular_or_a_system_account(node, place, number):
    numbers = {"uid": "50001", "pgid": "50000", "sgid": "51000"} | {place: number}
    node.answers(answer(numbers["uid"], numbers["pgid"], f"sgid {numbers['sgid']}\n"))
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out, done.err) == (203, "", REFUSAL), done


def test_the_site_sets_the_bounds(node):
    node.configure("minimum_uid = 50002")
    assert node.call("/bin/echo").code == 203
    node.configure("minimum_gid = 50001")
    assert node.call("/bin/echo").code == 203
    node.configure("minimum_uid = 50001", "minimum_gid = 50000")
    assert node.call("/bin/echo").code == 0


def test_an_account_that_is_not_in_passwd_is_refused(node):
    node.answers(answer(uid="50099"))
    done = node.call("/bin/echo", "ran")
    assert done.code == 203
    assert done.logged("not in passwd")


def test_the_callers_own_account_would_keep_nothing_apart(node):
    node.answers(answer(uid="40001", pgid="40000"))
    assert node.call("/bin/echo", "ran").code == 203
    node.log_only()
    assert node.call("/bin/echo", "ran").code == 0


def test_account_glexec_is_nobodys(node):
    node.configure("minimum_uid = 100", "minimum_gid = 100")
    node.answers(answer(uid="990"))
    assert node.call("/bin/echo", "ran").code == 203
    node.answers(answer(pgid="990"))
    assert node.call("/bin/echo", "ran").code == 203


@pytest.mark.parametrize(("mode", "owner"), [(0o646, "root"), (0o600, "root"), (0o644, "alpha001")])
def test_a_policy_file_that_is_not_the_sites_is_a_system_fault(node, mode, owner):
    node.write("/etc/lcmaps.db", "x", mode=mode, owner=owner)
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out, done.err) == (202, "", "")
    assert done.logged("lcmaps_db_file: /mnt/etc/lcmaps.db")
