"""Who a payload is on the worker node."""

from testbed.plugin import matrix


@matrix(mode="none log-only setuid vm", user="alice bob carol alice-production")
def test_the_payload_runs_as_who_the_oracle_says(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="none log-only setuid vm", user="dave")
def test_a_user_whom_the_site_does_not_map(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@matrix(mode="setuid")
def test_two_users_of_one_VO_get_two_accounts(pilot):
    """LCMAPS leases each DN a pool account of its own (lcmaps_gridmapdir.c 1.7.1, observed)."""
    accounts = [pilot.run("/usr/bin/id -un", user=user).account for user in ("alice", "bob", "alice")]
    assert accounts[0] == accounts[2] != accounts[1]


@matrix(mode="setuid")
def test_the_production_role_is_another_account_than_the_user_herself(pilot):
    """A lease carries the VO's groups: one DN gets an account for each group and role set (observed)."""
    accounts = {pilot.run("/usr/bin/id -un", user=user).account for user in ("alice", "alice-production")}
    assert len(accounts) == 2


@matrix(mode="none log-only setuid vm", user="alice bob")
def test_the_payload_holds_the_proxy_of_its_user(pilot, proxies, cell):
    """X509_USER_PROXY names a proxy of the payload's user, never the pilot's (Nikhef wiki, Proxy file handling)."""
    script = "import hashlib, os; print(hashlib.sha256(open(os.environ['X509_USER_PROXY'], 'rb').read()).hexdigest())"
    outcome = pilot.run(["/usr/bin/python3", "-c", script])
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == proxies[cell.user]
