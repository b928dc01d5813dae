"""Liars: a payload and a pilot that want the site's log to tell another story."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from secrets import token_hex

from testbed.credentials.name import extended
from testbed.credentials.proxy import make_proxy
from testbed.credentials.zoo import Zoo
from testbed.lab.host import Host
from testbed.lab.record import Record, records
from testbed.model.attack import Attack
from testbed.model.effect import Effect
from testbed.model.measure import Measure
from testbed.model.mode import WAYS, Installation
from testbed.model.outcome import Attempt, Outcome
from testbed.model.problem import Problem
from testbed.pilot.caller import Caller, How
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.site_log import Line, site_log
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.findings import findings
from testbed.site.layout import SWITCH

Tried = tuple[Attempt, str]

SAID = 'real_user({caller}),real_group(pilot)->mapped_user(victim),mapped_group(victim) cwd: "/" cmd: "/{name}"'
"""A record of the switch's, but for the names in it."""
PRIORITY = "<30>"
"""daemon.info, syslog(3)."""
INJECTED = "/tmp/injected\nglexec[1]: injected"
"""The folder that it starts in."""
IN_A_NAME = "\n\r\x1b[2Kglexec[1]: injected"
OF_PERSON = "/CN=Alice\\x"
"""How a line of the log that names somebody of this name goes on: escaped, and not at an end there."""
SHOW = 'for each; do GLEXEC_CLIENT_CERT="$each" "$0" /usr/bin/true; done'
OWN_LOG = "/var/log/glexec-own.log"
HELD, LIMIT = 10.0, 10.0
"""Seconds for which a payload's child holds everything open, unless it is ended before; and for a look at the node."""
FIRST_LINE = '"$0" "$@" 2>&1 | head -n 1'
"""Does not wait for who has the pipe open when the switch has ended."""
END_HOLDER = """\
for each in $(grep -lsz -x -- "$1" /proc/[0-9]*/cmdline | cut -d / -f 3); do kill -KILL "$each" && echo "$each"; done
"""
LONG = 64
"""Arguments of a kilobyte each."""


def record(desk: Desk, measure: Measure | None = None) -> Raid:
    """A payload forges a record, another one keeps its end from being recorded; a pilot records too much or nothing."""
    caller = Caller(desk.world.node, desk.world.site, desk.world.grid)
    attempts = {Attack.SKIPPED_RECORD: _skipped(caller)}
    if WAYS[desk.mode].calls_switch:
        attempts |= {Attack.INJECTED_RECORD: _injected(caller), Attack.CUT_RECORD: _cut(caller)}
    raid = _forged(desk, trusted=measure is Measure.TRUSTED_LOG)
    if WAYS[desk.mode].calls_switch:
        attempts[Attack.SUPPRESSED_END] = either(killing=_suppressed(desk), holding=_held(caller))
    return raid.joined(Raid(raid.ran, attempts))


def _skipped(caller: Caller) -> Tried:
    """A payload that the pilot starts itself, whatever it was told."""
    witness = caller.witness
    effect = witness.effect(caller.run(*witness.command()))
    if effect.ran and not effect.recorded:
        return Attempt.SUCCEEDED, f"ran as {', '.join(effect.ran)}, and the site's log has no record of it"
    return Attempt.BLOCKED, str(effect)


