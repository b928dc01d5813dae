"""The proxies a caller hands in: 201 in bounded time unless each is a private file of his, at rest while it is read."""

import fcntl
import os
import subprocess
import sys

import pytest

from tests.switch.conftest import CERTIFICATE, KEY, PEM

PLACE = "/home/pilot01/proxy.pem"
PROXY = "/mnt" + PLACE
BOTH = pytest.mark.parametrize("variable", ["GLEXEC_CLIENT_CERT", "GLEXEC_SOURCE_PROXY"])


def call(node, variable="GLEXEC_CLIENT_CERT", path=PROXY):
    return node.call("/bin/echo", "ran", env={"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", variable: path})


def refused(done, reason):
    assert (done.code, done.out) == (201, ""), done
    assert done.err.startswith("[gLExec]: Failed to open $GLEXEC_CLIENT_CERT=")
    assert done.logged(reason), done.log


@BOTH
@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_private_file_is_taken(node, variable, mode):
    node.write(PLACE, PEM, mode=mode, owner="pilot01")
    assert call(node, variable).out == "ran\n"


@BOTH
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o601, 0o620, 0o644, 0o1600, 0o2600, 0o4600])
def test_a_file_that_others_may_touch_is_refused(node, variable, mode):
    node.write(PLACE, PEM, mode=mode, owner="pilot01")
    refused(call(node, variable), "may be touched by others")


@BOTH
def test_somebody_elses_file_is_refused_even_if_root_could_read_it(node, variable):
    node.write(PLACE, PEM, mode=0o600, owner="pilot02")
    refused(call(node, variable), "Permission denied")


def test_a_file_of_root_in_the_callers_folder_is_refused(node):
    node.write(PLACE, PEM, mode=0o600)
    refused(call(node), "Permission denied")


@BOTH
@pytest.mark.parametrize("path", ["", "proxy.pem", "/mnt/home/pilot01/none", "/mnt/home/pilot01"])
def test_a_path_that_leads_to_no_file_is_refused(node, variable, path):
    assert call(node, variable, path).code == 201


def test_no_credential_at_all_is_the_callers_fault(node):
    done = node.call("/bin/echo", "ran", env={})
    assert (done.code, done.out) == (201, "")
    assert done.err == "[gLExec]: Failed to open $GLEXEC_CLIENT_CERT=(NULL) or $GLEXEC_SOURCE_PROXY=(NULL).\n"


@BOTH
def test_a_symbolic_link_is_refused(node, variable):
    node.write("/home/pilot01/real.pem", PEM, mode=0o600, owner="pilot01")
    node.path("/home/pilot01/link.pem").unlink(missing_ok=True)
    node.path("/home/pilot01/link.pem").symlink_to("real.pem")
    refused(call(node, variable, "/mnt/home/pilot01/link.pem"), "symbolic links")


@BOTH
def test_a_pipe_does_not_keep_us_waiting(node, variable):
    pipe = node.path("/home/pilot01/pipe")
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe, 0o600)
    os.chown(pipe, 40001, 40000)
    refused(call(node, variable, "/mnt/home/pilot01/pipe"), "not a regular file")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_refused(node, device):
    assert call(node, path=device).code == 201


@BOTH
@pytest.mark.parametrize(
    ("content", "reason"), [("", "is empty"), (300_000 * "x", "is too big"), ("a\0b", "is not text")]
)
def test_content_that_is_no_proxy_is_refused(node, variable, content, reason):
    node.write(PLACE, content, mode=0o600, owner="pilot01")
    refused(call(node, variable), reason)


def test_two_dots_inside_the_path_are_fine(node):
    assert call(node, path="/mnt/home/../home/pilot01/alice.pem").code == 0


HOLD = "import fcntl, sys; f = open(sys.argv[1]); fcntl.%s; print('held', flush=True); sys.stdin.read()"


