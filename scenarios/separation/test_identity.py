"""Who a payload is on the worker node."""

from testbed.plugin import matrix, shows


@shows("R5")
@matrix(mode="none log-only setuid container vm", user="alice bob carol alice-production")
def test_the_payload_runs_as_who_the_oracle_says(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@shows("R3")
@matrix(mode="none log-only setuid container vm", user="dave")
def test_a_user_whom_the_site_does_not_map(pilot, expect):
    assert pilot.run("/usr/bin/id -un") == expect


@shows("R5")
@matrix(mode="none log-only setuid container vm", user="alice bob")
def test_the_payload_holds_the_proxy_of_its_user(pilot, proxies, cell):
    """X509_USER_PROXY names a proxy of the payload's user, never the pilot's (Nikhef wiki, Proxy file handling)."""
    script = "import hashlib, os; print(hashlib.sha256(open(os.environ['X509_USER_PROXY'], 'rb').read()).hexdigest())"
    outcome = pilot.run(["/usr/bin/python3", "-c", script])
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == proxies[cell.user]
