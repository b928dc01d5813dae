"""The site's own program behind a payload: run when it can be trusted, bounded in time, and its failure is seen."""

import os
import subprocess

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_TARGET_PROXY": "/dev/null", "GLEXEC_ID": "7"}
EPILOGUE = "/libexec/epilogue"
SEES = (
    "fd=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); env | sort >/mnt/seen/epilogue; "
    "id >/mnt/seen/epilogue-id; echo $fd >/mnt/seen/epilogue-fd"
)


@pytest.fixture
def site(node):
    """A node with an epilogue; what it did before is forgotten."""
    for trace in node.path("/seen").glob("epilogue*"):
        trace.unlink()
    write(node, SEES)
    node.configure(f"epilogue = /mnt{EPILOGUE}")
    return node


def write(node, script, mode=0o755, **owner):
    node.path("/libexec/script").unlink(missing_ok=True)
    node.write(EPILOGUE, f"#!/bin/sh\n{script}\n", mode=mode, **owner)


def test_it_runs_as_root_on_nothing_with_the_facts_of_the_run(site):
    done = site.call("/bin/sh", "-c", "exit 3", env=GOOD | {"GLEXEC_EPILOG_EXIT_CODE": "0", "GLEXEC_EPILOG_X": "x"})
    assert done.code == 3
    seen = dict(line.split("=", 1) for line in site.path("/seen/epilogue").read_text().splitlines())
    facts = {name.removeprefix("GLEXEC_EPILOG_"): seen[name] for name in seen if name.startswith("GLEXEC_EPILOG_")}
    assert facts.pop("PID") == done.log[-1].split("glexec[")[1].split("]")[0]
    assert facts.pop("PAYLOAD_PID").isdigit()
    assert facts == {
        "EXIT_CODE": "3",
        "CALLER_UID": "40001",
        "CALLER_GID": "40000",
        "TARGET_UID": "50001",
        "TARGET_GID": "50000",
        "TARGET_USER": "alpha001",
        "TARGET_HOME": "/mnt/home/alpha001",
        "TARGET_PROXY": "",
    }
    assert seen["GLEXEC_ID"] == "7"
    assert site.path("/seen/epilogue-id").read_text() == "uid=0(root) gid=0(root) groups=0(root)\n"
    assert site.path("/seen/epilogue-fd").read_text().split() == ["/dev/null"] * 3


def test_it_runs_when_the_switch_has_been_killed(site):
    running = subprocess.Popen(
        site.command("/bin/sh", "-c", "echo started; exec sleep 60", env=GOOD), stdout=subprocess.PIPE
    )
    assert running.stdout.readline() == b"started\n"
    running.kill()
    running.wait(20)
    site.eventually("/seen/epilogue-fd")
    assert "GLEXEC_EPILOG_EXIT_CODE=143\n" in site.path("/seen/epilogue").read_text()


def test_it_runs_as_whom_the_site_names(site):
    site.configure(f"epilogue = /mnt{EPILOGUE}", "epilogue_user = glexec", "epilogue_group = alpha")
    assert site.call("/bin/true", env=GOOD).code == 0
    assert site.path("/seen/epilogue-id").read_text().startswith("uid=990(glexec) gid=50000(alpha)")
    site.configure(f"epilogue = /mnt{EPILOGUE}", "epilogue_user = glexec")
    site.path("/seen/epilogue-id").unlink()
    site.call("/bin/true", env=GOOD)
    assert site.path("/seen/epilogue-id").read_text().startswith("uid=990(glexec) gid=0(root)")


@pytest.mark.parametrize(
    ("script", "code"), [("exit 1", 202), ("exit 201", 204), ("exit 204", 204), ("kill -9 $$", 202)]
)
def test_its_failure_is_a_fault_of_the_site_although_the_payload_ran(site, script, code):
    write(site, script)
    done = site.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (code, "ran\n")
    assert done.logged(f"The epilogue /mnt{EPILOGUE} failed: ")
    assert done.logged("reason=epilogue-failed") == (code == 202)
    assert done.logged("Terminated, exit 0")


