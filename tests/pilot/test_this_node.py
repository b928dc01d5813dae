"""What a pilot sees of its node, on this machine."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.lab.wait import eventually
from testbed.node.agent.this_node import memory, pilots


@contextlib.contextmanager
def running(*words: str) -> Iterator[None]:
    """A process whose command line ends with these words."""
    with subprocess.Popen(["/bin/sh", "-c", "read -r end", *words], stdin=subprocess.PIPE) as process:
        line = Path(f"/proc/{process.pid}/cmdline")  # empty for a moment, while the kernel makes the new program
        eventually(lambda: line.read_bytes().endswith(b"\0".join(map(str.encode, words)) + b"\0"), within=5)
        yield  # its input ends then, and so does it


def test_pilots_are_counted_by_their_names_and_what_packs_for_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site may let a pilot run a payload itself where no other is there (`pilots_at_most`): none may be missed."""
    program = f"/somewhere/{os.getpid()}/agent"
    monkeypatch.setattr(sys, "argv", [program, "pilot-1"])
    assert pilots() is None
    with running(program, "pilot-1"), running(program, "pilot-1"):  # its workers bear one name
        assert pilots() == 1
        with running(program, "--pack", "/tmp/folder", "result"), running("/elsewhere/agent", "pilot-3"):
            assert pilots() == 1
        with running("-I", "-S", program, "pilot-2"):
            assert pilots() == 2


def test_the_memory_that_a_pilot_offers_is_what_the_machine_has_left() -> None:
    """No more than there is at all (sysconf(3)), and not none."""
    assert 0 < memory() < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
