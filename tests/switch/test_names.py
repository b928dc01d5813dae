"""The name service, passwd(5) or what a site has in its place: one that fails, or hangs, makes nobody a stranger."""

import contextlib
import re
import subprocess
import time

import pytest

from tests.switch.conftest import Outcome

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem"}
LINE = re.compile(r"\[gLExec\]: cause class=(\S+) reason=(\S+) code=(\d+)\n\Z")
BOUND = 7.0
"""Seconds: a look-up has five, and there is one only."""


def cause(done):
    told = LINE.search(done.err)
    return told.groups() if told else done.err


@contextlib.contextmanager
def hanging(node, file):
    """Whoever opens the file waits for somebody to write into it: a pipe lies over it."""
    node.inside("mkfifo", "-m", "644", "/mnt/etc/pipe")
    node.inside("mount", "--bind", "/mnt/etc/pipe", f"/etc/{file}")
    try:
        yield
    finally:
        node.inside("umount", f"/etc/{file}")
        node.inside("rm", "/mnt/etc/pipe")


@contextlib.contextmanager
def closed(node, file):
    """Only root can read the file."""
    node.path(f"/etc/{file}").chmod(0o600)
    try:
        yield
    finally:
        node.path(f"/etc/{file}").chmod(0o644)


def timed(node):
    """A call by the pilot. nsenter(1) becomes him by number; setpriv(1) would look his name up."""
    command = node.command("/bin/echo", "ran", env=GOOD)
    at = command.index("setpriv")
    node.heard()
    began = time.monotonic()
    run = subprocess.run(
        [*command[:at], "--setuid=40001", "--setgid=40000", *command[command.index("env") :]],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Outcome(run.returncode, run.stdout, run.stderr, node.heard()), time.monotonic() - began


@pytest.fixture
def telling(node):
    """A node whose site wants causes to be told, and has its accounts in files alone."""
    node.configure("report_cause = yes")
    node.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\n")
    node.inside("mount", "--bind", "/mnt/etc/nsswitch.conf", "/etc/nsswitch.conf")
    yield node
    node.inside("umount", "/etc/nsswitch.conf")


def test_a_name_service_that_hangs_is_not_waited_for_for_ever(telling):
    with hanging(telling, "passwd"):
        done, seconds = timed(telling)
    assert (done.code, done.out) == (202, "")
    assert seconds < BOUND
    assert done.logged("the name service gives no answer")


def test_in_log_only_a_caller_whom_nobody_can_look_up_is_not_denied(telling):
    telling.log_only()
    with hanging(telling, "passwd"):
        done, seconds = timed(telling)
    assert cause(done) == ("unavailable", "names-unavailable", "203")
    assert seconds < BOUND
    with closed(telling, "passwd"):
        done, _ = timed(telling)
    assert cause(done) == ("unavailable", "names-unavailable", "203")
    assert timed(telling)[0].out == "ran\n"


def test_a_caller_whom_passwd_does_not_know_is_still_denied(telling):
    telling.log_only()
    kept = telling.path("/etc/passwd").read_text()
    telling.write("/etc/passwd", re.sub(r"pilot01:.*\n", "", kept))
    try:
        assert cause(timed(telling)[0]) == ("denied", "caller-not-listed", "203")
    finally:
        telling.write("/etc/passwd", kept)


@pytest.mark.slow
def test_a_group_database_that_hangs_is_waited_for_once(telling):
    with hanging(telling, "group"):
        done, seconds = timed(telling)
    assert (done.code, done.out) == (202, "")
    assert seconds < BOUND
