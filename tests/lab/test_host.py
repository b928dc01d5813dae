"""Hosts: a command has a time limit, its whole process group dies with it, and "hung" is an outcome."""

import hashlib
import statistics
from concurrent.futures import ThreadPoolExecutor

import pytest

from testbed.lab.ssh import connect
from testbed.lab.wait import eventually
from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, folder
from testbed.model.problem import Problem
from tests.load import slowness


def processes(world: LeasedWorld, marker: str) -> int:
    """How many processes of the node have this word in their command line."""
    # In brackets, or the search would find itself.
    script = f"grep -lz -x '[{marker[0]}]{marker[1:]}' /proc/[0-9]*/cmdline 2>/dev/null | wc -l"
    return int(world.node.run(["sh", "-c", script], limit=5).text)


def test_a_round_trip_takes_eight_milliseconds_at_the_most(world: LeasedWorld) -> None:
    """The median of 40, measured again for a while: the machine may be busy with other things at first."""

    def median() -> float:
        return statistics.median(world.node.run(["true"], limit=5).seconds for _ in range(40))

    assert eventually(lambda: median() <= 0.008 * slowness(), within=20)


def test_both_streams_and_the_exit_code_come_back(world: LeasedWorld) -> None:
    result = world.node.run(["sh", "-c", "echo out; echo err >&2; exit 7"], limit=5)
    assert (result.out, result.err, result.code, result.hung) == (b"out\n", b"err\n", 7, False)


def test_standard_input_of_any_size_arrives(world: LeasedWorld) -> None:
    content = bytes(range(256)) * 20_000
    result = world.node.run(["sha256sum"], stdin=content, limit=20)
    assert result.text.split()[0] == hashlib.sha256(content).hexdigest()


def test_an_input_that_a_command_does_not_read_is_no_harm(world: LeasedWorld) -> None:
    result = world.node.run(["sh", "-c", "exit 7"], stdin=bytes(5_000_000), limit=20)
    assert (result.code, result.hung, result.err) == (7, False, b"")


def test_many_commands_side_by_side_leave_the_connection_whole(world: LeasedWorld) -> None:
    """A late packet for a command that has ended makes sshd hang up on all: one in a thousand was late once."""
    inputs = [b"", b"read by nobody", bytes(100_000)] * 400
    with ThreadPoolExecutor(8) as together:
        results = list(together.map(lambda stdin: world.node.run(["true"], stdin=stdin, limit=20), inputs))
    assert [result for result in results if result.code != 0] == []


def test_output_of_any_size_comes_back(world: LeasedWorld) -> None:
    assert len(world.node.run(["head", "-c", "5000000", "/dev/zero"], limit=20).out) == 5_000_000


def test_a_command_that_hangs_is_an_outcome_and_its_group_is_gone(world: LeasedWorld) -> None:
    result = world.node.run(["sh", "-c", "sleep 4711 & sleep 4711"], limit=0.3)
    assert (result.hung, result.code) == (True, None)
    assert result.seconds < 2
    assert processes(world, "4711") == 0


def test_another_accounts_command_is_killed_as_well(world: LeasedWorld) -> None:
    result = world.node.run(["sh", "-c", "sleep 4712 & sleep 4712"], user="pilot01", limit=0.3)
    assert result.hung
    assert processes(world, "4712") == 0


def test_a_left_over_process_does_not_hold_the_answer_back(world: LeasedWorld) -> None:
    result = world.node.run(["sh", "-c", "setsid sleep 4713 & echo done"], limit=10)
    assert (result.out, result.code, result.hung) == (b"done\n", 0, False)
    assert result.seconds < 3


def test_an_account_has_its_own_groups_and_an_empty_environment(world: LeasedWorld) -> None:
    result = world.node.run(["sh", "-c", "id; env"], user="alpha001", env={"A": "b c"}, limit=5)
    assert "uid=50001(alpha001) gid=50000(alpha) groups=50000(alpha)" in result.text
    assert set(result.text.splitlines()[1:]) - {"A=b c"} <= {"PWD=/root", "PWD=/"}


def test_a_failed_command_shows_both_streams(world: LeasedWorld) -> None:
    with pytest.raises(Problem, match="a command on a host failed") as caught:
        world.node.run(["sh", "-c", "echo one; echo two >&2; exit 3"], limit=5).check()
    said = [line.strip() for line in str(caught.value).splitlines()]
    assert {"found:    exit code 3", "two", "one"} <= set(said)


def test_files_are_put_and_got_with_owner_and_mode(world: LeasedWorld) -> None:
    world.node.put([folder("/tmp/put", 0o711, 40001, 40000), Entry("/tmp/put/x", b"y", 0o4750, 40001, 40000)], limit=5)
    assert world.node.run(["stat", "-c", "%a %u %g", "/tmp/put", "/tmp/put/x"], limit=5).text == (
        "711 40001 40000\n4750 40001 40000"
    )
    assert b"tmp/put/x" in world.node.get("/tmp/put", "/no/such", limit=5)


def test_a_host_that_shows_another_key_is_not_spoken_to(world: LeasedWorld) -> None:
    wrong = world.grid.read("ssh/hosts/pilot.pub").decode()
    with pytest.raises(Problem, match="another key than the pinned one"):
        connect(world.node.address, key=world.grid.read("ssh/root").decode(), host_key=wrong, limit=5)


def test_a_broken_connection_is_an_outcome_too(world: LeasedWorld) -> None:
    key = world.grid.read("ssh/hosts/worker-node.pub").decode()
    connection = connect(world.node.address, key=world.grid.read("ssh/root").decode(), host_key=key, limit=5)
    connection.close()
    result = connection.run(["true"], limit=1)
    assert (result.code, result.hung) == (None, False)
    assert "ssh to" in result.err.decode()
