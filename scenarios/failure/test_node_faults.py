"""The worker node itself is broken: what the switch says of it, how soon, and what question 4 then lets happen.

What each fault comes to, and who says so: testbed/model/node_consequence.py, docs/failures.md. A call by hand sees the
switch alone, since question 4 is asked by the pilot; pilots with payloads see each class of failure under each answer.
"""

import dataclasses

import pytest

from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.model.effect import refused
from testbed.model.node_consequence import NODE_CONSEQUENCES
from testbed.model.outcome import End
from testbed.plugin import matrix

MOUNTS = pytest.mark.capabilities("SYS_ADMIN")
"""Small and read-only file systems are mounts."""
SETUID = (
    "config-malformed config-unknown-key config-crlf config-nul config-world-writable config-unreadable "
    "policy-missing policy-malformed gridmap-missing gridmap-malformed ban-list-missing pool-exhausted "
    "leases-missing leases-read-only leases-full leases-inconsistent accounts-gone nss-module-missing "
    "group-without-vo log-dead log-stuck log-file-full log-file-read-only set-id-lost nosuid"
)
"""What a pilot with a payload meets in setuid; the others keep no payload from running, or are met in every run."""
LOG_ONLY = (
    "config-malformed config-unknown-key config-crlf config-nul config-world-writable config-unreadable "
    "policy-missing policy-malformed ban-list-missing group-without-vo accounts-unreadable "
    "log-dead log-stuck log-file-full"
)


@pytest.fixture
def comes_to_it(switch, cell, world):
    """Whether a call comes to what is documented while the fault is there, and runs the payload when it is healed."""

    def holds(limit=20.0):
        consequence = NODE_CONSEQUENCES[cell.fault]
        switch.placed("alice"), switch.witness  # laid down before anything is broken
        with broken(cell.fault, FAULTS[cell.fault], world):
            seen = switch.tries(limit=limit)
        cause = consequence.cause_in(cell.mode)
        told = (cause.kind, cause.reason) if cause and consequence.told else ()
        documented = refused(consequence.code_in(cell.mode), *told) if cause else switch.runs()
        if not consequence.recorded:
            documented = dataclasses.replace(documented, recorded=())
            pools = {account.name: documented.ran for account in switch.pool().accounts}
            seen = dataclasses.replace(seen, ran=pools.get("".join(seen.ran), seen.ran))
        assert seen == documented
        assert seen.seconds <= consequence.seconds
        assert "/etc/" not in seen.said
        assert not cause or seen.said.startswith("[gLExec]: ")
        if not consequence.recorded:
            switch.tries()  # a daemon that goes on reads what had been kept for it: late records
        assert switch.tries() == switch.runs()

    return holds


@MOUNTS
@matrix(
    mode="setuid",
    fault="config-unreadable policy-missing gridmap-malformed groupmap-missing leases-full leases-inconsistent "
    "nss-module-missing accounts-unreadable tmp-full home-closed "
    "log-dead log-stuck log-file-full log-file-read-only remote-log-dead nosuid",
)
def test_a_fault_of_the_node_is_said_to_be_one_and_is_no_denial(comes_to_it):
    """No fault of the node is a denial: testbed/model/node_consequence.py (Nikhef wiki, Exit codes; our choices)."""
    comes_to_it()


@MOUNTS
@matrix(
    mode="log-only",
    fault="config-unreadable leases-missing accounts-gone accounts-unreadable tmp-full log-file-full",
)
def test_a_log_only_switch_says_the_same_but_for_what_only_a_change_of_accounts_needs(comes_to_it):
    """Nobody is leased, or becomes, an account in log-only: testbed/model/node_consequence.py."""
    comes_to_it()


@pytest.mark.slow
@MOUNTS
@matrix(mode="log-only setuid", fault=" ".join(NODE_CONSEQUENCES))
def test_every_fault_of_the_node_comes_to_what_is_documented(comes_to_it):
    """testbed/model/node_consequence.py, with a source for each."""
    comes_to_it()


@MOUNTS
@matrix(mode="setuid", fault="log-stopped log-disk-full")
def test_what_a_log_daemon_was_given_counts_as_told_whatever_becomes_of_it(comes_to_it):
    """The limit of "no record, no run": a log daemon does not say what it never reads, or cannot write (observed)."""
    comes_to_it()


@MOUNTS
@matrix(mode="log-only setuid")
def test_in_a_user_namespace_of_the_callers_nothing_is_run(switch):
    """Linux ignores the set-id bit there, and nothing is root's; who is root there only is root to us (observed)."""
    seen = {how: switch.tries(before=("unshare", how)) for how in ("-U", "-Uc", "-Ur")}
    assert seen == {"-U": refused(202), "-Uc": refused(202), "-Ur": refused(203)}
    assert switch.tries() == switch.runs()


@matrix(mode="log-only setuid", fault="groupmap-missing log-missing", on_internal_error="no depends yes")
def test_question_4_counts_for_a_broken_node_but_not_where_nobody_could_record(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@MOUNTS
@matrix(
    mode="setuid",
    fault="policy-missing leases-full log-missing set-id-lost accounts-gone",
    on_internal_error="depends",
    user="alice-production",
)
def test_a_role_that_a_site_trusts_opens_what_is_broken_but_no_missing_record_and_no_missing_account(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="setuid", fault="set-id-lost pool-exhausted", on_internal_error="no yes")
def test_a_switch_that_cannot_switch_is_never_a_silent_run(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@MOUNTS
@matrix(mode="setuid", fault="tmp-full")
def test_a_pilot_whose_scratch_disk_is_full_works_elsewhere(pilot, notes):
    """It looks for a folder that takes a file, and wants the copy of the proxy there (tempfile of Python; observed)."""
    notes.expectation = None
    assert pilot.run("/usr/bin/id -un").end is End.SEPARATED


@MOUNTS
@matrix(mode="setuid", fault="home-full")
def test_a_pilot_whose_home_is_full_runs_its_payloads_all_the_same(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@pytest.mark.slow
@MOUNTS
@matrix(mode="setuid", fault=SETUID, on_internal_error="no depends yes")
def test_question_4_counts_for_every_fault_of_the_node(pilot, expect):
    assert pilot.run("/usr/bin/true") == expect


@pytest.mark.slow
@MOUNTS
@matrix(mode="log-only", fault=LOG_ONLY, on_internal_error="no depends yes")
def test_so_it_does_where_glexec_only_logs(pilot, expect):
    assert pilot.run("/usr/bin/true") == expect


@pytest.mark.slow
@MOUNTS
@matrix(mode="setuid", fault=SETUID, on_internal_error="depends", user="alice-production")
def test_so_it_does_for_a_payload_whose_role_the_site_trusts(pilot, expect):
    assert pilot.run("/usr/bin/true") == expect


@pytest.mark.slow
@MOUNTS
@matrix(mode="log-only", fault=LOG_ONLY, on_internal_error="depends", user="alice-production")
def test_and_so_it_does_for_both(pilot, expect):
    assert pilot.run("/usr/bin/true") == expect


@pytest.mark.slow
@MOUNTS
@matrix(mode="log-only setuid", fault="home-full home-closed log-stopped log-disk-full remote-log-dead busy")
def test_a_pilot_notices_nothing_of_what_keeps_no_payload_from_running(pilot, expect):
    assert pilot.run("/usr/bin/true") == expect
