"""A daemon of the pilot's: has what can be stolen, feels what is done to it, and leaves nothing behind."""

import json
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.lab.wait import eventually
from testbed.model.attack import CORE_ELSEWHERE, TRACING, Attack
from testbed.model.kernel import Kernel
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, End, Outcome
from testbed.model.problem import Problem
from testbed.node.probes.processes import state
from testbed.pilot.daemon import Daemon, daemon, done_to
from testbed.pilot.probes import probe
from testbed.pilot.raid import raid_of
from testbed.pilot.stages.beside import THIEF
from testbed.pilot.stages.targets import of_daemon
from tests.pilot.probing import NOBODY, PYTHON, SOMEBODY, Here, run, thefts

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="another account can be taken by root only")

SECRET, KEY = "a-frameworks-secret", "a line of a key"
KERNEL = Kernel.parse(run("kernel"))
FOR_ALL = {
    Attack.PILOTS_COMMAND_LINE,
    Attack.PILOTS_OPEN_FOLDER,
    Attack.PILOTS_ABSTRACT_SOCKET,
    Attack.PILOTS_LOOPBACK,
}
"""What nothing but a counter-measure keeps other accounts from."""


@pytest.fixture
def proxy() -> Iterator[str]:
    """A file that the daemon alone may open."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "proxy.pem"
        path.touch(0o600)
        path.write_text(f"{KEY}\n")
        os.chown(path, NOBODY, NOBODY)
        yield str(path)


def attempts(running: Daemon, user: int) -> dict[Attack, str]:
    """What each attack on it came to, but for those that this machine's kernel decides otherwise."""
    found = thefts(of_daemon(running.facts, SECRET, KEY), user)
    left_out = {
        Attack.PILOTS_MEMORY: TRACING(Mode.NONE, KERNEL) is not None,
        Attack.PILOTS_CORE: CORE_ELSEWHERE(Mode.NONE, KERNEL) is not None
        or resource.getrlimit(resource.RLIMIT_CORE)[1] == 0,
    }
    return {Attack(name): each["attempt"] for name, each in found.items() if not left_out.get(Attack(name))}


def test_its_own_account_gets_everything_and_it_feels_it(proxy: str) -> None:
    with daemon(Here(), str(NOBODY), SECRET, proxy) as running:
        came_to = attempts(running, NOBODY)
        felt = done_to(running.felt())
    assert set(came_to.values()) == {"succeeded"}
    assert all(felt.values())


def test_another_account_gets_what_is_for_all_and_it_feels_that_alone(proxy: str) -> None:
    with daemon(Here(), str(NOBODY), SECRET, proxy) as running:
        came_to = attempts(running, SOMEBODY)
        felt = done_to(running.felt())
    assert {attack for attack, attempt in came_to.items() if attempt == "succeeded"} == FOR_ALL
    assert {attack for attack, attempt in came_to.items() if attempt == "blocked"} == came_to.keys() - FOR_ALL
    assert {attack for attack, did in felt.items() if did} == FOR_ALL & felt.keys()


def test_a_careful_one_that_asks_who_has_come_gives_less_to_another_account(proxy: str) -> None:
    with daemon(Here(), str(NOBODY), SECRET, proxy, careful=True, asks_peers=True) as running:
        others, own = attempts(running, SOMEBODY), attempts(running, NOBODY)
    left = {Attack.PILOTS_COMMAND_LINE, Attack.PILOTS_LOOPBACK}
    assert {attack for attack, attempt in others.items() if attempt == "succeeded"} == left
    assert own[Attack.PILOTS_ABSTRACT_SOCKET] == own[Attack.PILOTS_OPEN_FOLDER] == "succeeded"


def test_who_sees_its_process_and_not_its_files_gets_what_is_the_processs_and_nobody_disagrees(proxy: str) -> None:
    """As in a container without process numbers of its own. A core dump that was caused, and is out of reach, is none
    that was blocked."""
    own_tmp = 'mount -t tmpfs test /tmp && exec setpriv --reuid="$1" --regid="$1" --clear-groups -- "$2" -S - "$3"'
    with daemon(Here(), str(NOBODY), SECRET, proxy) as running:
        targets = json.dumps(of_daemon(running.facts, SECRET, KEY))
        words = ["unshare", "--mount", "sh", "-c", own_tmp, "sh", str(NOBODY), PYTHON, targets]
        done = subprocess.run(words, input=probe("thief", *THIEF), capture_output=True, timeout=20, check=True)
        raid = raid_of(Outcome(End.UNSEPARATED, 0, "pilot", out=done.stdout.decode()), done_to(running.felt()))
    reached = {attack for attack, (attempt, _) in raid.attempts.items() if attempt is Attempt.SUCCEEDED}
    assert reached >= {Attack.PILOTS_COMMAND_LINE, Attack.PILOTS_PROCESS, Attack.PILOTS_LIMITS}
    assert not reached & {Attack.PILOTS_PROGRAM, Attack.PILOTS_OPEN_FOLDER, Attack.PILOTS_BATCH_COOKIE}
    assert "out of reach" in raid.untried[Attack.PILOTS_CORE]


def test_nothing_of_it_stays(proxy: str) -> None:
    with daemon(Here(), str(NOBODY), SECRET, proxy) as running:
        pids = [running.facts["pid"], running.facts["helper"]]
        places = [Path(running.facts["program"]).parent, Path(running.facts["words"]).parent]
        assert all(place.is_dir() for place in places)
        running.felt()
    assert not any(place.exists() for place in places)
    # One that ends has no command line any more, and may yet be seen for a moment.
    assert eventually(lambda: {state(pid) for pid in pids} <= {"", "Z"}, within=5)


def test_one_that_was_killed_says_nothing_and_that_is_a_problem(proxy: str) -> None:
    with daemon(Here(), str(NOBODY), SECRET, proxy) as running:
        place = Path(running.facts["program"]).parent
        for each in ("helper", "pid"):
            os.kill(running.facts[each], signal.SIGKILL)
        with pytest.raises(Problem, match="ended without a word"):
            running.felt()
    assert not place.exists()


def test_one_that_stands_still_is_let_go_on_and_says_so(proxy: str) -> None:
    with daemon(Here(), str(NOBODY), SECRET, proxy) as running:
        os.kill(running.facts["pid"], signal.SIGSTOP)
        assert running.felt()["continued"] == 1


def test_one_that_cannot_open_the_proxy_does_not_start() -> None:
    with (
        pytest.raises(Problem, match="did not start"),
        daemon(Here(), str(NOBODY), SECRET, "/no/such/proxy"),
    ):
        pass
    assert not [path for path in Path("/tmp").glob("framework-*") if path.stat().st_uid == NOBODY]
