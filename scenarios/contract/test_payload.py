"""What the payload finds when it starts: its identity, its proxy, its environment."""

from testbed.plugin import matrix


@matrix(mode="setuid")
def test_root_is_gone_for_good(switch):
    """Real, effective and saved uid are the target's, and no capability is left (posix_enf: observed)."""
    seen = switch.facts()
    assert seen.user.startswith("alpha")
    assert len(set(seen.uids)) == len(set(seen.gids)) == 1
    assert 0 not in (*seen.uids, *seen.gids)
    assert seen.held_capabilities == 0


@matrix(mode="setuid")
def test_the_payload_has_only_the_groups_of_its_mapping(switch):
    """Supplementary groups are replaced by those that LCMAPS gave (Nikhef wiki; setgroups observed)."""
    alice, production = switch.facts(), switch.facts(user="alice-production")
    assert (alice.group, alice.groups) == ("alpha", [])
    assert (production.group, production.groups) == ("alphaprd", ["alpha"])


@matrix(mode="setuid")
def test_the_target_proxy_belongs_to_the_payload_alone(switch):
    """A copy of the source proxy for the mapped user, mode 0600 (Nikhef wiki, Proxy file handling in gLExec)."""
    facts = switch.call("/usr/bin/dash", "-c", '/usr/bin/stat -c "%U %a" "$X509_USER_PROXY"; /usr/bin/id -un')
    owner_and_mode, account = facts.text.splitlines()
    assert owner_and_mode == f"{account} 600"


@matrix(mode="setuid log-only")
def test_the_environment_is_clean(switch):
    """Only names starting GLEXEC_ and the site's list survive; HOME and X509_USER_PROXY are rewritten (Nikhef wiki)."""
    env = {"SECRET_TOKEN": "marker", "PYTHONPATH": "/tmp", "GLEXEC_ENV": "kept"}
    seen = switch.call("/usr/bin/env", env=env).text.splitlines()
    names = {line.partition("=")[0] for line in seen}
    assert "GLEXEC_ENV=kept" in seen
    assert {"HOME", "X509_USER_PROXY"} <= names
    assert all(name.startswith("GLEXEC_") for name in names - {"HOME", "X509_USER_PROXY"})


@matrix(mode="setuid log-only")
def test_standard_input_and_both_outputs_are_those_of_the_caller(switch):
    """stdin, stdout and stderr are inherited (facts of HTCondor's and DIRAC's use)."""
    result = switch.call("/usr/bin/dash", "-c", "/usr/bin/cat; echo oops >&2", stdin=b"hello")
    assert (result.code, result.out, result.err) == (0, b"hello", b"oops\n")
