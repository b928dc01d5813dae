"""What is read off the words of payloads: turns of a slot, shared accounts; and that a workload stays the same."""

import subprocess

from testbed.pilot.comparison import _mixed, turns
from testbed.pilot.workload import BIG, SCRIPT, USERS, Ran, payloads


def ran(
    began: float, ended: float, *, host: str = "one", user: str = "alice", account: str = "a", pilot: str = "p"
) -> Ran:
    """A payload that has run."""
    return Ran("payload-1", user, began, ended, 0, account, host, pilot, 1)


def test_a_turn_is_from_the_end_of_one_payload_to_the_beginning_of_the_next_on_its_node() -> None:
    assert turns([ran(0, 1), ran(1.5, 2), ran(2.25, 3)]) == [0.5, 0.25]
    assert turns([ran(0, 1), ran(0, 2), ran(2.5, 3), ran(2.75, 3)]) == [1.5, 0.75]
    assert turns([ran(0, 1), ran(5, 6, host="two")]) == []


def test_who_has_ones_account_under_the_same_pilot_is_mixed_with_that_user() -> None:
    assert _mixed([ran(0, 1), ran(1, 2, user="bob", account="b")]) == 0
    assert _mixed([ran(0, 1), ran(1, 2, user="bob")]) == 1
    assert _mixed([ran(0, 1), ran(1, 2, user="bob", pilot="q")]) == 0


def test_a_workload_is_the_same_for_the_same_seed_and_has_everybodys_payloads_with_needs() -> None:
    first, again, other = payloads(20, "s"), payloads(20, "s"), payloads(20, "s", seed=2)
    assert first == again
    assert first != other
    assert {each.user for each in first} == set(USERS)
    assert sum(each.needs.memory == BIG for each in first) == 4
    assert len({each.limit for each in first}) == 2


def test_a_payload_sees_other_users_payloads_of_its_own_account_and_not_those_of_its_own_user() -> None:
    def started(user: str, seconds: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["/bin/sh", "-c", SCRIPT, "workload-of-a-test", seconds, user], stdout=subprocess.PIPE)

    with started("alice", "3") as first:
        lone, _ = started("alice", "0.01").communicate(timeout=10)
        both, _ = started("bob", "0.01").communicate(timeout=10)
        first.kill()
    assert lone.split()[2] == b"0"
    assert both.split()[2] == b"1"
