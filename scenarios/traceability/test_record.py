"""What the site's own log says afterwards."""

from testbed.plugin import matrix, shows

ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"


@shows("R4", "R5")
@matrix(mode="log-only setuid vm")
def test_the_record_names_user_account_and_command(pilot, records, expect, cell):
    """In setuid mode the payload's folder is taken away through the switch as well, by the same account (observed)."""
    outcome = pilot.run("/usr/bin/id -un")
    assert outcome == expect
    record, *cleared = records(2 if cell.mode == "setuid" else 1)
    assert record.dn == ALICE
    assert record.account == (outcome.account if cell.mode == "setuid" else record.caller)
    assert "/usr/bin/id -un" in record.command
    assert [(each.dn, each.account) for each in cleared] == [(ALICE, outcome.account)] * (cell.mode == "setuid")


@shows("R4")
@matrix(mode="none")
def test_without_the_switch_the_site_knows_nothing(pilot, records, expect):
    assert pilot.run("/usr/bin/id -un") == expect
    assert records(0) == []


@shows("R4")
@matrix(mode="log-only setuid")
def test_start_and_end_of_a_run_are_joined_by_one_pid(switch, records):
    """The record and the closing record carry the pid of one glexec (advice of EGI-SVG-2011-1641: linger)."""
    switch.call("/usr/bin/dash", "-c", "exit 5")
    switch.call("/usr/bin/dash", "-c", "exit 6", user="bob")
    alice, bob = records(2)
    assert (alice.code, bob.code) == (5, 6)
    assert alice.pid != bob.pid


@shows("R4")
@matrix(mode="log-only setuid")
def test_the_record_names_the_user_where_no_plugin_of_the_policy_does(switch):
    """verify_proxy -> dummy_good, the usual log-only policy (Quattor): none of its plugins tells the DN (observed)."""
    account = switch.pool().accounts[0]
    policy = f"""\
path = /usr/lib/lcmaps
verify = "lcmaps_verify_proxy.mod -certdir /etc/grid-security/certificates"
account = "lcmaps_dummy_good.mod --dummy-uid {account.uid} --dummy-gid {account.group.gid}"
{switch.option("lcmaps_get_account_policy")}:
verify -> account
"""
    with switch.altered(switch.policy_file, policy):
        assert switch.tries() == switch.runs()


@shows("R4", "R11")
@matrix(mode="log-only setuid")
def test_the_vos_history_and_the_sites_record_are_joined_by_the_payloads_id(pilot, records, cell):
    """The VO keeps audit logs and helps with incidents (policy R11, from memory); GLEXEC_ID as the key: our choice."""
    payload, sent = pilot.send("/usr/bin/id -un", "alice", b"")
    pilot.end_of(payload, sent)
    told, report, history = pilot.vo.history(payload)
    [record] = [each for each in records(1) if f'GLEXEC_ID: "{payload}"' in each.lines and "id -un" in each.command]
    assert (told.user, record.dn) == ("alice", ALICE)
    assert [change.state for change in history if change.state != "started"] == ["queued", "taken", "ended"]
    assert history[1].who == sent
    assert report.identity.user == (record.account if cell.mode == "setuid" else record.caller)
