"""The site's log is joined to runs by pid, also where the kernel gives a pid twice."""

from testbed.lab.record import complete, parse

ALICE = '2026-01-01T00:00:00+00:00 wn glexec[7]: Used DN: "/CN=Alice"'
BOB = '2026-01-01T00:00:00+00:00 wn glexec[7]: Used DN: "/CN=Bob"'
START = (
    "2026-01-01T00:00:00+00:00 wn glexec[7]: real_user(pilot01),real_group(pilot)->mapped_user(alpha001),"
    'mapped_group(alpha) cwd: "/" cmd: "/usr/bin/true" (="/usr/bin/true")'
)
END = "2026-01-01T00:00:00+00:00 wn glexec[7]: Terminated, exit 3, CPU user 0.001 system 0.000 mapped_user(alpha001)"


def test_a_start_and_an_end_under_one_pid_are_one_run() -> None:
    [record] = parse("\n".join((ALICE, START, END)))
    assert (record.pid, record.dn, record.code, record.joined) == (7, "/CN=Alice", 3, True)


def test_a_pid_that_comes_again_after_its_end_is_another_run() -> None:
    alice, bob = parse("\n".join((ALICE, START, END, BOB, START, END)))
    assert (alice.dn, bob.dn) == ("/CN=Alice", "/CN=Bob")
    assert alice.joined
    assert bob.joined


def test_a_run_without_an_end_or_with_two_is_not_joined() -> None:
    [without] = parse("\n".join((ALICE, START)))
    [twice] = parse("\n".join((ALICE, START, END, END)))
    [mixed] = parse("\n".join((ALICE, START, BOB, START, END)))
    assert [record.joined for record in (without, twice, mixed)] == [False] * 3


def test_a_log_is_complete_when_every_run_that_is_due_has_its_end() -> None:
    nothing, begun, ended = parse(""), parse("\n".join((ALICE, START))), parse("\n".join((ALICE, START, END)))
    assert [complete(runs, 1) for runs in (nothing, begun, ended)] == [False, False, True]
    assert complete(nothing, 0)
    assert not complete(ended, 2)
