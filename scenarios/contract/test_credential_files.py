"""The file that a credential is in: what is wrong with it is the caller's fault, told within bounded time."""

from testbed.model.effect import refused
from testbed.pilot.credential_files import FILES
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
UNUSABLE = refused(201, "caller", "credential-unusable")
SOON = 5.0
"""Seconds; a usual call takes a tenth of one."""


def tried(switch, variable):
    """Each file as the value of a variable; the effects, and which took too long."""
    seen = {}
    for name, script in FILES.items():
        made = switch.made(script)
        seen[name] = switch.tries(env={variable: made}, limit=2 * SOON)
    return seen, [name for name, effect in seen.items() if effect.seconds > SOON]


@shows("R9")
@matrix(mode=EVERYWHERE)
def test_a_credential_file_that_is_not_the_callers_private_one_is_refused(switch):
    """Wrong owner or mode of GLEXEC_CLIENT_CERT: 201 (Nikhef wiki, Exit codes of gLExec); the rest: our choice."""
    seen, slow = tried(switch, "GLEXEC_CLIENT_CERT")
    assert seen == dict.fromkeys(FILES, UNUSABLE)
    assert slow == []


@shows("R9")
@matrix(mode=EVERYWHERE)
def test_a_source_proxy_that_is_not_the_callers_private_one_is_refused(switch):
    """Wrong owner or mode of GLEXEC_SOURCE_PROXY: 201 (Nikhef wiki, Exit codes of gLExec)."""
    seen, slow = tried(switch, "GLEXEC_SOURCE_PROXY")
    assert seen == dict.fromkeys(FILES, UNUSABLE)
    assert slow == []


@matrix(mode=EVERYWHERE)
def test_modes_that_leave_it_to_its_owner_will_do(switch):
    """A mode within 0700 (Nikhef wiki, Proxy file handling in gLExec)."""
    modes = (0o400, 0o500, 0o600, 0o700)
    seen = {oct(mode): switch.tries(proxy=switch.place("alice", mode=mode)) for mode in modes}
    assert seen == {oct(mode): switch.runs() for mode in modes}


@matrix(mode=EVERYWHERE)
def test_a_path_that_names_no_file_is_refused(switch):
    """The path is absolute; an empty one names nothing: 201 (gLExec's manual page)."""
    paths = ("proxy", "./proxy", "/", "/no/such/file", "/etc/passwd/x", "/" + 5000 * "x")
    assert {path: switch.tries(env={"GLEXEC_CLIENT_CERT": path}) for path in paths} == dict.fromkeys(paths, UNUSABLE)


@matrix(mode=EVERYWHERE)
def test_a_credential_that_somebody_holds_locked_is_waited_for_but_not_for_ever(switch):
    """flock on the credential (gLExec's manual page); the limit is our choice: a lock can be held for ever."""
    proxy = switch.place("alice")
    holding = ["flock", "-x", proxy]
    with switch.configured(lock_timeout="1"):
        effect = switch.tries(proxy=proxy, before=holding, limit=2 * SOON)
    assert effect == UNUSABLE
    assert 1 <= effect.seconds < 1 + SOON