def _injected(caller: Caller) -> Tried:
    """Lines within arguments, the folder that it starts in, GLEXEC_ID, and the names in two credentials."""
    made = f"\nglexec[1]: {SAID.format(caller='forger', name='injected')}"
    command = (*caller.witness.command(":"), made, f"\r{made}", f'" {made}', "\x1b[2K" + made)
    how: How = {"env": {"GLEXEC_ID": made}}
    within = ("sh", "-c", 'cd "$0"; exec "$@"', INJECTED)
    with _made(caller.node, ["mkdir", "-m", "755", INJECTED], ["rmdir", INJECTED]):
        effect = caller.tries(*command, before=within, **how)
        credentials = caller.places(named(caller.zoo)).values()
        if not caller.separates:
            caller.run("sh", "-c", SHOW, SWITCH, *credentials)
        lines = [line.text for line in site_log(caller.node)]
        if caller.separates:  # a file of the switch's own: no log daemon makes anything harmless there
            own = ["install", "-o", "glexec", "-g", "glexec", "-m", "640", "/dev/null", OWN_LOG]
            with (
                _made(caller.node, own, ["rm", OWN_LOG]),
                caller.configured(log_destination="file", log_file=OWN_LOG),
            ):
                caller.call(*command, before=within, **how)
                caller.run("sh", "-c", SHOW, SWITCH, *credentials)
                lines += [line.removeprefix("glexec[1]: ") for line in caller.read(OWN_LOG).splitlines()]
    forged = [line for line in lines if line.startswith(("real_user(forger)", "injected"))]
    if forged:
        return Attempt.SUCCEEDED, f"a line of its own in the log: {forged[0]}"
    who = next((line for line in lines if OF_PERSON in line), "")
    if effect.ran and not who:
        raise Problem("the log does not name who was shown", expected=OF_PERSON, found="\n".join(lines[-20:]))
    only = f"{len(effect.recorded)} record, nothing but its own: {_commands(effect)}"
    return Attempt.BLOCKED, f"{who}; {only}"


def named(zoo: Zoo) -> dict[str, bytes]:
    """Proxies with a line in a name: of somebody whom the authority calls so, and of Alice's, in its own last name.

    The last name of a proxy is in no line of the log (observed). That of a VOMS attribute is the VOMS server's to make.
    """
    somebody = zoo.authority.person(f"Alice{IN_A_NAME}")
    return {
        "person": make_proxy(somebody).pem,
        "proxy": zoo.proxy(subject=extended(zoo.owner.certificate.subject, IN_A_NAME)),
    }


@contextlib.contextmanager
def _made(node: Host, make: Sequence[str], remove: Sequence[str]) -> Iterator[None]:
    """What a command makes is there meanwhile."""
    node.run(make, limit=10).check()
    try:
        yield
    finally:
        node.run(remove, limit=10).check()


def _cut(caller: Caller) -> Tried:
    """A command so long that a log's line cannot hold it."""
    effect = caller.tries(*caller.witness.command(":"), *(LONG * ["x" * 1023]))
    who = [each.dn for each in effect.recorded]
    if effect.ran and (not who or not all(who)):
        return Attempt.SUCCEEDED, f"ran as {', '.join(effect.ran)}, and the log does not say for whom: {who}"
    return Attempt.BLOCKED, f"the record names {', '.join(who)}: {_commands(effect)[-60:]}"


def _forged(desk: Desk, *, trusted: bool) -> Raid:
    """A line that looks like the switch's. In a trusted log only what the switch's own uid has sent is the switch's."""
    token = f"forged-{token_hex(8)}"
    forged, control = SAID.format(caller="pilot01", name=token), f"{token} is beside this one"
    lines = {"line": f"{PRIORITY}glexec[4711]: {forged}", "control": f"{PRIORITY}payload[4711]: {control}"}
    targets = {str(Attack.FORGED_RECORD): {"kind": "syslog", **lines}}
    payload = desk.send([*PYTHON, json.dumps(targets)], "alice", probe("liar", "finding"))
    ran = desk.end_of(*payload)
    attempts, untried = findings(ran.out, "the payload that forges a record")
    if said := attempts.pop(Attack.FORGED_RECORD, None):
        own = 0 if desk.world.site.installation is Installation.SETUID else desk.world.site.pilot_accounts[0].uid
        found, saw = believed(site_log(desk.world.node), forged, control, said, own if trusted else None)
        if found:
            attempts[Attack.FORGED_RECORD] = found, saw
        else:
            untried[Attack.FORGED_RECORD] = saw
    return Raid(ran, attempts, untried)


def believed(
    log: Sequence[Line], forged: str, control: str, said: Tried, own: int | None = None
) -> tuple[Attempt | None, str]:
    """Whether the site's log has the forged line; a trusted one believes it only of the switch's ``own`` uid.

    A log that took it, and has not even the harmless one that was sent after it, has lost both: nothing follows.
    """
    took, saw = said
    writers = sorted({line.writer for line in log if line.text == forged and line.tag == "glexec"})
    if writers and own is not None:
        saw = f"written by uid {writers}, as the kernel says; the switch's own lines are uid {own}'s; {saw}"
        return (Attempt.SUCCEEDED if own in writers else Attempt.BLOCKED), saw
    if writers:
        return Attempt.SUCCEEDED, f"in the site's log as glexec's: {forged}"
    if took is Attempt.BLOCKED:
        return Attempt.BLOCKED, f"not in the site's log: {saw}"
    if any(line.text == control for line in log):
        return Attempt.BLOCKED, f"not in the site's log, which has the harmless line that was sent after it: {saw}"
    return None, f"the log lost it, and the harmless line that was sent after it as well: {saw}"


