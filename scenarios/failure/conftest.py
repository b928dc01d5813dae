"""Clients of old and ours, replayed on the cell's worker node."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from testbed.faults.client import sights
from testbed.faults.fault import Unfelt, there
from testbed.faults.signs import SIGNS, well
from testbed.model.advice import riddles
from testbed.model.answers import MultiUser, OnInternalError
from testbed.model.consequence import CONSEQUENCES, Waits
from testbed.model.failure import Failure
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.model.outcome import End
from testbed.model.replay import Fate, Replay
from testbed.pilot.node_files import NodeFiles
from testbed.pilot.replay import Ground, clients, replayed
from testbed.pilot.replay.documented import Documented, Kind
from testbed.pilot.replay.ground import PATIENCE
from testbed.plugin.ours import as_replay, at
from testbed.site.layout import SWITCH

BRIEF = "0.3"
"""Seconds that the modules wait for a service here, so that one that says nothing does not hold the run up."""
NOISE = "LCMAPS: rule is not part of the chain"
"""What LCMAPS says of a rule that nothing leads to."""
_NOISY = """\
printf '#!/bin/sh\\necho "%s" >&2\\nexec %s "$@"\\n' '{noise}' "$2" >"$1"
chown root:root "$1"
chmod 755 "$1"
"""


@pytest.fixture
def replay(suite, cell, world, notes) -> Callable[..., dict[str, Replay]]:
    """Every client, or those that are named, with a payload of Alice's; kept for the summary unless told."""
    notes.expectation = None
    answers = world.site.answers
    if not answers.needs_trace or answers.multi_user_pilots is not MultiUser.YES:
        pytest.skip("what clients do is documented for a site that allows multi-user pilots and requires glexec")
    if not world.site.tells_causes:
        pytest.skip("the site's glexec.conf has no report_cause = yes")
    everybody = list(clients(answers))

    def held(
        circumstance: str, truth: Failure, *names: str, patience: float = PATIENCE, **ways: Any
    ) -> dict[str, Replay]:
        """``ways`` are those of `Ground`: what the payload does then, what clients inherit, the proxy's mode."""
        chosen = [client for client in everybody if not names or client.name in names]
        called = [client.name for client in chosen]
        ground = Ground(world.node, world.site, world.grid, called, patience=patience, **ways)
        found = replayed(ground, chosen, cell.mode, at(cell, circumstance), truth)
        if not names:
            suite.keep(found.values())
        return found

    return held


@pytest.fixture
def ours(suite, cell, pilot) -> Callable[[str, Failure], dict[str, tuple[End, tuple[str, ...]]]]:
    """Our own pilot with a payload of Alice's, under the answers that the careful client has: the end, who ran.

    In log-only under the answer "yes" alone: nothing else can do harm there.
    """

    def handled(circumstance: str, truth: Failure) -> dict[str, tuple[End, tuple[str, ...]]]:
        ends = {}
        for client in clients(pilot.answers):
            if client.profile.careful and (cell.mode is Mode.SETUID or client.answer == OnInternalError.YES):
                pilot.answers = client.answers
                outcome = pilot.tried("/usr/bin/id -un", "alice")
                assert riddles(outcome.told) == []
                replay = as_replay(outcome, client.answer, cell.mode, at(cell, circumstance), truth)
                suite.keep([replay])
                ends[client.name] = (replay.fate.end, replay.fate.ran_as)
        return ends

    return handled


@pytest.fixture
def documented(cell, world) -> Callable[..., dict[str, Fate]]:
    """What is documented for all who were replayed: ``documented(seen, Kind.BANNED)``."""
    alice = world.grid.bearer("alice")
    pool = world.site.pool_of(alice.fqans, alice.dn) or ""

    def fates(seen: Iterable[str], kind: Kind, code: int = 203, *, recorded: bool = True) -> dict[str, Fate]:
        return {name: Documented(kind, cell.mode, code, pool, recorded).fate(name) for name in seen}

    return fates


