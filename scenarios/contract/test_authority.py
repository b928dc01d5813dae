"""Where a service says who a payload is: the same promises as with map files, and its log tells the same story."""

import pytest

from testbed.model.effect import refused
from testbed.plugin import matrix, shows

SERVICES = "argus scas gums"
EVERYWHERE = {"mode": "log-only setuid", "authority": SERVICES}
USERS = ("alice", "alice-production", "bob", "carol")
DENIED = refused(203, "denied", "denied")


@pytest.fixture
def control(world):
    """The control port of the first endpoint."""
    return world.authorities[0].control


def decisions(control, since=0):
    """What the first endpoint has decided."""
    return [line for line in control.log(since) if line.kind == "decision"]


@shows("R5")
@matrix(**EVERYWHERE)
def test_who_runs_as_whom_is_for_the_authority_to_say(switch):
    """A payload runs as the account that the service maps its user to, roles included (Argus; SCAS; GUMS)."""
    assert {user: switch.tries(user=user) for user in USERS} == {user: switch.runs(user=user) for user in USERS}


@shows("R5")
@matrix(mode="setuid", authority=SERVICES)
def test_a_user_keeps_the_account_and_shares_it_with_nobody(switch):
    """A lease is one user's, and is found again (Argus: gridmapdir, read in source)."""
    first, again = ({user: switch.facts(user).user for user in USERS} for _ in range(2))
    assert first == again
    assert len(set(first.values())) == len(USERS)


@matrix(mode="setuid", authority=SERVICES)
def test_the_groups_of_a_payload_are_those_that_the_authority_gives(switch, cell):
    """Primary attribute: primary group; others: secondary ones (Argus: groupmapfile). GUMS names the account only."""
    alpha, production = switch.pool("alice").group.name, switch.pool("alice-production").group.name
    facts = {user: switch.facts(user) for user in ("alice", "alice-production")}
    assert {user: (seen.group, sorted(set(seen.groups) - {seen.group})) for user, seen in facts.items()} == {
        "alice": (alpha, []),
        "alice-production": (production, [] if cell.authority == "gums" else [alpha]),
    }


@shows("R6", "R10")
@matrix(**EVERYWHERE)
def test_who_is_banned_at_the_authority_runs_nothing_and_nobody_else_notices(switch, control, world):
    """A ban is a deny rule at the top (pap-admin ban); it bites at once when the caches are cleared (Argus)."""
    dn = world.grid.bearer("alice").dn
    assert switch.tries() == switch.runs()
    control.ban("subject", dn)
    control.clear_caches()
    assert switch.tries() == DENIED
    assert switch.tries(user="bob") == switch.runs(user="bob")
    control.unban("subject", dn)
    control.clear_caches()
    assert switch.tries() == switch.runs()


@shows("R6")
@matrix(mode="log-only setuid", authority="argus")
def test_a_deny_stays_one_when_the_next_alternative_is_away(switch, control, world, policy_with):
    """A policy goes on to its alternative behind a Deny (LCMAPS); that it is away is not what is told (our choice)."""
    other = 'other = "lcmaps_scas_client.mod --endpoint https://127.0.0.1:1/ --timeout 1"\nglexec_get_account:'
    control.ban("subject", world.grid.bearer("alice").dn)
    control.clear_caches()
    with policy_with("glexec_get_account:\nverify_proxy    -> pepc", f"{other}\nverify_proxy -> pepc\n~pepc -> other"):
        assert switch.tries() == DENIED


@matrix(**EVERYWHERE)
def test_a_revocation_list_that_broke_off_is_not_as_if_there_were_none(switch, named):
    """Without a list an authority is believed (observed of verify-proxy, which does so behind a broken one as well);
    what fetch-crl could not finish says nothing, and so the service is not believed (our choice)."""
    folder = named("-certdir")
    with switch.altered(folder, script='rm "$1"/*.r0'):
        assert switch.tries() == switch.runs()
    with switch.altered(folder, script='truncate -s 200 "$1"/*.r0'):
        assert switch.tries() == refused(203, "unavailable", "service-untrusted")


@shows("R3")
@matrix(**EVERYWHERE)
def test_a_vo_that_the_authority_does_not_know_runs_nothing(switch, cell):
    """No rule applies (Argus: NotApplicable); not mapped is a Deny (GUMS: read in source; SCAS: inferred)."""
    no = refused(203, "denied", "no-rule") if cell.authority == "argus" else DENIED
    assert switch.tries(user="dave") == no


@matrix(**EVERYWHERE)
def test_a_pilot_may_run_a_payload_of_its_own(switch):
    """The pilot's own proxy as the payload's: an account like any other's (WLCG: payload proxy = pilot proxy)."""
    assert switch.tries(user="pilot") == switch.runs(user="pilot")


@matrix(**EVERYWHERE)
def test_an_expired_proxy_is_refused_before_anybody_is_asked(switch, control):
    """LCMAPS' verify-proxy comes first in the policies of sites (Nikhef, OSG)."""
    assert switch.tries(proxy=switch.place(switch.zoo.pem("expired"))).code == 203
    assert decisions(control) == []


@shows("R3")
@matrix(**EVERYWHERE)
def test_expired_attributes_are_none(switch, cell):
    """A VOMS attribute certificate that has expired gives no attributes (Argus: VOMS PIP), and so no account."""
    effect = switch.tries(proxy=switch.place(switch.zoo.pem("expired attributes")))
    assert (effect.code, effect.ran, effect.recorded) == (203, (), ())
    assert effect.cause.kind == "denied"


@matrix(mode="setuid", authority=SERVICES)
def test_fifty_first_calls_at_once_give_every_user_one_account(switch):
    """Many that ask at once for users who have none yet: one lease each (Argus: hard links, shuffled candidates)."""
    calls = switch.call_at_once(50, USERS)
    assert [call.number for call in calls if call.good] == list(range(50))
    accounts = {user: {call.uid for call in calls if call.user == user} for user in USERS}
    assert all(len(uids) == 1 for uids in accounts.values())
    assert len(set.union(*accounts.values())) == len(USERS)


@shows("R4")
@matrix(**EVERYWHERE)
def test_the_log_of_the_authority_tells_who_asked_for_whom_and_what_came_of_it(switch, control, world, cell):
    """The ground truth: one decision for each call, the pilot asks, the user is the subject, the account is who ran."""
    pilot = world.grid.bearer("pilot").dn
    for user in USERS:
        since = max([line.number for line in control.log()], default=0)
        ran_as = switch.facts(user).user
        [line] = decisions(control, since)
        told = {name: line.text(name) for name in ("face", "asker", "subject", "decision", "fault")}
        expected = {"face": cell.authority, "asker": pilot, "subject": world.grid.bearer(user).dn}
        assert told == expected | {"decision": "Permit", "fault": ""}
        assert ran_as == (line.text("account") if cell.mode == "setuid" else switch.account.name)
