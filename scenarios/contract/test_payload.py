"""What the payload finds when it starts: its identity, its proxy, its environment, its folder."""

from testbed.model.effect import Effect, refused
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"


@matrix(mode="setuid")
def test_root_is_gone_for_good(switch):
    """Real, effective and saved uid are the target's, and no capability is left (posix_enf: observed)."""
    seen = switch.facts()
    assert switch.tries() == switch.runs()
    assert switch.pool().holds(seen.user)
    assert len(set(seen.uids)) == len(set(seen.gids)) == 1
    assert 0 not in (*seen.uids, *seen.gids)
    assert seen.held_capabilities == 0


@matrix(mode="setuid")
def test_every_user_runs_as_an_account_of_her_own(switch):
    """A pool account of the VO and role, another for each (LCMAPS' leases, observed), and the same one again."""
    users = ("alice", "bob", "carol", "alice-production")
    seen = {user: switch.tries(user=user) for user in (*users, *users)}
    assert seen == {user: switch.runs(user=user) for user in users}
    records = switch.records(2 * len(users))
    assert len(records) == 2 * len(users)
    accounts = {(record.dn, record.fqans[0]): record.account for record in records}
    assert len(set(accounts.values())) == len(users)


@matrix(mode="setuid")
def test_the_payload_has_only_the_groups_of_its_mapping(switch):
    """Supplementary groups are replaced by those that LCMAPS gave (Nikhef wiki; setgroups observed)."""
    alice, production = switch.facts(), switch.facts(user="alice-production")
    group, role = switch.pool().group.name, switch.pool("alice-production").group.name
    assert (alice.group, alice.groups) == (group, [])
    assert (production.group, production.groups) == (role, [group])


@matrix(mode="setuid")
def test_lcmaps_may_do_the_switching_itself(switch, policy_with):
    """user_identity_switch_by = lcmaps: the policy ends in posix_enf (Quattor); the effect is the same."""
    last = "voms_localgroup -> voms_pool"
    label = f"{switch.option('lcmaps_get_account_policy')}:"
    plugin = 'posix_enf = "lcmaps_posix_enf.mod"\n'
    with (
        switch.configured(user_identity_switch_by="lcmaps"),
        policy_with(label, plugin + label),
        switch.altered(switch.policy_file, script=f"echo 'voms_pool -> posix_enf' >>\"$1\"; grep -q '{last}' \"$1\""),
    ):
        assert switch.tries() == switch.runs()
        assert switch.tries(user="dave") == refused(203, "denied", "not-mapped")


@matrix(mode=EVERYWHERE)
def test_the_target_proxy_is_a_private_copy_of_the_payloads_own(switch):
    """A copy of the source proxy for the mapped user, mode 0600 (Nikhef wiki, Proxy file handling in gLExec)."""
    script = '/usr/bin/stat -c "%U %a" "$X509_USER_PROXY"; /usr/bin/id -un; /usr/bin/cat "$X509_USER_PROXY"'
    owner_and_mode, account, *content = switch.call("/usr/bin/dash", "-c", script).text.splitlines()
    assert owner_and_mode == f"{account} 600"
    assert "\n".join(content) + "\n" == switch.read(switch.placed("alice"))


@matrix(mode=EVERYWHERE)
def test_the_caller_says_where_the_target_proxy_goes_and_whether_there_is_one(switch):
    """GLEXEC_TARGET_PROXY names the place; /dev/null: none (HTCondor since 8.0.2), and never the pilot's own either."""
    tell, own = ("/usr/bin/dash", "-c", 'echo "${X509_USER_PROXY-none}"'), {"X509_USER_PROXY": switch.placed("bob")}
    places = {"/tmp/wanted/../wanted-here": "/tmp/wanted/../wanted-here", "/dev/null": "none"}
    switch.node.run(["mkdir", "-m", "1777", "/tmp/wanted"], limit=10).check()
    assert {place: switch.call(*tell, env=own | {"GLEXEC_TARGET_PROXY": place}).text for place in places} == places
    with switch.configured(create_target_proxy="no"):
        assert switch.call(*tell, env=own).text == "none"


