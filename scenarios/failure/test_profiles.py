"""What real pilot frameworks did with what went wrong: their calls are made for real, and what they decide is done.

Documented is what each one's source says (testbed/pilot/replay/documented.py); who ran as whom the node says.
"""

import pytest

from testbed.model.failure import Failure
from testbed.model.outcome import End
from testbed.pilot.replay.circumstance import circumstance_of
from testbed.pilot.replay.documented import Kind
from testbed.plugin import matrix, shows

EVERYWHERE = {"mode": "log-only setuid", "authority": "argus"}
USUALLY_SETUID = {**EVERYWHERE, "slow": "log-only"}
"""No client asks in which mode glexec runs, so it decides alike in both, and another one ran: both in ``-m slow``."""
SILENT = ["dirac", "dirac-paranoid", "panda-false", "panda-true"]
CAREFUL = ("careful-no", "careful-depends", "careful-yes")


def ends(replays):
    return {name: each.fate.end for name, each in replays.items()}


def fates(replays):
    return {name: each.fate for name, each in replays.items()}


def as_careful(replays):
    """What our own pilot is to do with a payload: what the careful client does under the same answers."""
    return {name: (replays[name].fate.end, replays[name].fate.ran_as) for name in CAREFUL}.items()


@matrix(
    **USUALLY_SETUID,
    fault="none no-config refused syn-dropped tls-unknown-ca status-503 indeterminate deny not-applicable "
    "no-obligation service-pool-exhausted account-unknown",
)
def test_every_client_does_what_its_source_says(replay, cell, documented, impatient, broken_world):
    """Each client's source: testbed/pilot/profiles; what the fault comes to: testbed/model/consequence.py."""
    met = circumstance_of(cell)
    seen = replay(str(cell.fault), met.truth)
    assert fates(seen) == documented(seen, met.kind, met.code)


@matrix(mode="log-only", authority="argus", fault="none refused deny")
def test_where_glexec_only_logs_every_client_does_so_as_well(replay, cell, documented, broken_world):
    """Who ran through it ran as the pilot (testbed/model/consequence.py)."""
    met = circumstance_of(cell)
    seen = replay(str(cell.fault), met.truth)
    assert fates(seen) == documented(seen, met.kind, met.code)


@matrix(mode="setuid", authority="argus", fault="policy-malformed set-id-lost accounts-gone")
def test_a_broken_node_is_to_old_clients_what_a_broken_service_is(replay, cell, documented, broken_world):
    """No old client has a word for whose fault it is; each one's source: testbed/pilot/profiles."""
    met = circumstance_of(cell)
    seen = replay(str(cell.fault), met.truth)
    assert fates(seen) == documented(seen, met.kind, met.code)
    assert [name for name, each in seen.items() if each.fate.end is End.SILENT] == SILENT


@pytest.mark.capabilities("SYS_ADMIN")
@matrix(mode="setuid", authority="argus", fault="tmp-full")
def test_where_tmp_is_full_only_clients_that_leave_the_place_of_the_proxy_to_glexec_fail(
    replay, cell, documented, broken_world
):
    """Who sets GLEXEC_TARGET_PROXY is none the wiser (each client's source: testbed/pilot/profiles)."""
    seen = replay("tmp-full", Failure.INTERNAL, top="/var/tmp")
    assert fates(seen) == documented(seen, Kind.NO_ROOM, circumstance_of(cell).code)


@matrix(mode="setuid", authority="scas gums", fault="refused deny not-applicable no-obligation")
def test_what_a_client_does_is_the_same_whatever_the_authority_speaks(
    replay, cell, documented, impatient, broken_world
):
    """A SCAS says "no rule" by a SOAP fault, which is no decision, a GUMS by a Deny (testbed/model/consequence.py)."""
    met = circumstance_of(cell)
    seen = replay(str(cell.fault), met.truth)
    assert fates(seen) == documented(seen, met.kind)


@pytest.mark.slow
@matrix(mode="log-only", authority="scas gums", fault="refused deny not-applicable no-obligation indeterminate")
def test_where_glexec_only_logs_it_is_the_same_with_every_authority(replay, cell, documented, impatient, broken_world):
    """As with a switch that changes the uid; who ran through it ran as the pilot (testbed/model/consequence.py)."""
    met = circumstance_of(cell)
    seen = replay(str(cell.fault), met.truth)
    assert fates(seen) == documented(seen, met.kind)


