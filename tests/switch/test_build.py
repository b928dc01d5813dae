"""What the set-id program is made of: hardened, libc only, no call that goes wrong easily, nothing for the analyser."""

import re
import subprocess

import pytest

FORBIDDEN = {"strcpy", "strcat", "sprintf", "gets", "system", "popen", "strtol", "strtoul", "atoi", "sscanf", "getenv"}
FORBIDDEN |= {"execvp", "execlp", "syslog", "dlopen", "mktemp", "tmpnam", "rand", "alloca"}


@pytest.fixture(scope="module")
def elf(build):
    done = subprocess.run(
        ["readelf", "-W", "-h", "-l", "-d", "--dyn-syms", build / "glexec"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout


def test_it_needs_libc_and_nothing_else(elf):
    assert re.findall(r"\(NEEDED\).*\[(.*)\]", elf) == ["libc.so.6"]


def test_it_looks_for_libraries_nowhere_special(elf):
    assert "RPATH" not in elf
    assert "RUNPATH" not in elf


def test_it_is_hardened(elf):
    assert re.search(r"Type:\s+DYN \(Position-Independent Executable", elf)
    assert "GNU_RELRO" in elf
    assert re.search(r"FLAGS.*(BIND_NOW|NOW)", elf)
    assert re.search(r"GNU_STACK .* RW ", elf)
    assert "__stack_chk_fail" in elf
    assert "_chk@" in elf  # fortified calls


def test_it_calls_nothing_that_parses_loosely_or_overruns(elf):
    called = set(re.findall(r"UND (\w+)@", elf))
    assert "execve" in called
    assert called & FORBIDDEN == set()


def test_the_analyser_has_nothing_to_say(build, make):
    done = make("-j2", "analyse")
    assert done.returncode == 0, done.stderr