@pytest.fixture
def waiting(world, limited, notes) -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """The site's modules wait for so many seconds, for each of their services, meanwhile."""

    def altered(seconds: str) -> contextlib.AbstractContextManager[None]:
        files = NodeFiles(world.node, world.site)
        notes.patience = float(seconds)
        return files.altered(files.policy_file, limited(float(seconds)))

    return altered


@pytest.fixture
def impatient(cell, waiting) -> Iterator[None]:
    """The site's modules wait for a short time only, where nobody answers whom a busy machine could make late."""
    consequence = CONSEQUENCES.get(cell.fault)
    with waiting(BRIEF) if consequence and consequence.waits is Waits.EVERY else contextlib.nullcontext():
        yield


@pytest.fixture
def untold(switch) -> Iterator[None]:
    """The site's switch tells nobody why it runs nothing, as gLExec does not."""

    def seen() -> bool:
        said = switch.call("/usr/bin/true", user="bob", env={"GLEXEC_CLIENT_CERT": "/no/such/proxy"})
        return said.code == 201 and b"cause class=" not in said.err

    with there("a switch that tells no cause", switch.configured(report_cause="no"), seen):
        yield


@pytest.fixture
def missing(switch) -> Iterator[None]:
    """There is no switch."""
    with there("no switch", switch.without(SWITCH), lambda: switch.call("/usr/bin/true", user="bob").code == 127):
        yield


@pytest.fixture
def unlisted(switch) -> Iterator[None]:
    """The site lists no caller of its switch."""
    made = switch.configured(user_white_list="nobody")
    with there("a pilot that is not listed", made, lambda: ends(switch, 203, b"reason=caller-not-listed")):
        yield


@pytest.fixture
def traceless(switch) -> Iterator[None]:
    """Nobody takes the site's log lines."""
    made = switch.without("/dev/log")
    with there("a call that nobody records", made, lambda: ends(switch, 202, b"class=untraceable")):
        yield


def ends(switch, code: int, words: bytes) -> bool:
    """Whether a call for Bob, with whom nothing is wrong, ends so, and for this cause."""
    said = switch.call("/usr/bin/true", user="bob")
    return (said.code, words in said.err) == (code, True)


@pytest.fixture
def banned(world) -> Iterator[None]:
    """The site's authority refuses Alice, and nobody else: so it says to a client of our own."""

    def seen() -> bool:
        hers, his = sights(world), sights(world, user="bob")
        return all(SIGNS[Fault.DENY](each) for each in hers) and all(map(well, his))

    with there("a ban at the authority", _ban(world), seen):
        yield


@contextlib.contextmanager
def _ban(world) -> Iterator[None]:
    alice = world.grid.bearer("alice").dn
    for host in world.authorities:
        host.control.ban("subject", alice)
        host.control.clear_caches()
    yield
    for host in world.authorities:
        host.control.unban("subject", alice)
        host.control.clear_caches()


@pytest.fixture
def noisy(switch) -> Iterator[None]:
    """A rule of lcmaps.db leads nowhere, and a switch lets callers hear what LCMAPS says of that.

    Ours keeps all of LCMAPS' words for the site's log: a script in its place says this one line before it.
    """
    unused = 'unused = "lcmaps_dummy_good.mod"\nspare = "lcmaps_dummy_bad.mod"\n'
    start = f"{switch.option('lcmaps_get_account_policy')}:"
    policy = switch.read(switch.policy_file)
    if start not in policy:
        pytest.skip(f"the site's policy has no {start}")
    policy = policy.replace(start, unused + start) + "unused -> spare\n"

    def seen() -> bool:
        said = switch.call("/usr/bin/true", user="bob")
        return (said.code, NOISE.encode() in said.err) == (0, True)

    made = switch.altered(SWITCH, script=_NOISY.format(noise=NOISE))
    with switch.altered(switch.policy_file, policy), there("a switch with a word on standard error", made, seen):
        if not any("is not part of the chain" in line for line in switch.log()):
            raise Unfelt("LCMAPS has nothing to say of a rule that nothing leads to")
        yield
