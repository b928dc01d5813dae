"""The probes as real processes: what they say must be what happened."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.model.attack import TRACING, Attack
from testbed.model.kernel import Kernel
from testbed.model.mode import Mode
from testbed.pilot.probes import probe
from testbed.pilot.stages.beside import THIEF
from testbed.pilot.stages.bystander import VICTIM
from testbed.pilot.stages.targets import number_on, of_bob
from tests.pilot.probing import NOBODY, PYTHON, SOMEBODY, TOKEN, Bob, Here, run, steal, thefts

as_others = pytest.mark.skipif(os.geteuid() != 0, reason="another account can be taken by root only")
KERNEL = Kernel.parse(run("kernel"))
TRACED = TRACING(Mode.NONE, KERNEL) is None


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Bob]:
    """A victim, ended afterwards if he still runs."""
    victim = Bob(tmp_path)
    yield victim
    victim.end()
    assert not [path for path in (victim.said["shared_memory"], *victim.said["in_tmp"]) if Path(path).exists()]


def his(bob: Bob) -> dict[str, object]:
    """What a thief knows of his process."""
    return {"process": TOKEN, "pid": bob.said["pid"]}


def test_a_payload_of_the_same_account_steals_everything(bob: Bob) -> None:
    assert bob.said["pid"] == bob.process.pid
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": TOKEN}) == ("succeeded", "")
    assert steal({"kind": "environ", **his(bob), "marker": bob.said["environment"]}) == ("succeeded", "")
    assert steal({"kind": "signal", **his(bob), "signal": "SIGUSR1", "marker": TOKEN}) == ("succeeded", "")
    Path(bob.said["release"]).touch()
    felt = {"signalled": 1, "changed": []}
    assert bob.last_words() == [felt, {**felt, "ended_by": "released"}]


@as_others
def test_a_payload_of_another_account_steals_nothing(bob: Bob) -> None:
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": TOKEN}, NOBODY) == ("blocked", "EACCES")
    assert steal({"kind": "environ", **his(bob), "marker": TOKEN}, NOBODY) == ("blocked", "EACCES")
    assert steal({"kind": "signal", **his(bob), "signal": "SIGUSR1", "marker": TOKEN}, NOBODY) == ("blocked", "EPERM")
    bob.process.terminate()
    assert bob.last_words() == [{"signalled": 0, "changed": [], "ended_by": "SIGTERM"}]


def test_what_is_not_there_cannot_be_stolen(bob: Bob) -> None:
    bob.process.terminate()
    bob.last_words()
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": TOKEN}) == ("blocked", "ENOENT")
    assert steal({"kind": "environ", **his(bob), "marker": TOKEN}) == ("blocked", "ESRCH")
    assert steal({"kind": "signal", **his(bob), "signal": "SIGUSR1", "marker": TOKEN}) == ("blocked", "ESRCH")


def test_another_process_or_file_in_its_place_is_no_success(bob: Bob) -> None:
    other = "nothing that bob has"
    assert steal({"kind": "read", "path": bob.said["secret"], "marker": other}) == ("blocked", "")
    not_his = {"kind": "signal", **his(bob), "process": other, "signal": "SIGUSR1", "marker": TOKEN}
    assert steal(not_his) == ("blocked", "ESRCH")
    bob.process.terminate()
    assert bob.last_words()[-1]["signalled"] == 0


@pytest.mark.parametrize("number", [1, os.getpid(), 1 << 22])
def test_a_victim_is_found_by_what_only_it_has_whatever_number_it_has_here(bob: Bob, number: int) -> None:
    assert steal({"kind": "cmdline", **his(bob), "pid": number, "marker": TOKEN}) == ("succeeded", "")


def test_who_looks_for_the_victim_is_not_it_and_says_among_how_many_it_looked(bob: Bob) -> None:
    bob.process.terminate()
    bob.last_words()
    found = thefts({"it": {"kind": "cmdline", **his(bob), "marker": TOKEN}})["it"]
    assert found["attempt"] == "blocked"
    assert "none of the " in found["saw"]


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "read", "path": "/etc/passwd", "marker": ""},
        {"kind": "read", "marker": "x"},
        {"kind": "wish", "marker": "x"},
        {"kind": "environ", "pid": 1, "marker": "x"},
        {"kind": "environ", "process": TOKEN, "pid": "one", "marker": "x"},
        {"kind": "signal", "process": TOKEN, "pid": 1, "signal": "SIGNOTHING", "marker": ""},
        {"kind": "read", "path": "/proc", "marker": "x"},
        {},
    ],
)
def test_an_attack_that_could_not_be_tried_is_not_called_blocked(target: dict[str, object]) -> None:
    assert steal(target)[0] == "not tried"


def test_a_victim_hides_its_secret_and_takes_it_away(tmp_path: Path) -> None:
    victim = Bob(tmp_path, "0.2")
    secret = Path(victim.said["secret"])
    assert oct(secret.stat().st_mode & 0o777) == "0o600"
    assert oct(secret.parent.stat().st_mode & 0o777) == "0o700"
    assert victim.last_words() == [{"signalled": 0, "changed": [], "ended_by": "limit"}]
    assert list(tmp_path.iterdir()) == []


@as_others
def test_a_victim_that_cannot_have_all_leaves_nothing(home: Path) -> None:
    """Without room for a queue it has a segment and a file of shared memory by then."""
    with tempfile.TemporaryFile() as source:
        source.write(probe("victim", *VICTIM))
        source.seek(0)
        victim = subprocess.run(
            ["/usr/bin/prlimit", "--msgqueue=1", PYTHON, "-", TOKEN, "5"],
            stdin=source,
            capture_output=True,
            env={"HOME": str(home)},
            user=NOBODY,
            group=NOBODY,
            extra_groups=(),
            timeout=20,
            check=False,
        )
    assert b"mq_open" in victim.stderr
    table = Path("/proc/sysvipc/shm").read_text().splitlines()
    owners = [int(dict(zip(table[0].split(), row.split(), strict=False))["uid"]) for row in table[1:]]
    owners += [path.stat().st_uid for path in Path("/dev/shm").iterdir()]
    assert NOBODY not in owners


def test_an_identity_is_what_the_kernel_says() -> None:
    said = run("identity")
    assert said["uids"] == list(os.getresuid())
    assert set(said["descriptors"]) == {"0", "1", "2"}
    assert said["host"] == os.uname().nodename


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that only its account, which owns nothing else, can pass."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


def told(bob: Bob) -> dict[Attack, dict[str, object]]:
    """What a thief is told of Bob, but for his proxy: he has none here."""
    targets = of_bob(bob.said, bob.process.pid, TOKEN, "a key")
    return {attack: dict(target) for attack, target in targets.items() if attack is not Attack.BOBS_PROXY}


@as_others
@pytest.mark.parametrize("thief", [NOBODY, SOMEBODY], ids=["same account", "another account"])
def test_what_is_his_alone_is_had_by_his_account_alone(home: Path, thief: int) -> None:
    victim = Bob(home, user=NOBODY)
    try:
        found = thefts(told(victim), thief)
    finally:
        victim.process.terminate()
        said = victim.last_words()
    for_all = {Attack.BOBS_COMMAND_LINE, Attack.BOBS_OPEN_SEGMENT, Attack.BOBS_OPEN_SHARED_MEMORY}
    for_all |= {Attack.BOBS_OPEN_QUEUE, Attack.BOBS_OPEN_MESSAGES}
    expected = {
        attack: "succeeded" if thief == NOBODY or attack in for_all else "blocked"
        for attack in found
        if TRACED or attack is not Attack.BOBS_MEMORY
    }
    assert {attack: found[attack]["attempt"] for attack in expected} == expected
    changed = ["in_tmp", "group_file"] if thief == NOBODY else []
    assert said[-1] == {"signalled": int(thief == NOBODY), "changed": changed, "ended_by": "SIGTERM"}


def test_nothing_of_his_shared_memory_stays(bob: Bob) -> None:
    bob.process.terminate()
    bob.last_words()
    words = ("segment", "shared", "queue", "messages")
    shared = {attack: target for attack, target in told(bob).items() if any(word in attack for word in words)}
    assert {(found["attempt"], found["errno"]) for found in thefts(shared).values()} == {("blocked", "ENOENT")}


@pytest.mark.parametrize("kind", ["memory", "descriptor", "segment", "cmdline"])
def test_what_is_found_where_a_secret_should_be_is_no_success(bob: Bob, kind: str) -> None:
    target = next(target for target in told(bob).values() if target["kind"] == kind)
    if TRACED or kind != "memory":
        assert steal({**target, "marker": "nothing like that"}) == ("blocked", "")


def test_a_process_whose_memory_was_read_in_both_ways_goes_on_and_is_traced_by_nobody(bob: Bob) -> None:
    target = told(bob)[Attack.BOBS_MEMORY]
    came_to = "succeeded" if TRACED else "blocked"
    found = thefts({"it": target})["it"]
    assert [way in found["saw"] for way in (f"/proc: {came_to}", f"ptrace: {came_to}")] == [True, True]
    status = Path(f"/proc/{bob.process.pid}/status").read_text()
    assert "TracerPid:\t0\n" in status
    assert "State:\tS" in status or "State:\tR" in status
    Path(bob.said["release"]).touch()
    assert bob.last_words()[-1] == {"signalled": 0, "changed": [], "ended_by": "released"}


@as_others
@pytest.mark.parametrize(
    ("of_file", "of_folder", "ways"),
    [
        (0o666, 0o755, ["succeeded", "blocked"]),
        (0o644, 0o777, ["blocked", "succeeded"]),
        (0o644, 0o755, 2 * ["blocked"]),
    ],
)
def test_a_program_is_another_one_when_it_was_written_to_or_replaced(
    of_file: int, of_folder: int, ways: list[str]
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        program = Path(name) / "program.py"
        program.write_text(TOKEN)
        program.chmod(of_file)
        program.parent.chmod(of_folder)
        target = {"kind": "overwrite", "path": str(program), "marker": TOKEN}
        found = run("thief", json.dumps({"it": target}), user=NOBODY, parts=THIEF)["it"]
        assert found["attempt"] == max(ways)
        for way, came_to in zip(("write", "rename over it"), ways, strict=True):
            assert f"{way}: {came_to}" in found["saw"]
        assert (program.read_text() != TOKEN) == ("succeeded" in ways)
        assert [path.name for path in Path(name).iterdir()] == ["program.py"]


@as_others
@pytest.mark.parametrize(("mode", "came_to"), [(0o777, "succeeded"), (0o755, "blocked"), (0o700, "blocked")])
def test_a_folder_that_everybody_may_write_is_found_by_who_is_not_told_of_it(mode: int, came_to: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        jobs = Path(name) / "jobs"
        jobs.mkdir()
        jobs.parent.chmod(0o755)
        (jobs / "job.json").write_text(TOKEN)
        jobs.chmod(mode)
        target = {"kind": "plant", "path": str(jobs), "holds": "job.json", "marker": TOKEN}
        found = run("thief", json.dumps({"it": target}), user=NOBODY, parts=THIEF)["it"]
        assert found["attempt"] == came_to
        assert all(f"{way}: {came_to}" in found["saw"] for way in ("told", "found"))
        planted = ["planted", "planted-too"] if came_to == "succeeded" else []
        assert sorted(path.name for path in jobs.iterdir()) == ["job.json", *planted]


def test_what_a_careless_starter_left_open_or_in_the_environment_is_found(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("left open")
    targets = {
        "descriptor": {"kind": "own-descriptors", "marker": "left open"},
        "variable": {"kind": "own-environment", "marker": "left set"},
    }
    number = os.open(tmp_path / "secret", os.O_RDONLY)
    try:
        os.set_inheritable(number, True)
        handed = run("thief", json.dumps(targets), parts=THIEF, careless={"PILOT_SECRET": "left set"})
    finally:
        os.close(number)
    assert [found["attempt"] for found in handed.values()] == ["succeeded", "succeeded"]
    assert [found["attempt"] for found in thefts(targets).values()] == ["blocked", "blocked"]


@as_others
def test_a_process_with_numbers_of_its_own_is_found_by_the_nodes(tmp_path: Path) -> None:
    token = "a-token-that-nobody-else-has"
    word = ["unshare", "--pid", "--fork", "--kill-child", PYTHON, "-c", "import os; print(os.getpid()); input()", token]
    with subprocess.Popen(word, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as outer:
        assert outer.stdout
        assert int(outer.stdout.readline()) == 1
        number = number_on(Here(), 1, token)
        assert number != outer.pid
        assert Path(f"/proc/{number}/status").read_text().split("NSpid:")[1].split()[1] == "1"
        outer.kill()
    assert number_on(Here(), 7, token) == 7