@matrix(mode=EVERYWHERE)
def test_a_source_proxy_of_its_own_is_what_is_copied(switch):
    """GLEXEC_SOURCE_PROXY is copied for the payload; the client certificate decides who it is (Nikhef wiki)."""
    source = switch.placed("bob")
    assert switch.tries(env={"GLEXEC_SOURCE_PROXY": source}) == switch.runs()
    copy = switch.call("/usr/bin/dash", "-c", '/usr/bin/cat "$X509_USER_PROXY"', env={"GLEXEC_SOURCE_PROXY": source})
    assert copy.text + "\n" == switch.read(source)


@matrix(mode=EVERYWHERE)
def test_without_a_command_the_target_proxy_is_renewed_and_nothing_runs(switch):
    """`glexec` without arguments only renews the target proxy (DIRAC's use)."""
    effect = switch.witness.effect(switch.call(env={"GLEXEC_TARGET_PROXY": "/tmp/renewed"}))
    assert effect == Effect(0)
    assert switch.read("/tmp/renewed") == switch.read(switch.placed("alice"))


@matrix(mode=EVERYWHERE)
def test_what_runs_nothing_leaves_no_target_proxy(switch):
    """A copy is taken away again when the payload is not run after all (our choice)."""
    copies = ["sh", "-c", "ls /tmp | grep -c x509up"]
    assert switch.call(switch.unexecutable()).code == 126
    assert switch.tries(user="dave") == refused(203, "denied", "not-mapped")
    assert switch.node.run(copies, limit=10).out == b"0\n"


@matrix(mode=EVERYWHERE)
def test_the_site_lets_more_of_the_environment_through(switch):
    """preserve_env_variables; never names starting MALLOC_ (gLExec since 0.7), the loader's, LCMAPS' (our choice)."""
    env = {"CONDOR_CONFIG": "a", "_CONDOR_LOG": "b", "MALLOC_CHECK_": "3", "LD_PRELOAD": "", "LCMAPS_DB_FILE": "x"}
    with switch.configured(preserve_env_variables=",".join(env)):
        seen = switch.call("/usr/bin/env", env=env).text.splitlines()
    names = {line.partition("=")[0] for line in seen if not line.startswith("GLEXEC_")}
    assert names == {"HOME", "X509_USER_PROXY", "CONDOR_CONFIG", "_CONDOR_LOG"}


@matrix(mode=EVERYWHERE)
def test_home_is_the_accounts_and_there_the_payload_starts(switch):
    """HOME is rewritten, and is where the payload starts (Nikhef wiki; LCMAPS' change log r1927)."""
    tell = 'echo "$HOME"; pwd; /usr/bin/id -un'
    effect = switch.tries(then=tell)
    assert effect == switch.runs(then=tell)
    *places, account = effect.said.split()
    home = switch.node.run(["getent", "passwd", account], limit=10).text.split(":")[5]
    assert places == [home, home]


@matrix(mode="setuid")
def test_the_payload_starts_at_home_or_where_the_caller_is_or_at_the_top(switch):
    """HOME; where that is denied the caller's folder; where that is, too, `/` (change logs of 0.7)."""
    account = switch.facts()
    home = f"/home/{account.user}"
    assert account.cwd == home
    with switch.altered(home, owner="root:root", mode="0700"):
        assert switch.facts(before=("sh", "-c", 'cd /usr/lib; exec "$@"', "sh")).cwd == "/usr/lib"
        assert switch.facts(before=("sh", "-c", 'cd; exec "$@"', "sh")).cwd == "/"


@matrix(mode=EVERYWHERE)
def test_standard_input_and_both_outputs_are_those_of_the_caller(switch):
    """stdin, stdout and stderr are inherited (facts of HTCondor's and DIRAC's use)."""
    result = switch.call("/usr/bin/dash", "-c", "/usr/bin/cat; echo oops >&2", stdin=b"hello")
    assert (result.code, result.out, result.err) == (0, b"hello", b"oops\n")
