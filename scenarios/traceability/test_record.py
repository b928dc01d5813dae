"""What the site's own log says afterwards."""

from testbed.plugin import matrix


@matrix(mode="log-only setuid vm")
def test_the_record_names_user_account_and_command(pilot, expect):
    outcome = pilot.run("/usr/bin/id -un")
    assert outcome == expect
    record = pilot.record(outcome)
    assert record.dn == pilot.dn("alice")
    assert record.account == pilot.recorded_account(outcome)
    assert "/usr/bin/id -un" in record.command


@matrix(mode="none")
def test_without_the_switch_the_site_knows_nothing(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect
    assert pilot.records() == []


@matrix(mode="log-only setuid")
def test_start_and_end_of_a_run_are_joined_by_one_pid(switch):
    """The record and the closing record carry the pid of one glexec (advice of EGI-SVG-2011-1641: linger)."""
    switch.call("/usr/bin/dash", "-c", "exit 5", env={"GLEXEC_ID": "join-me"})
    pids = {line.partition("glexec[")[2].partition("]")[0] for line in switch.records("join-me")}
    assert len(pids) == 1
    lines = switch.records(f"glexec[{pids.pop()}]")
    assert any("mapped_user(" in line for line in lines)
    assert any("exit" in line and "5" in line for line in lines)