@matrix(**USUALLY_SETUID)
def test_panda_by_passes_glexec_on_one_harmless_line(replay, documented, switch, noisy, ours):
    """PanDA, glexec = True: the probe is good only if nothing is on standard error (PanDA pilot, glexec_utils.py)."""
    seen = replay("noise", Failure.PAYLOAD)
    assert ours("noise", Failure.PAYLOAD).items() <= as_careful(seen)
    assert any("is not part of the chain" in line for line in switch.log())
    assert fates(seen) == documented(seen, Kind.NOISE)
    assert [name for name, each in seen.items() if each.exposed] == ["panda-false", "panda-true"]


@shows("R6")
@matrix(**EVERYWHERE)
def test_only_clients_that_take_a_denial_for_a_fault_run_a_banned_user(replay, documented, banned, ours):
    """DIRAC's test uses the payload's proxy, so it takes a ban for a broken glexec; PanDA's uses the pilot's."""
    seen = replay("banned", Failure.DENIED)
    assert ours("banned", Failure.DENIED).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.BANNED)
    assert [name for name, each in seen.items() if each.against_a_denial] == ["dirac", "dirac-paranoid", "panda-false"]


@shows("R6")
@matrix(**USUALLY_SETUID)
def test_a_harmless_line_and_a_ban_together_run_the_banned_user_under_panda(replay, documented, banned, noisy, ours):
    """PanDA, glexec = True: after a probe that said a word nobody is asked about anybody (PanDA pilot, pilot.py)."""
    seen = replay("banned-noise", Failure.DENIED)
    assert ours("banned-noise", Failure.DENIED).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.BANNED_NOISE)
    assert seen["panda-true"].against_a_denial


@matrix(**EVERYWHERE)
def test_where_glexec_is_missing_even_dirac_that_reschedules_runs_the_payload(replay, documented, missing, ours):
    """DIRAC without glexec falls back to in-process, RescheduleOnError or not (DIRAC, glexecComputingElement.py)."""
    seen = replay("missing", Failure.INTERNAL)
    assert ours("missing", Failure.INTERNAL).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.MISSING)
    assert seen["dirac-reschedule"].fate.end is End.SILENT


@matrix(**USUALLY_SETUID, fault="hang-after-accept")
def test_a_call_that_never_ends_holds_up_every_client_without_a_time_limit(
    replay, cell, documented, waiting, broken_world
):
    """The Argus client waits 30 s for each service (PEP-C, its default); only BLAH and ours have a limit of their own.

    Each client gets a second here, for whatever it would wait: those without a limit count as hung.
    """
    with waiting("30"):
        seen = replay("hang-after-accept-30s", Failure.INTERNAL, patience=1.0)
    assert fates(seen) == documented(seen, Kind.HANGS)
    assert sum(each.fate.end is End.HUNG for each in seen.values()) == 9


@matrix(**USUALLY_SETUID)
def test_a_payload_that_ends_with_203_is_taken_for_a_failure_of_glexec_by_who_has_no_handshake(replay, documented):
    """DIRAC takes all from 127 on for glexec's, BLAH any code; 204 for a payload's 203 (Nikhef wiki, Exit codes)."""
    seen = replay("payload-203", Failure.PAYLOAD, then="exit 203")
    assert fates(seen) == documented(seen, Kind.PAYLOAD_203)


@matrix(**USUALLY_SETUID)
def test_a_proxy_that_others_can_read_is_the_pilots_mistake_and_dirac_makes_a_by_pass_of_it(replay, documented):
    """201: wrong mode (Nikhef wiki, Exit codes). PanDA makes it 0700 (its pilot); a careful one mends it."""
    seen = replay("loose-proxy", Failure.MISUSED, proxy_mode=0o644)
    assert fates(seen) == documented(seen, Kind.LOOSE_PROXY, 201)
    assert [name for name, each in seen.items() if each.exposed] == ["dirac", "dirac-paranoid", "panda-false"]
    assert {seen[name].fate.guess for name in CAREFUL} == {Failure.MISUSED}


