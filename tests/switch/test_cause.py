"""What the exit code cannot tell: a line for programs on standard error where the site wants it, one in the log."""

import re

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_TARGET_PROXY": "/dev/null"}
LINE = re.compile(r"\[gLExec\]: cause class=([a-z]+) reason=([a-z-]+) code=(\d+)\n\Z")


def cause(done):
    """Class and reason of the last line on standard error, which tells the exit code as well."""
    found = LINE.search(done.err)
    assert found, done
    assert int(found[3]) == done.code
    assert done.logged(f"Ended with {done.code}, class={found[1]} reason={found[2]}.")
    return found[1], found[2]


@pytest.fixture
def telling(node):
    """A node whose site wants causes to be told."""
    node.configure("report_cause = yes")
    return node


def test_without_the_option_standard_error_is_glexecs(node):
    node.answers("dn /CN=x\ncause banned\nend\n", code=11)
    done = node.call("/bin/echo", "ran", env=GOOD)
    assert done.err == "[gLExec]: LCMAPS failed.\n[gLExec]:   The reason can be found in the syslog.\n"
    assert done.logged("Ended with 203, class=denied reason=banned.")


@pytest.mark.parametrize("code", [0, 1, 203])
def test_a_payload_that_ran_has_no_cause(telling, code):
    done = telling.call("/bin/sh", "-c", f"exit {code}", env=GOOD)
    assert done.err == ""
    assert not done.logged("Ended with")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("cause banned\n", ("denied", "banned")),
        ("cause not-mapped\n", ("denied", "not-mapped")),
        ("cause credential-refused\n", ("denied", "credential-refused")),
        ("cause credential-expired\n", ("caller", "credential-expired")),
        ("cause pool-exhausted\n", ("unavailable", "pool-exhausted")),
        ("cause crl-expired\n", ("unavailable", "crl-expired")),
        ("cause denied\n", ("denied", "denied")),
        ("cause no-rule\n", ("denied", "no-rule")),
        ("cause service-unreachable\n", ("unavailable", "service-unreachable")),
        ("cause service-untrusted\n", ("unavailable", "service-untrusted")),
        ("cause service-silent\n", ("unavailable", "service-silent")),
        ("cause service-broken\n", ("unavailable", "service-broken")),
        ("cause service-undecided\n", ("undecided", "service-undecided")),
        ("", ("undecided", "lcmaps-refused")),
        ("cause what-nobody-knows\n", ("undecided", "lcmaps-refused")),
        ("cause installation\n", ("undecided", "lcmaps-refused")),
    ],
)
def test_a_refusal_tells_a_no_from_a_service_that_is_away(telling, said, expected):
    telling.answers(f"dn /CN=x\n{said}end\n", code=11)
    assert cause(telling.call("/bin/echo", "ran", env=GOOD)) == expected


def test_a_time_out_is_no_denial(telling):
    telling.configure("report_cause = yes", "mapping_timeout = 1")
    telling.answers("", also="exec sleep 60")
    assert cause(telling.call("/bin/echo", env=GOOD)) == ("unavailable", "timed-out")


def test_what_the_caller_has_to_mend(telling):
    assert cause(telling.call("/bin/echo", env={})) == ("caller", "no-credential")
    bad = GOOD | {"GLEXEC_CLIENT_CERT": "/no/such/proxy"}
    assert cause(telling.call("/bin/echo", env=bad)) == ("caller", "credential-unusable")
    assert cause(telling.call("/no/such/command", env=GOOD)) == ("caller", "command-unusable")
    assert cause(telling.call("/bin/echo", env=GOOD | {"GLEXEC_MODE": "x"})) == ("caller", "mode-unknown")
    place = GOOD | {"GLEXEC_TARGET_PROXY": "/mnt/etc/x"}
    assert cause(telling.call("/bin/echo", env=place)) == ("caller", "target-proxy-unwritable")
    many = {f"GLEXEC_{number}": "x" for number in range(3000)}
    assert cause(telling.call("/bin/echo", env=GOOD | many)) == ("caller", "environment-too-large")
    telling.write("/home/alpha001/nonsense", b"\x7fELF\x01\x02", mode=0o755)
    assert cause(telling.call("/mnt/home/alpha001/nonsense", env=GOOD)) == ("caller", "not-executable")


def test_what_the_site_has_to_mend(telling):
    telling.answers("", code=10)
    assert cause(telling.call("/bin/echo", env=GOOD)) == ("site", "lcmaps-broken")
    telling.path("/etc/lcmaps.db").chmod(0o646)
    assert cause(telling.call("/bin/echo", env=GOOD)) == ("site", "policy-files")
    telling.configure("report_cause = yes", "use_lcas = yes")
    assert cause(telling.call("/bin/echo", env=GOOD)) == ("site", "configuration")


def test_who_is_denied(telling):
    assert cause(telling.call("/bin/echo", caller="pilotadmin", env=GOOD)) == ("denied", "caller-not-listed")
    telling.answers("dn /CN=x\nuid 0\npgid 50000\nend\n")
    assert cause(telling.call("/bin/echo", env=GOOD)) == ("denied", "account-refused")
    telling.answers("dn /CN=x\nuid 50099\npgid 50000\nend\n")
    assert cause(telling.call("/bin/echo", env=GOOD)) == ("unavailable", "account-missing")


def test_a_log_that_is_away_is_told_although_it_cannot_be_logged(telling):
    with telling.without_log():
        done = telling.call("/bin/echo", env=GOOD)
    assert LINE.search(done.err).groups() == ("untraceable", "no-record", "202")


def test_a_log_file_on_a_disk_that_takes_nothing_is_about_the_record_and_no_mistake_in_the_configuration(telling):
    telling.configure("report_cause = yes", "log_destination = file", "log_file = /mnt/own/glexec.log")
    telling.folder("/own", uid=990, gid=990)
    telling.write("/own/glexec.log", "", mode=0o640, owner="glexec")
    telling.inside("mount", "--bind", "/mnt/own", "/mnt/own")
    try:
        assert telling.call("/bin/echo", "ran", env=GOOD).out == "ran\n"
        telling.inside("mount", "-o", "remount,bind,ro", "/mnt/own")
        assert cause(telling.call("/bin/echo", "ran", env=GOOD)) == ("untraceable", "no-record")
    finally:
        telling.inside("umount", "/mnt/own")
    telling.path("/own/glexec.log").chmod(0o400)
    assert cause(telling.call("/bin/echo", "ran", env=GOOD)) == ("site", "configuration")
