"""A real pilot with a payload whose credential is bad, or went bad since the VO handed it out (F06, F07, A42 to A44).

What is expected of each, and who says so: testbed/model/spoilt.py. The VO's door is the subject of
tests/pilot/test_bad_proxy.py: most of them get no further.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from testbed.lab.wait import eventually
from testbed.model.answers import OnInternalError
from testbed.model.entry import Entry
from testbed.model.failure import Failure
from testbed.model.mode import Mode
from testbed.model.outcome import End
from testbed.model.problem import Problem
from testbed.model.spoilt import SPOILT
from testbed.pilot.payload import Payload, State
from testbed.pilot.revocations import published
from testbed.plugin import matrix, shows
from testbed.plugin.ours import as_replay

ID = "/usr/bin/id -un"
SPOIL = "/tmp/spoil"
_BETWEEN = f"""\
printf '#!/bin/sh\\n[ "$GLEXEC_ID" = canary ] || . {SPOIL}\\nexec %s "$@"\\n' "$2" >"$1"
chown root:root "$1"
chmod 755 "$1"
"""
"""Takes the switch's place, and does something to the payload's proxy before it calls the real one: as the pilot."""
VO_LISTS = "/vo/certificates"
_KEPT = 'mkdir /tmp/lists; cp -p "$1"/*.r0 /tmp/lists; for list in "$1"/*.r0; do cat >"$list" <<EOF\nCRLEOF\ndone'
VOMSDIR = "/etc/grid-security/vomsdir"
ON_NODE = {
    "readable by others": 'chmod 644 "$GLEXEC_CLIENT_CERT"',
    "a symbolic link": 'mv "$GLEXEC_CLIENT_CERT" "$HOME/real"; ln -s "$HOME/real" "$GLEXEC_CLIENT_CERT"',
    "not there": 'rm "$GLEXEC_CLIENT_CERT"',
    "empty": ': >"$GLEXEC_CLIENT_CERT"',
    "truncated": 'head -c 700 "$GLEXEC_CLIENT_CERT" >"$HOME/cut"; cat "$HOME/cut" >"$GLEXEC_CLIENT_CERT"',
}
FROM_ZOO = (
    *("no key", "expired", "not yet valid", "unknown authority, same name", "wrong key"),
    *("no attributes", "expired attributes", "attributes of another", "limited"),
)
Between = Callable[..., None]


@pytest.fixture
def between(switch) -> Iterator[Between]:
    """Has this script done before each call for a payload, or before the first: by the pilot, who owns the files."""

    def spoil(script: str, *, once: bool = False) -> None:
        guard = f"mkdir {SPOIL}t-once 2>/dev/null &&" if once else ""
        text = f"{guard} {{ {script or ':'}\n}}\n"
        switch.node.put([Entry(SPOIL, text.encode(), 0o644)], limit=20)

    spoil("")
    with switch.altered("/usr/sbin/glexec", script=_BETWEEN):
        yield spoil


@pytest.fixture
def spoilt(switch, between) -> Callable[..., None]:
    """Makes the payload's proxy one of the bad ones, from now on; empty: a good one."""

    def make(name: str, *, once: bool = False) -> None:
        script = ON_NODE.get(name, "")
        if name in FROM_ZOO:
            script = f'cat {switch.place(switch.zoo.pem(name))} >"$GLEXEC_CLIENT_CERT"'
        between(script, once=once)

    return make


@pytest.fixture
def at_the_site(world, switch, spoilt, named, policy_with) -> dict[str, Callable[[], AbstractContextManager[None]]]:
    """What a site may do after the VO has taken a payload in."""
    certificates, bans = named("-certdir"), named("-banmapfile")
    alice = world.grid.bearer("alice").dn

    @contextlib.contextmanager
    def limited() -> Iterator[None]:
        spoilt("limited")
        with policy_with("--allow-limited-proxy", "--disallow-limited-proxy"):
            yield
        spoilt("")

    def revocation(kind: str) -> AbstractContextManager[None]:
        return published(switch, certificates, switch.zoo.crl(kind))

    return {
        "limited, at a site that takes none": limited,
        "revoked": lambda: revocation("revoked"),
        "banned at the site": lambda: switch.altered(bans, f'"{alice}"\n'),
        "an authority that the site has dropped": lambda: switch.altered(certificates, script='rm "$1"/*.0'),
        "a VO that the site has dropped": lambda: switch.altered(VOMSDIR, script='rm -r "$1"/*'),
        "a list of revocation that is too old": lambda: revocation("expired"),
    }