@pytest.mark.parametrize(
    ("mechanism", "hold", "code"),
    [
        ("flock", "flock(f, fcntl.LOCK_EX)", 201),
        ("fcntl", "flock(f, fcntl.LOCK_EX)", 0),
        ("disabled", "flock(f, fcntl.LOCK_EX)", 0),
        ("flock", "flock(f, fcntl.LOCK_SH)", 0),
    ],
)
def test_a_lock_is_waited_for_but_not_for_ever(node, mechanism, hold, code):
    node.configure(f"input_lock_mechanism = {mechanism}", "lock_timeout = 1")
    node.write(PLACE, PEM, mode=0o600, owner="pilot01")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD % hold, str(node.path(PLACE))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    try:
        assert call(node).code == code
    finally:
        holder.communicate(timeout=10)


def test_a_fcntl_lock_is_heeded_when_the_site_says_so(node):
    node.configure("input_lock_mechanism = fcntl", "lock_timeout = 1")
    node.write(PLACE, PEM, mode=0o600, owner="pilot01")
    with node.path(PLACE).open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        refused(call(node), "locked by somebody else for too long")


@BOTH
def test_a_file_with_another_name_is_refused(node, variable):
    node.write(PLACE, PEM, mode=0o600, owner="pilot01")
    node.path("/home/pilot01/other.pem").unlink(missing_ok=True)
    node.path("/home/pilot01/other.pem").hardlink_to(node.path(PLACE))
    try:
        refused(call(node, variable), "has another name")
    finally:
        node.path("/home/pilot01/other.pem").unlink()


INSIDE = CERTIFICATE.index("Tm90")


@BOTH
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("some words\n", "has no certificate"),
        (KEY, "has no certificate"),
        (CERTIFICATE, "has no private key"),
        (PEM[:-1], ""),
        (PEM[:-2], "something else than base64"),
        (PEM[: INSIDE + 3], "breaks off inside a block"),
        (PEM.replace("END CERTIFICATE", "END PRIVATE KEY"), "ends as another kind"),
        (PEM.replace("Tm90", "T<90"), "something else than base64"),
        (PEM.replace("\n", "\r\n"), ""),
        ("Bag Attributes\n    friendlyName: x\n" + PEM, ""),
        (CERTIFICATE + KEY.replace("PRIVATE", "EC PRIVATE"), ""),
        (CERTIFICATE + KEY.replace("-----\nTm9y", "-----\nProc-Type: 4,ENCRYPTED\n\nTm9y"), ""),
    ],
)
def test_only_whole_pem_text_with_a_certificate_and_its_key_is_taken(node, variable, content, reason):
    node.write(PLACE, content, mode=0o600, owner="pilot01")
    done = call(node, variable)
    if reason:
        refused(done, reason)
    else:
        assert done.out == "ran\n"


def test_every_truncation_of_a_proxy_is_refused(node):
    accepted = []
    for length in range(1, len(PEM) - 1, 3):
        node.write(PLACE, PEM[:length], mode=0o600, owner="pilot01")
        if call(node).code != 201:
            accepted.append(length)
    assert accepted == []


def test_some_callers_word_is_taken_for_the_private_key(node):
    node.write(PLACE, CERTIFICATE, mode=0o600, owner="pilot01")
    node.configure("omission_private_key_white_list = pilot01")
    assert call(node).out == "ran\n"
    assert "VERIFY_PROXY_DISCARD_PRIVATE_KEY_ABSENCE=1" in node.seen("environment")
    node.configure("omission_private_key_white_list = pilot02")
    refused(call(node), "has no private key")


def test_lcmaps_is_told_nothing_of_the_sort_when_there_is_a_key(node):
    node.configure("omission_private_key_white_list = pilot01")
    assert call(node, path="/mnt/home/pilot01/alice.pem").code == 0
    assert "DISCARD" not in node.seen("environment")


@pytest.mark.parametrize("mode", ["", "none", "log-only", "LCMAPS_GET_ACCOUNT"])
def test_the_caller_cannot_choose_another_mode(node, mode):
    good = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem"}
    assert node.call("/bin/echo", env=good | {"GLEXEC_MODE": mode}).code == 201
    assert node.call("/bin/echo", env=good | {"GLEXEC_MODE": "lcmaps_get_account"}).code == 0
