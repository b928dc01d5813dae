"""Nothing that was acknowledged is lost, and nothing is half done, whenever the queue's process is killed."""

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.needs import Offer
from testbed.pilot.payload import Payload, State
from testbed.pilot.queue import Queue
from testbed.pilot.store import Store
from tests.pilot import life
from tests.pilot.conftest import Grid

ROOT = Path(__file__).parents[2]
NEXT = {
    State.QUEUED: {State.TAKEN, State.CANCELLED},
    State.TAKEN: {State.STARTED, State.ENDED},
    State.STARTED: {State.QUEUED, State.ENDED},
}
"""What follows what in `life`."""


def lived(file: Path, death: int) -> tuple[int, list[str]]:
    """How a life ended, and what it had said by then."""
    argv = [sys.executable, life.__file__, str(file), str(death)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, cwd=ROOT, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, done.stdout.splitlines()


def is_whole(file: Path, said: list[str]) -> None:
    """Everything that was said is there, and every state has its line of history."""
    queue = Queue(Store(file))
    promised = {}
    for line in said:
        ident, *what = json.loads(line)
        promised[ident] = what
    for ident, (state, out, lines) in promised.items():
        report = queue.look(ident)
        history = [change for change in queue.history(ident) if change.why != "the VO was begun anew"]
        assert len(history) >= lines
        assert history[lines - 1].state == state
        if report.state == state:
            assert report.out.decode() in ({"", "half\n"} if not out else {out})
        assert history[-1].state is report.state
    for line in queue.list():
        history = [change for change in queue.history(line.ident) if change.why != "the VO was begun anew"]
        assert history[-1].state is line.state
        assert all(after.state in NEXT[before.state] for before, after in itertools.pairwise(history))
    assert queue._store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    queue._store.close()


def test_a_queue_that_is_killed_at_any_statement_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    code, said = lived(tmp_path / "alive", 0)
    assert code == 0
    statements = int(said.pop())
    assert len(said) == 9
    assert statements > 60
    is_whole(tmp_path / "alive", said)

    def killed(death: int) -> None:
        file = tmp_path / f"killed-{death}"
        code, said = lived(file, death)
        assert code == -signal.SIGKILL
        is_whole(file, said)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(killed, range(1, statements + 1)))


def test_a_submission_of_which_the_answer_was_lost_is_repeated_without_harm(tmp_path: Path) -> None:
    queue = Queue(Store(tmp_path / "queue"))
    payload = Payload("alice", ("/bin/true",))
    ident = queue.submit(payload, asked="once")
    queue._store.close()
    assert Queue(Store(tmp_path / "queue")).submit(payload, asked="once") == ident


def test_two_queues_do_not_share_a_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "queue")
    with pytest.raises(Problem, match="cannot be opened"):
        Store(tmp_path / "queue")
    store.close()
    Store(tmp_path / "queue").close()


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be read as one", bytes(4096)])
def test_a_file_that_is_no_queue_is_a_problem_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "queue"
    file.write_bytes(content)
    with pytest.raises(Problem, match="cannot be opened"):
        Store(file)
    assert file.read_bytes() == content


def test_a_queue_of_another_version_is_not_touched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "queue") as other:
        other.execute("PRAGMA user_version = 2")
    other.close()
    was = (tmp_path / "queue").read_bytes()
    with pytest.raises(Problem, match="of another version") as refused:
        Store(tmp_path / "queue")
    assert refused.value.where == str(tmp_path / "queue")
    assert (tmp_path / "queue").read_bytes() == was


def test_nobody_else_may_read_the_queues_files(tmp_path: Path) -> None:
    store = Store(tmp_path / "queue")
    Queue(store).submit(Payload("alice", ("/bin/true",)))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"queue": 0o600, "queue-wal": 0o600}
    store.close()