@matrix(**USUALLY_SETUID)
def test_a_variable_that_a_pilot_inherits_is_its_mistake_and_by_passes_glexec_under_two_frameworks(replay, documented):
    """201: an unknown GLEXEC_MODE (our choice). BLAH sets it itself (mapped_exec.c); a careful client clears it."""
    seen = replay("odd-mode", Failure.MISUSED, inherited={"GLEXEC_MODE": "left-over"})
    assert fates(seen) == documented(seen, Kind.ODD_MODE, 201)
    exposed = [name for name, each in seen.items() if each.exposed]
    assert exposed == ["dirac", "dirac-paranoid", "panda-false", "panda-true"]


@shows("R6")
@matrix(**USUALLY_SETUID)
def test_a_pilot_that_the_site_does_not_list_runs_everybody_itself_under_dirac_and_panda(
    replay, documented, unlisted, ours
):
    """The caller is not in user_white_list: 203 (Nikhef wiki, Exit codes); the probes of both take it for broken."""
    seen = replay("unlisted", Failure.DENIED)
    assert ours("unlisted", Failure.DENIED).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.DENIED)
    ran = [name for name, each in seen.items() if each.against_a_denial]
    assert ran == ["dirac", "dirac-paranoid", "panda-false", "panda-true"]


@shows("R4")
@matrix(**EVERYWHERE)
def test_a_run_that_nobody_could_record_is_not_run_by_careful_clients(replay, documented, traceless, ours):
    """Where glexec is required its record is the point, whatever question 4 says (policy R4; our reading)."""
    seen = replay("traceless", Failure.TRACELESS)
    assert ours("traceless", Failure.TRACELESS).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.TRACELESS, 202)


@shows("R6")
@matrix(**USUALLY_SETUID)
def test_where_nobody_tells_why_a_canary_tells_a_ban_from_an_outage(replay, documented, untold, banned, ours):
    """203 is all that gLExec says of a ban (Nikhef wiki, Exit codes); the canary is ours: the switch works for it."""
    seen = replay("untold-banned", Failure.DENIED)
    assert ours("untold-banned", Failure.DENIED).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.UNTOLD_BANNED)
    assert {seen[name].fate.guess for name in CAREFUL} == {Failure.DENIED}


@matrix(**USUALLY_SETUID, fault="refused")
def test_where_nobody_tells_why_a_canary_that_fails_as_well_shows_an_outage(
    replay, documented, untold, broken_world, ours
):
    """203 is all that gLExec says of a service that is away (Nikhef wiki, Exit codes); the canary is ours."""
    seen = replay("untold-refused", Failure.INTERNAL)
    assert ours("untold-refused", Failure.INTERNAL).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.UNTOLD_AWAY)
    assert {seen[name].fate.guess for name in CAREFUL} == {Failure.INTERNAL}


@shows("R6")
@matrix(**USUALLY_SETUID, fault="deny")
def test_where_nobody_tells_why_and_the_pilot_is_refused_too_no_client_can_tell_a_denial(
    replay, documented, untold, broken_world, ours
):
    """The limit of a canary: a whole VO that is banned looks like an outage (observed). Question 4 then decides."""
    seen = replay("untold-deny", Failure.DENIED)
    assert ours("untold-deny", Failure.DENIED).items() <= as_careful(seen)
    assert fates(seen) == documented(seen, Kind.UNTOLD_DENIED)
    assert seen["careful-yes"].against_a_denial


@shows("R6")
@matrix(**USUALLY_SETUID, fault="deny")
def test_a_denied_users_payload_runs_under_dirac_and_under_panda(replay, cell, broken_world):
    """Neither looks at why the probe failed (DIRAC, glexecComputingElement.py; PanDA pilot, glexec_utils.py)."""
    seen = replay("deny", Failure.DENIED, "dirac", "panda-true")
    assert ends(seen) == {"dirac": End.SILENT, "panda-true": End.SILENT}


@shows("R6")
@matrix(**USUALLY_SETUID, fault="deny not-applicable")
def test_a_careful_client_that_is_told_so_never_runs_a_denied_user(replay, cell, broken_world):
    """A refused user is not run, whatever question 4 says (JSPG multi-user pilot policy, from memory; our profile)."""
    seen = replay(str(cell.fault), Failure.DENIED, *CAREFUL)
    assert ends(seen) == dict.fromkeys(CAREFUL, End.RETURNED)
    assert {each.fate.guess for each in seen.values()} == {Failure.DENIED}