def _suppressed(desk: Desk) -> Tried:
    """A payload that kills what waits for it: its start is recorded, is its end?"""
    targets = {str(Attack.SUPPRESSED_END): {"kind": "silence", "program": "glexec"}}
    payload, pilot = desk.send([*PYTHON, json.dumps(targets)], "alice", probe("liar", "finding"))
    ended = desk.end_of(payload, pilot)
    site_log(desk.world.node)  # all is written
    return ended_in(
        [run for run in records(desk.world.node) if any(_ident(payload) in line for line in run.lines)], ended
    )


def ended_in(runs: Sequence[Record], ended: Outcome) -> Tried:
    """Whether a payload's end is in the log, of which these runs are its; one without any run has no end there."""
    ends = _ends(runs[:1])
    if ended.ran_as and not ends:  # whoever kills what waits for it may not get to say so
        has = "its start and no end" if runs else "nothing of it"
        return Attempt.SUCCEEDED, f"the log has {has}; the payload: {ended}, {ended.why}; {ended.out}"
    attempts, _ = findings(ended.out, "the payload that kills the switch", f"{ended}: {ended.why}\n{ended.err}")
    return Attempt.BLOCKED, f"recorded: {', '.join(ends)}; {attempts[Attack.SUPPRESSED_END][1]}"


def _held(caller: Caller) -> Tried:
    """A payload that ends, while a child of it keeps open all that the switch may wait for: is its end recorded?"""
    ident = f"held-{token_hex(8)}"
    told = {str(Attack.SUPPRESSED_END): {"kind": "hold", "program": "glexec", "seconds": HELD}}
    how: How = {"env": {"GLEXEC_ID": ident}, "stdin": probe("liar", "finding", told=told), "limit": HELD}
    with caller.configured(end_leftovers="no"):  # else the child is ended as soon as the record is written
        said = caller.run("sh", "-c", FIRST_LINE, SWITCH, *PYTHON, ident, **how)
    site_log(caller.node)  # all is written
    runs = [run for run in records(caller.node) if any(_ident(ident) in line for line in run.lines)]
    # The bracket keeps the search from finding itself.
    held = caller.node.run(["sh", "-c", END_HOLDER, "sh", f"[{ident[0]}]{ident[1:]}"], limit=LIMIT).text.split()
    when = f"within {said.seconds:.1f} s, while process {', '.join(held) or 'nobody'} holds it"
    return held_in(runs[-1:], said.out.decode(errors="replace"), when)


def held_in(runs: Sequence[Record], out: str, when: str) -> Tried:
    """Whether the end of a payload whose child holds everything open is in the log, of which these runs are its.

    Raises `Problem` where it did not get to say that it holds: nothing follows from that.
    """
    attempts, _ = findings(out, "the payload that holds everything open")
    saw = attempts[Attack.SUPPRESSED_END][1]
    if ends := _ends(runs):
        return Attempt.BLOCKED, f"recorded: {', '.join(ends)} {when}; {saw}"
    return Attempt.SUCCEEDED, f"the log has {'its start and no end' if runs else 'nothing of it'} {when}; {saw}"


def either(**ways: Tried) -> Tried:
    """One attack that was tried in several ways: one that works is enough."""
    succeeded = any(attempt is Attempt.SUCCEEDED for attempt, _ in ways.values())
    said = "; ".join(f"{way}: {attempt}, {saw}" for way, (attempt, saw) in ways.items())
    return (Attempt.SUCCEEDED if succeeded else Attempt.BLOCKED), said


def _ends(runs: Sequence[Record]) -> list[str]:
    return [line for run in runs for line in run.lines if line.startswith("Terminated, ")]


def _ident(payload: str) -> str:
    return f'GLEXEC_ID: "{payload}"'


def _commands(effect: Effect) -> str:
    return "; ".join(each.command for each in effect.recorded)[:300]
