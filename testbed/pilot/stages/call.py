"""Callers who should not: a payload that calls the switch, and a pilot that asks it for what it may not have."""

from collections.abc import Iterator, Mapping
from secrets import token_hex

from testbed.lab.host import Host
from testbed.lab.record import Record, records
from testbed.model.attack import Attack
from testbed.model.entry import Entry
from testbed.model.measure import Measure
from testbed.model.mode import WAYS, Installation
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.caller import Caller
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.site_log import site_log
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.findings import Attempts, findings
from testbed.site.layout import SWITCH

Tried = tuple[Attempt, str]

GRIDMAPDIR = "/etc/grid-security/gridmapdir"
LONG_AGO = 1
"""When a lease was last used that somebody makes an old one; seconds, as of no file that a site has made."""
LIMIT = 10.0
VICTIM = "/etc/glexec-testbed-victim"
"""A file of root's, where nobody else may write."""
PLACES = (VICTIM, "/etc/cron.d/planted", "/root/planted", "/etc/passwd", "/tmp/../etc/planted")
MODES = ("none", "log-only", "lcmaps_verify_account", "LCMAPS_GET_ACCOUNT ")


def call(desk: Desk, measure: Measure | None = None) -> Raid:
    """Alice's payload calls the switch, as herself and as Bob, and looks for the leases; then the pilot tries his."""
    world = desk.world
    caller = Caller(world.node, world.site, world.grid)
    leases = world.site.installation is Installation.SETUID
    before = ""
    if leases:
        for user in ("alice", "bob"):  # from now on both have their accounts, so that no call makes another link
            caller.tries(user=user)
        before = _leases(world.node)
    proxy = world.grid.read(world.grid.bearer("bob").file).decode()
    own, borrowed = (f"{word}-{token_hex(8)}" for word in ("own", "borrowed"))
    targets: dict[Attack, Mapping[str, str | int]] = {
        Attack.PAYLOAD_CALLS_SWITCH: {"kind": "switch", "program": SWITCH, "proxy": "", "ident": own},
        Attack.BORROWED_PROXY: {"kind": "switch", "program": SWITCH, "proxy": proxy, "ident": borrowed},
    }
    lease: dict[str, str | int] = {
        "kind": "leases",
        "folder": GRIDMAPDIR,
        "account": caller.pool("bob").accounts[-1].name,
        "name": "%2fcn%3dx",
        "old": LONG_AGO,
    }
    if leases:
        targets[Attack.GRIDMAPDIR] = lease
    told = {str(attack): target for attack, target in targets.items()}
    ran = desk.end_of(*desk.send(PYTHON, "alice", probe("liar", "finding", told=told)))
    if ran.code is None or not ran.ran_as:  # what a pilot tries is tried all the same
        attempts, untried = Attempts(), dict[Attack, str]()
    else:
        attempts, untried = findings(ran.out, "the payload that calls the switch", f"{ran}: {ran.err}")
    _recorded(world.node, attempts, {Attack.PAYLOAD_CALLS_SWITCH: own, Attack.BORROWED_PROXY: borrowed})
    if leases:
        saw = attempts[Attack.GRIDMAPDIR][1] if Attack.GRIDMAPDIR in attempts else "did not run"
        attempts[Attack.GRIDMAPDIR] = _tampered(caller, lease, before, saw)
    if WAYS[desk.mode].calls_switch:
        attempts |= {Attack.TARGET_ELSEWHERE: _elsewhere(caller), Attack.WEAKER_MODE: _weaker(caller)}
    return Raid(ran, attempts, untried)


def _recorded(node: Host, attempts: Attempts, idents: dict[Attack, str]) -> None:
    """A call that worked has a record; whom it names is added to what was seen."""
    site_log(node)  # all is written
    runs = records(node)
    for attack, ident in idents.items():
        mine = [run for run in runs if any(f'GLEXEC_ID: "{ident}"' in line for line in run.lines)]
        attempt, saw = attempts.get(attack, (None, ""))
        if attempt is Attempt.SUCCEEDED and not mine:
            raise Problem("the switch ran a payload's command and the site's log has no record of it", found=saw)
        if attempt is Attempt.SUCCEEDED:
            attempts[attack] = Attempt.SUCCEEDED, f"{saw}; recorded: {', '.join(_words(mine))}"
        elif attempt and mine:
            raise Problem("the site's log has a run that its caller knows nothing of", found=f"{mine}\n{saw}")


def _words(runs: list[Record]) -> Iterator[str]:
    for run in runs:
        yield f"{run.caller} as {run.account} for {run.dn}"


def _leases(node: Host) -> str:
    """All that is in the folder: inode, links, owner, mode, name and size of each, and whether it was made old."""
    usual = "%i %n %u %g %m %s %f"
    made_old = ["-newermt", f"@{LONG_AGO - 1}", "!", "-newermt", f"@{LONG_AGO}", "-printf", f"{usual} old\n"]
    look = ["find", GRIDMAPDIR, *made_old, "-o", "-printf", f"{usual}\n"]
    return "\n".join(sorted(node.run(look, limit=LIMIT).check().text.splitlines()))


def _tampered(caller: Caller, lease: dict[str, str | int], before: str, saw: str) -> Tried:
    """The pilot tries as well; what counts is whether anything in the folder is another afterwards."""
    liar = probe("liar", "finding", told={str(Attack.GRIDMAPDIR): lease})
    said = caller.node.run(PYTHON, user=caller.account.name, stdin=liar, limit=LIMIT).check()
    pilots, _ = findings(said.text, "the pilot that wants another's lease")
    now = _leases(caller.node)
    words = f"the payload: {saw}; the pilot: {pilots[Attack.GRIDMAPDIR][1]}"
    if now == before:
        return Attempt.BLOCKED, words
    changed = sorted(set(now.splitlines()) ^ set(before.splitlines()))
    return Attempt.SUCCEEDED, f"{words}; otherwise than before: {changed[:4]}"


def _elsewhere(caller: Caller) -> Tried:
    """The switch, which root may have started, is asked to write where its caller and its target may not."""
    caller.node.put([Entry(VICTIM, b"root's own\n", 0o600)], limit=LIMIT)
    look = ["sh", "-c", 'for each; do stat -c "%n %i %u %s %Y" "$each" || echo "$each -"; done 2>/dev/null', "sh"]
    before = caller.node.run([*look, *PLACES], limit=LIMIT).text
    codes = {place: caller.tries(env={"GLEXEC_TARGET_PROXY": place}).code for place in PLACES}
    after = caller.node.run([*look, *PLACES], limit=LIMIT).text
    caller.node.run(["rm", "-f", VICTIM, "/etc/cron.d/planted", "/root/planted", "/etc/planted"], limit=LIMIT).check()
    if before != after:
        changed = sorted(set(after.splitlines()) - set(before.splitlines()))
        return Attempt.SUCCEEDED, f"written where only root may write: {changed}"
    return Attempt.BLOCKED, f"nothing written; the calls ended with {codes}"


def _weaker(caller: Caller) -> Tried:
    """Words that name another way of working: none of them runs anything otherwise than the site has it."""
    usual, said = caller.runs(), []
    for mode in MODES:
        effect = caller.tries(env={"GLEXEC_MODE": mode})
        said.append(f"{mode.strip()}: {effect.cause or effect.code}")
        if effect.ran and (effect.ran != usual.ran or len(effect.recorded) != len(usual.recorded)):
            return Attempt.SUCCEEDED, f"GLEXEC_MODE={mode} ran it as {effect.ran}, recorded: {effect.recorded}"
    return Attempt.BLOCKED, "; ".join(said)
