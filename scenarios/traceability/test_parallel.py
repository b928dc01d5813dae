"""What the site's own log says of many payloads that ran at one moment."""

from testbed.plugin import matrix, shows

MANY = 50
"""As many as a large worker node has slots."""
USERS = ("alice", "alice-production", "bob", "carol")


@shows("R4")
@matrix(mode="log-only setuid")
def test_fifty_parallel_switches_can_be_joined_without_ambiguity(switch, records, world, site, cell):
    """One start and one end of each run, joined by the pid of one glexec (advice of EGI-SVG-2011-1641: linger).

    No payload ends before all have begun. Payload n ends with n: a start joined to the end of another would show.
    """
    for user in USERS:  # everybody has an account before: who meets whom at a first one is another story
        assert switch.call("/usr/bin/true", user=user).code == 0
    calls = switch.call_at_once(MANY, USERS)
    assert [call.number for call in calls if call.good] == list(range(MANY))
    runs = records(len(USERS) + MANY)[len(USERS) :]
    assert len(runs) == len({run.pid for run in runs}) == MANY
    assert all(run.joined for run in runs)
    by_code = {run.code: run for run in runs}
    uids = {account.name: account.uid for pool in (site.pilots, *site.pools) for account in pool.accounts}
    for call in calls:
        run, bearer = by_code[call.code], world.grid.bearer(call.user)
        assert f"%u {call.user} {call.number}\\x5Cn" in run.command
        assert (run.dn, run.caller) == (bearer.dn, call.caller)
        assert call.uid == uids[run.account if cell.mode == "setuid" else run.caller]