def test_a_queue_that_finds_no_room_says_so_keeps_what_it_has_and_goes_on_later(tmp_path: Path) -> None:
    store = Store(tmp_path / "queue")
    queue = Queue(store)
    first = queue.submit(Payload("alice", ("/bin/true",)))
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    large = Payload("alice", ("/bin/cat",), b"x" * 100_000)
    with pytest.raises(Problem, match="cannot be written"):
        queue.submit(large)
    assert [line.ident for line in queue.list()] == [first]
    store.connection.execute("PRAGMA max_page_count = 1000000")
    queue.submit(large)
    given = queue.take("pilot-1", Offer(Mode.NONE))
    assert given is not None
    assert given[0] == first


class Process:
    """A VO as a process of its own, that can be killed and begun anew."""

    def __init__(self, grid: Grid, file: Path) -> None:
        self._argv = [sys.executable, "-m", "testbed.pilot", "--vo", str(grid.folder), "--listen", "127.0.0.1:0"]
        self._argv += ["--queue", str(file), "--lease", "1"]
        self._grid = grid
        self.begin()

    def begin(self) -> None:
        """Serve, until `kill`."""
        self._popen = subprocess.Popen(self._argv, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert self._popen.stdout
        port = int(self._popen.stdout.readline().rpartition(":")[2])
        ca = self._grid.authority.identity.certificate_pem
        self.vo = Vo("127.0.0.1", proxy=self._grid.proxy("pilot"), authorities=ca, port=port)

    def kill(self) -> None:
        """With SIGKILL."""
        os.kill(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        assert self._popen.stdout
        self._popen.stdout.close()


@pytest.fixture
def process(grid: Grid, tmp_path: Path) -> Iterator[Process]:
    """A VO as a process."""
    made = Process(grid, tmp_path / "queue.db")
    yield made
    made.kill()


def test_a_vo_that_is_killed_after_each_step_goes_on_where_it_was(process: Process) -> None:
    ask: Callable[..., dict[str, object]] = lambda path, body: dict(process.vo._post(path, body))  # noqa: E731
    payload = process.vo.submit(Payload("alice", ("/bin/true",)))
    again = {"payload": payload, "pilot": "mine", "code": None, "separated": False, "bypassed": False, "why": ""}
    offer = {"pilot": "mine", "request": "1", "offer": {"mode": "none"}}
    for step, state in (
        (lambda: ask("/next", offer), State.TAKEN),
        (lambda: ask("/next", offer), State.TAKEN),
        (lambda: ask("/reports", {**again, "state": "started"}), State.STARTED),
        (lambda: ask("/reports", {**again, "state": "started", "out": "aGFsZgo="}), State.STARTED),
        (lambda: ask("/reports", {**again, "state": "ended", "code": 0}), State.ENDED),
    ):
        step()
        process.kill()
        process.begin()
        assert process.vo.wait(payload, limit=0.001).state is state
    assert ask("/next", offer | {"request": "2"}) == {"payload": None}


def test_a_payload_of_a_pilot_that_died_with_the_vo_comes_back_after_its_lease(process: Process) -> None:
    payload = process.vo.submit(Payload("alice", ("/bin/true",), attempts=2))
    process.vo._post("/next", {"pilot": "mine", "offer": {"mode": "none", "start_limit": 0.1}})
    process.kill()
    process.begin()
    until = time.monotonic() + 30
    while process.vo.wait(payload, limit=0.2).state is not State.QUEUED:
        assert time.monotonic() < until
    taken = process.vo._post("/next", {"pilot": "another", "offer": {"mode": "none"}})
    assert taken["payload"]["id"] == payload


def test_of_many_submissions_while_it_is_killed_every_acknowledged_one_is_there(process: Process) -> None:
    known: list[str] = []

    def submit() -> None:
        while True:
            try:
                known.append(process.vo.submit(Payload("alice", ("/bin/true",))))
            except Problem:
                return

    with ThreadPoolExecutor(4) as workers:
        running = [workers.submit(submit) for _ in range(4)]
        until = time.monotonic() + 10
        while len(known) < 40:
            assert time.monotonic() < until
            time.sleep(0.001)
        process.kill()
        for one in running:
            one.result()
    process.begin()
    assert len(known) == len(set(known))
    assert {process.vo.wait(ident, limit=0.001).state for ident in known} == {State.QUEUED}