@pytest.mark.parametrize("script", ["exec sleep 60", "trap '' TERM; while :; do sleep 1; done"])
def test_its_time_is_limited(site, script):
    write(site, script)
    site.configure(f"epilogue = /mnt{EPILOGUE}", "epilogue_timeout = 1")
    done = site.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (202, "ran\n")
    assert done.logged("it did not end within epilogue_timeout")


@pytest.mark.parametrize(
    ("mode", "owner", "reason"),
    [
        (0o757, (0, 0), "is writable by others"),
        (0o775, (0, 50000), "is writable by a group"),
        (0o755, (40001, 0), "does not belong to root"),
        (0o644, (0, 0), "it is not executable"),
    ],
)
def test_what_others_could_have_written_is_not_run_and_nor_is_the_payload(site, mode, owner, reason):
    write(site, SEES, mode=mode)
    os.chown(site.path(EPILOGUE), *owner)
    site.path(EPILOGUE).chmod(mode)
    done = site.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (202, ""), done
    assert done.logged(reason), done.log


def test_user_and_group_that_the_site_names_are_trusted_with_it(site):
    os.chown(site.path(EPILOGUE), 990, 50000)
    site.path(EPILOGUE).chmod(0o775)
    site.configure(f"epilogue = /mnt{EPILOGUE}", "epilogue_user = glexec", "epilogue_group = alpha")
    assert site.call("/bin/echo", "ran", env=GOOD).code == 0


def test_a_link_in_its_path_is_not_followed(site):
    site.path("/libexec/script").symlink_to("epilogue")
    site.configure("epilogue = /mnt/libexec/script")
    assert site.call("/bin/echo", "ran", env=GOOD).code == 202


@pytest.mark.parametrize(
    "option", ["epilogue_user = nobody-at-all", "epilogue_group = no-group", "epilogue_timeout = 0"]
)
def test_a_wrong_option_runs_nothing(site, option):
    site.configure(f"epilogue = /mnt{EPILOGUE}", option)
    done = site.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (202, "")


def test_it_is_looked_at_again_when_its_time_has_come(site):
    done = site.call("/bin/sh", "-c", "true", env=GOOD)
    assert done.code == 0
    running = subprocess.Popen(
        site.command("/bin/sh", "-c", "echo started; read x; exit 0", env=GOOD),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert running.stdout.readline() == b"started\n"
    site.path(EPILOGUE).chmod(0o757)
    running.communicate(b"go\n", timeout=20)
    assert running.returncode == 202


def test_in_log_only_there_is_nobody_to_run_it_as(site):
    site.log_only()
    done = site.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (202, "")
    assert done.logged("it cannot work in a log-only installation")


def test_without_lingering_nobody_is_left_to_run_it(site):
    site.path("/seen/epilogue").unlink(missing_ok=True)
    site.configure(f"epilogue = /mnt{EPILOGUE}", "linger = no")
    done = site.call("/bin/echo", "ran", env=GOOD)
    assert (done.code, done.out) == (0, "ran\n")
    assert done.logged("nobody is left to run it")
    assert not site.path("/seen/epilogue").exists()


def test_a_payload_cannot_choose_what_an_interpreter_that_is_root_loads(site):
    site.configure(f"epilogue = /mnt{EPILOGUE}", "preserve_env_variables = PATH PYTHONPATH BASH_ENV")
    hostile = {"PATH": "/mnt/home/pilot01", "PYTHONPATH": "/mnt/home/pilot01", "BASH_ENV": "/mnt/home/pilot01/x"}
    assert site.call("/bin/true", env=GOOD | hostile).code == 0
    seen = dict(line.split("=", 1) for line in site.path("/seen/epilogue").read_text().splitlines())
    assert seen["HOME"] == "/mnt/home/root"
    assert not any("/mnt/home/pilot01" in value for name, value in seen.items() if not name.startswith("GLEXEC_"))
