"""glexec.conf: a mistake in it is answered with 202; the log has file, line and reason, the caller a neutral line."""

import os

import pytest

from tests.switch.conftest import PEM

FILE = "/etc/glexec.conf"
NEUTRAL = "[gLExec]: System fault. The site's administrators find the reason in their log.\n"
GOOD = "[glexec]\nuser_white_list = *\nlcmaps_db_file = /mnt/etc/lcmaps.db\n"


def refused(node, reason):
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out, done.err) == (202, "", NEUTRAL), done
    assert any(f"/mnt{FILE}" in line and reason in line for line in done.log), done.log


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("[glexec]\nlingre = yes\n", 2, "lingre: unknown option"),
        ("[glexec]\n\n# comment\nlinger = maybe\n", 4, "linger: expected yes or no"),
        ("[glexec]\nlinger\n", 2, "expected name = value"),
        ("[glexec]\nlinger = yes\nlinger = yes\n", 3, "linger: given twice"),
        ("[glexec]\nlinger = yes\r\n", 2, "carriage return"),
        ("linger = yes\n[glexec]\n", 1, "before the first section"),
        ("[glexec\n", 1, "closing bracket"),
        ("[glexec]\n[glexec]\n", 2, "stands twice"),
        ("[glexec]\nlog_level = 6\n", 2, "log_level: expected a decimal number"),
        ("[glexec]\nlog_level = 0x1\n", 2, "log_level: expected a decimal number"),
        ("[glexec]\nmapping_timeout = 0\n", 2, "mapping_timeout: expected a decimal number"),
        ("[glexec]\nlcmaps_db_file = lcmaps.db\n", 2, "lcmaps_db_file: expected an absolute path"),
        ("[glexec]\nsyslog_facility = LOG_LOCAL9\n", 2, "syslog_facility: the value is none of"),
        ("[glexec]\nuser_white_list = " + 5000 * "x" + "\n", 2, "the line is too long"),
    ],
)
def test_a_mistake_is_named_by_its_line(node, text, line, reason):
    node.write(FILE, text, mode=0o640, gid=990)
    refused(node, f"line {line}: ")
    refused(node, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no section [glexec]"),
        ("[other]\nlinger = yes\n", "there is no section [glexec]"),
        ("[glexec]\nlinger = yes\0\n", "a NUL character"),
        (GOOD + 70000 * "#", "it is too long"),
        (GOOD + "use_lcas = yes\n", "LCAS is not available"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused(node, text, reason):
    node.write(FILE, text, mode=0o640, gid=990)
    refused(node, reason)


def test_other_sections_blanks_and_comments_do_not_count(node):
    node.write(FILE, "\n; a\n[x]\nlinger = perhaps\n" + GOOD + "\t# b\n  linger\t=  no \n[y]\nnonsense\n", mode=0o644)
    assert node.call("/bin/echo", "ran").out == "ran\n"


def test_options_of_lcas_are_taken_with_one_notice(node):
    node.configure("use_lcas = no", "lcas_db_file = /etc/lcas/lcas.db", "lcas_debug_level = 1", "silent_logging = no")
    done = node.call("/bin/echo", "ran")
    assert done.out == "ran\n"
    notices = [line for line in done.log if "without effect here" in line]
    assert len(notices) == 1
    assert "lcas_db_file lcas_debug_level silent_logging" in notices[0]


@pytest.mark.parametrize(
    ("mode", "owner", "reason"),
    [
        (0o646, "root", "writable by others"),
        (0o666, "root", "writable by others"),
        (0o664, "root", "writable by a group"),
        (0o600, "root", "Permission denied"),
        (0o644, "pilot01", "does not belong to root or account glexec"),
    ],
)
def test_a_file_that_others_could_have_written_is_refused(node, mode, owner, reason):
    node.write(FILE, GOOD, mode=mode, owner=owner)
    os.chown(node.path(FILE), 0 if owner == "root" else 40001, 990)
    refused(node, reason)


def test_it_may_belong_to_account_glexec(node):
    node.write(FILE, GOOD, mode=0o600, owner="glexec")
    assert node.call("/bin/echo", "ran").code == 0


def test_no_file_is_a_system_fault(node):
    node.path(FILE).unlink()
    refused(node, "No such file")


def test_a_symbolic_link_is_not_followed(node):
    node.write("/etc/real.conf", GOOD)
    node.path(FILE).unlink()
    node.path(FILE).symlink_to("/mnt/etc/real.conf")
    refused(node, "symbolic link")


def test_a_pipe_in_its_place_does_not_keep_us_waiting(node):
    node.path(FILE).unlink()
    os.mkfifo(node.path(FILE), 0o644)
    refused(node, "not a regular file")


def test_a_folder_above_that_others_can_write_is_refused(node):
    node.path("/etc").chmod(0o777)
    refused(node, "/mnt/etc is writable by others")


def test_log_only_cannot_log_to_a_file(node):
    node.log_only()
    node.configure("log_destination = file", "log_file = /mnt/tmp/glexec.log")
    refused(node, "log_destination = file cannot work")


@pytest.mark.parametrize(
    ("white_list", "caller", "welcome"),
    [
        ("pilot01", "pilot01", True),
        ("pilot01", "pilot02", False),
        ("pilot02, pilot01", "pilot01", True),
        (".pilot", "pilot02", True),
        (".pilot", "pilotadmin", False),
        (".pilo", "pilot01", False),
        (".", "pilot01", False),
        ("*", "pilotadmin", True),
        ("pilot*", "pilot01", False),
        ("", "pilot01", False),
        ("PILOT01", "pilot01", False),
    ],
)
def test_the_white_list_says_who_may_call(node, white_list, caller, welcome):
    node.configure(f"user_white_list = {white_list}")
    node.write(f"/home/{caller}/proxy", PEM, mode=0o600, owner=caller)
    done = node.call("/bin/echo", "ran", caller=caller, env={"GLEXEC_CLIENT_CERT": f"/mnt/home/{caller}/proxy"})
    assert done.code == (0 if welcome else 203), done
    assert done.out == ("ran\n" if welcome else "")


def test_a_caller_without_a_name_may_not_call(node):
    node.configure("user_white_list = *")
    whole = node.path("/etc/passwd").read_text()
    node.write("/etc/passwd", whole.replace("40002:40000", "40003:40000"))
    try:
        done = node.call("/bin/echo", "ran", caller="pilot02")
    finally:
        node.write("/etc/passwd", whole)
    assert (done.code, done.out) == (203, "")
