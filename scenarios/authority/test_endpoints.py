"""Which of two endpoints is asked, as both of their logs tell it: an error goes on to the next, a decision does not."""

import pytest

from testbed.plugin import matrix


@pytest.fixture
def asked(broken_world, switch):
    """Call the switch for Alice: the decisions that each endpoint took meanwhile, and who the payload ran as."""

    def call():
        controls = [host.control for host in broken_world.authorities]
        since = [max((line.number for line in control.log()), default=0) for control in controls]
        seen = switch.call("/usr/bin/id", "-un")
        logs = [control.log(number) for control, number in zip(controls, since, strict=True)]
        decided = [[line for line in log if line.kind == "decision"] for log in logs]
        return decided, seen.text if seen.code == 0 else ""

    return call


@matrix(mode="setuid", authority="argus scas", fault="first-down")
def test_where_the_first_endpoint_is_down_the_second_decides(asked):
    """c-pep and SCAS client: the endpoints in their order, an error goes to the next (documented)."""
    (first, second), account = asked()
    assert (first, [line.text("account") for line in second]) == ([], [account])


@matrix(mode="setuid", authority="argus scas", fault="first-denies")
def test_where_the_first_endpoint_denies_nobody_asks_the_second(asked):
    """SCAS client: who is banned at one fails at once, no other is asked (documented); c-pep: a decision ends it."""
    (first, second), account = asked()
    assert ([line.text("decision") for line in first], second, account) == (["Deny"], [], "")


@matrix(mode="setuid", authority="argus scas", fault="split-brain")
def test_where_two_endpoints_differ_the_first_one_counts(asked):
    """Two services with leases of their own: who answers first decides (documented order)."""
    (first, second), account = asked()
    assert ([line.text("account") for line in first], second) == ([account], [])