@pytest.fixture
def met(desk, suite, cell, spoilt, at_the_site) -> Callable[[str], dict[str, tuple]]:
    """What became of Alice's payload with each of them: its end, the code, the cause, what the pilot took it for."""

    def under(answer: str) -> dict[str, tuple]:
        desk.answers = desk.answers.with_question_4(OnInternalError(answer))
        seen = {}

        def run(name: str) -> None:
            outcome = desk.tried(ID, "alice")
            seen[name] = (outcome.end, outcome.code, outcome.cause, outcome.guess)
            suite.keep([as_replay(outcome, answer, cell.mode, f"credential {name}", SPOILT[name].failure)])

        for name in (*ON_NODE, *FROM_ZOO):
            spoilt(name)
            run(name)
        spoilt("")
        for name, altered in at_the_site.items():
            with altered():
                run(name)
        return seen

    return under


@pytest.fixture
def mended(desk, spoilt) -> Callable[[str], tuple]:
    """What becomes of Alice's payload when its proxy is bad at the first call only."""

    def once(name: str) -> tuple:
        spoilt(name, once=True)
        outcome = desk.tried(ID, "alice")
        desk.world.node.run(["rmdir", f"{SPOIL}t-once"], limit=20).check()  # it was spoilt
        return outcome.end, outcome.code, outcome.cause, outcome.guess

    return once


def ran(cell):
    return End.SEPARATED if cell.mode is Mode.SETUID else End.UNSEPARATED, 0, None, Failure.PAYLOAD


def documented(answer, cell):
    """By the table: nobody is run but whom the switch lets in, and by the pilot what question 4 is asked of."""
    fates = {}
    for name, each in SPOILT.items():
        if each.cause is None:
            fates[name] = ran(cell)
        elif each.failure is Failure.INTERNAL and answer == "yes":
            fates[name] = (End.UNSEPARATED, 0, each.cause, each.failure)
        else:
            fates[name] = (End.RETURNED, each.code, each.cause, each.failure)
    return fates


@shows("R3", "R6")
@matrix(mode="setuid")
def test_a_bad_credential_is_nobodys_leave_even_where_question_4_is_yes(met, cell):
    """No payload of a credential that is refused or unusable is run, by anybody: testbed/model/spoilt.py."""
    assert met("yes") == documented("yes", cell)


@pytest.mark.slow
@shows("R3", "R6")
@pytest.mark.parametrize("answer", ["no", "depends", "yes"])
@matrix(mode="log-only setuid")
def test_a_bad_credential_is_nobodys_leave_whatever_question_4_says(met, cell, answer):
    """No payload of a credential that is refused or unusable is run, by anybody: testbed/model/spoilt.py."""
    assert met(answer) == documented(answer, cell)


@matrix(mode="log-only setuid")
def test_what_is_wrong_with_a_credential_once_a_pilot_mends_by_asking_the_vo_for_it_anew(mended, cell):
    """Class M: the pilot puts the credentials of a call in their places anew, and calls once more (our choice)."""
    assert mended("readable by others") == ran(cell)
    assert mended("expired") == ran(cell)


@pytest.fixture
def revoked_at_the_vo(desk, switch) -> Iterator[Callable[[], bool]]:
    """The VO's own list of revocation has Alice; says whether it has noticed."""
    vo, crl = desk.world.pilot, switch.zoo.crl("revoked").decode()

    def noticed() -> bool:
        try:
            desk.vo.stop(desk.vo.submit(Payload("alice", ("/bin/true",), slot="nobody's")))
        except Problem as problem:
            return "revoked" in problem.cause
        return False

    try:
        vo.execute(["sh", "-c", _KEPT.replace("CRL", crl), "sh", VO_LISTS], limit=10)
        yield noticed
    finally:
        vo.execute(["sh", "-c", 'cp -p /tmp/lists/* "$1"; rm -r /tmp/lists', "sh", VO_LISTS], limit=10)
        assert eventually(lambda: not noticed(), within=10, every=0.1)


@shows("R3", "R9")
@matrix(mode="setuid")
def test_a_payload_of_somebody_who_was_revoked_while_it_waited_is_handed_to_no_pilot(desk, switch, request):
    """The VO verifies who hands in, and again what it hands out: a good payload in the queue is not good for ever."""
    slot = desk.slot()
    alice, bob = (desk.vo.submit(Payload(user, ("/usr/bin/id",), slot=slot)) for user in ("alice", "bob"))
    noticed = request.getfixturevalue("revoked_at_the_vo")
    assert eventually(noticed, within=10, every=0.1)
    assert desk.vo.wait_for_pilot(desk.vo.start_pilot(desk.order(slot)), limit=30).code == 0
    assert [desk.vo.wait(each, limit=0.001).state for each in (alice, bob)] == [State.QUEUED, State.ENDED]
    assert "trusted no more" in desk.vo.history(alice)[2][-1].why
    desk.vo.stop(alice)


@pytest.mark.slow
@matrix(mode="log-only setuid")
def test_so_it_does_with_everything_that_is_its_own_mistake(mended, cell):
    """Class M: the pilot puts the credentials of a call in their places anew, and calls once more (our choice)."""
    mendable = [name for name, each in SPOILT.items() if each.mendable]
    assert {name: mended(name) for name in mendable} == dict.fromkeys(mendable, ran(cell))
