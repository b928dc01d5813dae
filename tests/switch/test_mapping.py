"""The authority's answer: asked for in a clean room, believed only when it is whole and its numbers are plain."""

import pytest

from tests.switch.conftest import PEM

REFUSAL = "[gLExec]: LCMAPS failed.\n[gLExec]:   The reason can be found in the syslog.\n"


def answer(uid="50001", pgid="50000", more="", end="end\n"):
    return f"dn /CN=Alice\nuid {uid}\npgid {pgid}\n{more}{end}"


def test_the_authoritys_program_runs_as_glexec_with_nothing_of_the_caller(node):
    env = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "LCMAPS_DB_FILE": "/evil", "X509_CERT_DIR": "/evil"}
    assert node.call("/bin/true", env=env | {"PATH": "/evil", "GLEXEC_X": "evil"}).code == 0
    assert "evil" not in node.seen("environment")
    assert "LCMAPS_DB_FILE=/proc/self/fd/5" in node.seen("environment")
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
    assert done.logged("The cause: timed-out.")


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


def test_it_knows_the_callers_groups(node):
    assert node.call("/bin/true", through=("--groups=40000,20011",)).code == 0
    assert "GLEXEC_CALLER_GROUPS=40000,20011,40000" in node.seen("environment")


@pytest.mark.parametrize("installation", ["set-id", "log-only"])
def test_it_shows_itself_with_the_callers_own_proxy(node, installation):
    if installation == "log-only":
        node.log_only()
    own = node.write("/home/pilot01/own.pem", PEM + "# the pilot\n", mode=0o600, owner="pilot01")
    node.answers(answer(), also='cat "$X509_USER_PROXY" >/mnt/seen/pilot.$$; stat -L -c "%U %a" "$X509_USER_PROXY" >&2')
    good = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem"}
    assert node.call("/bin/true", env=good | {"X509_USER_PROXY": own}).code == 0
    assert node.seen("pilot") == PEM + "# the pilot\n"


@pytest.mark.parametrize("own", ["/mnt/home/pilot02/own.pem", "/no/such/file", "own.pem", ""])
def test_a_proxy_of_the_callers_that_is_not_his_is_not_used(node, own):
    node.write("/home/pilot02/own.pem", PEM, mode=0o600, owner="pilot02")
    done = node.call("/bin/true", env={"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "X509_USER_PROXY": own})
    assert done.code == 0
    assert "X509_USER_PROXY" not in node.seen("environment")
    assert done.logged("The caller's own proxy")


def test_what_lcmaps_says_is_passed_on_with_the_pid_of_the_switch(node):
    said = "glexec:lcmaps[77]     LOG_ERR: 2026-11-25.20:00:00Z: f(): \x1b[2J\n"
    said += "glexec:lcmaps[77]    LOG_INFO: 2026-11-25.20:00:00Z: f(): too much\n"
    node.write("/libexec/said", said)
    node.answers(answer(), also="cat /mnt/libexec/said >&4")
    done = node.call("/bin/true")
    lines = [line for line in done.log if "lcmaps: " in line]
    assert [line.split("]: ")[1] for line in lines] == [r"lcmaps: f(): \x1B[2J"]
    node.configure("lcmaps_debug_level = 4")
    assert node.call("/bin/true").logged("lcmaps: f(): too much")


def test_what_lcmaps_says_can_go_to_a_file_of_its_own(node):
    node.folder("/logs", uid=990, gid=990)
    node.configure("lcmaps_log_file = /mnt/logs/lcmaps.log")
    node.answers(answer(), also="echo 'glexec:lcmaps[77]     LOG_ERR: 2026-11-25.20:00:00Z: f(): said' >&4")
    done = node.call("/bin/true")
    assert not done.logged("lcmaps: f()")
    assert node.path("/logs/lcmaps.log").read_text().endswith("]:lcmaps: f(): said\n")
    assert node.path("/logs/lcmaps.log").stat().st_uid == 990


VERIFY = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_MODE": "lcmaps_verify_account"}


def test_verifying_asks_another_policy_and_wants_the_account_that_was_named(node):
    node.configure("lcmaps_verify_account_policy = glexec_verify_account")
    done = node.call("/bin/echo", "ran", env=VERIFY | {"GLEXEC_ACCOUNT": "alpha001"})
    assert (done.code, done.out) == (0, "ran\n")
    assert "LCMAPS_POLICY_NAME=glexec_verify_account" in node.seen("environment")


@pytest.mark.parametrize(("account", "code"), [("alpha002", 203), ("glexec", 203), ("nobody-at-all", 203), ("", 201)])
@pytest.mark.parametrize("installation", ["set-id", "log-only"])
def test_verifying_another_account_runs_nothing(node, account, code, installation):
    if installation == "log-only":
        node.log_only()
    node.configure("lcmaps_verify_account_policy = glexec_verify_account")
    done = node.call("/bin/echo", "ran", env=VERIFY | {"GLEXEC_ACCOUNT": account})
    assert (done.code, done.out) == (code, "")


def test_verifying_is_not_to_be_had_where_the_site_names_no_policy_for_it(node):
    done = node.call("/bin/echo", "ran", env=VERIFY | {"GLEXEC_ACCOUNT": "alpha001"})
    assert (done.code, done.out) == (201, "")
    assert list(node.path("/seen").iterdir()) == []


def test_verifying_needs_an_account_to_verify(node):
    node.configure("lcmaps_verify_account_policy = glexec_verify_account")
    assert node.call("/bin/echo", "ran", env=VERIFY).code == 201
