"""What the payload finds: environment, folder, mask, descriptors."""

import os
import subprocess

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_TARGET_PROXY": "/dev/null"}
STANDARD = {"HOME": "/mnt/home/alpha001"} | GOOD


def environment(done):
    assert done.code == 0, done
    return dict(line.split("=", 1) for line in done.out.splitlines())


def test_only_glexecs_own_variables_get_through(node):
    outer = {"PATH": "/bin", "LANG": "C", "USER": "pilot01", "HOME": "/x", "GLEXEC_ENV": "QUJD", "GLEXECX": "1"}
    outer |= {"X509_USER_PROXY": "/pilot", "GLEXEC_EPILOG_X": "1", "GLEXEC_ID": "42", "IFS": "x", "BASH_ENV": "/x"}
    done = node.call("/usr/bin/env", env=GOOD | outer)
    assert environment(done) == STANDARD | {"GLEXEC_ENV": "QUJD", "GLEXEC_ID": "42"}


def test_the_site_can_let_more_through_but_never_what_steers_the_loader(node):
    node.configure("preserve_env_variables = CONDOR_CONFIG, _CONDOR_LOG,HOME X509_USER_PROXY MALLOC_CHECK_ LD_PRELOAD")
    outer = {"CONDOR_CONFIG": "a", "_CONDOR_LOG": "b=c", "CONDOR_CONFIG2": "no", "HOME": "/x", "X509_USER_PROXY": "/x"}
    done = node.call("/usr/bin/env", env=GOOD | outer | {"MALLOC_CHECK_": "3"})
    assert environment(done) == STANDARD | {"CONDOR_CONFIG": "a", "_CONDOR_LOG": "b=c"}


def test_lcmaps_and_lcas_variables_never_get_through(node):
    node.configure("preserve_env_variables = LCMAPS_DB_FILE LCAS_DB_FILE GLIBC_TUNABLES")
    outer = {"LCMAPS_DB_FILE": "x", "LCAS_DB_FILE": "x", "GLIBC_TUNABLES": "glibc.malloc.check=3"}
    assert environment(node.call("/usr/bin/env", env=GOOD | outer)) == STANDARD


def test_the_first_of_two_variables_of_one_name_counts(node):
    command = node.command(env=GOOD)
    source = node.path("/home/pilot01/twice.c")
    source.write_text(TWICE)
    subprocess.run(["gcc", "-o", str(node.path("/sbin/twice")), str(source)], check=True, timeout=60)
    twice = [*command[: command.index("/mnt/sbin/glexec")], "/mnt/sbin/twice"]
    done = subprocess.run(twice, capture_output=True, text=True, timeout=30, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith("GLEXEC_ID=")] == ["GLEXEC_ID=first"]


TWICE = """\
#include <unistd.h>
int main(void)
{
    char *arguments[] = {"glexec", "/usr/bin/env", NULL};
    char *variables[] = {"GLEXEC_ID=first", "GLEXEC_ID=second", "GLEXEC_CLIENT_CERT=/mnt/home/pilot01/alice.pem",
                         "GLEXEC_TARGET_PROXY=/dev/null", "nonsense", "=", NULL};
    execve("/mnt/sbin/glexec", arguments, variables);
    return 1;
}
"""


def test_in_log_only_home_stays_the_callers(node):
    node.log_only()
    assert environment(node.call("/usr/bin/env", env=GOOD | {"HOME": "/x", "PATH": "/bin"})) == GOOD | {"HOME": "/x"}
    assert environment(node.call("/usr/bin/env", env=GOOD)) == GOOD | {"HOME": "/mnt/home/pilot01"}


def test_the_payload_starts_in_the_accounts_home(node):
    assert node.call("/bin/pwd").out == "/mnt/home/alpha001\n"


def test_else_in_the_callers_folder(node):
    node.path("/home/alpha001").chmod(0o000)
    os.chown(node.path("/home/alpha001"), 0, 0)
    try:
        assert node.call("/bin/pwd", env=GOOD).out == "/mnt/home/pilot01\n"
        node.path("/home/pilot01").chmod(0o700)
        assert node.call("/bin/pwd", env=GOOD).out == "/\n"
    finally:
        os.chown(node.path("/home/alpha001"), 50001, 50000)


def test_the_mask_is_the_usual_one_whatever_the_caller_had(node):
    command = node.command("/bin/sh", "-c", "umask")
    for mask in (0o000, 0o777):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=True, umask=mask, stdin=subprocess.DEVNULL
        )
        assert done.stdout == "0022\n"


def test_descriptors_above_two_do_not_get_through(node):
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            node.command("/bin/ls", "/proc/self/fd"),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            pass_fds=[reading, writing],
        )
    finally:
        os.close(reading)
        os.close(writing)
    assert done.stdout.split() == ["0", "1", "2", "3"]  # 3 is ls's own look at the folder


@pytest.mark.parametrize("linger", ["yes", "no"])
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_descriptors_lead_nowhere(node, closed, linger):
    node.configure(f"linger = {linger}")
    node.path("/seen/links").unlink(missing_ok=True)
    show = 'links=$(for n in 0 1 2; do readlink /proc/$$/fd/$n; done); echo "$links" >/mnt/seen/links'
    command = node.command("/bin/sh", "-c", show, env=GOOD)
    spot = command.index("/mnt/sbin/glexec")
    close = " ".join(f"{descriptor}<&-" for descriptor in closed)
    shell = [*command[:spot], "/bin/sh", "-c", f'exec "$@" {close}', "sh", *command[spot:]]
    done = subprocess.run(shell, timeout=30, check=False, capture_output=True)
    assert done.returncode == 0, done
    links = node.path("/seen/links").read_text().splitlines()
    assert {links[descriptor] for descriptor in closed} <= {"/dev/null", "/dev/full"}  # full: libc was there first
