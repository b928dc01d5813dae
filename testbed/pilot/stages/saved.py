"""A machine that is saved for an account is as good as that account: who ran as it is in every later one.

Alice's payload runs on the node itself, by a pilot of mode none under the same account, and is gone. Bob's, in a
machine of its own, goes on from what was saved.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt
from testbed.model.problem import Problem
from testbed.pilot.desk import PAYLOAD_LIMIT, Desk
from testbed.pilot.payload import Payload
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.findings import last_words
from testbed.pilot.stages.targets import key_of

SHELVES = "/var/cache/testbed-vm"
LIMIT = 20.0
"""Seconds for one command on the worker node; to look through the memory of a machine takes a fifth of one."""
TEXT = 'IFS=; cd "$0" || exit; for each; do printf "%s\\0" "$each"; printf "%s\\0" $each; printf "\\0"; done'
"""What the supervisor in each machine has a shell run, as the payload, to find the files that it is to bring out."""
CODE = 'cd "$0";cat ../proxy.pem>>"$1";for each;do printf "%s\\0%s\\0\\0" "$each" $each;done'
"""The same for one file, which first gets the proxy: it leaves the machine with the payload's own results."""
RESTORED = "restored"
_TAKEN = """\
mv "$1" "$1.of-the-account" 2>/dev/null
install -d -o root -m 0700 "$1"
"""
_GIVEN_BACK = """\
rmdir "$1" && { [ ! -e "$1.of-the-account" ] || mv "$1.of-the-account" "$1"; }
"""


def saved(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let Alice's payload change the machine that is saved, and look for Bob's key in what his payload leaves."""
    world = desk.world
    owner, other = (world.site.pilot_accounts * 2)[:2]
    shelf = f"{SHELVES}/{owner.uid}"
    orders = {"shelf": shelf, "text": TEXT, "code": CODE}
    alices = other if measure is Measure.OWN_ACCOUNT else owner
    with _cold(desk, shelf) if measure is Measure.COLD_MACHINES else contextlib.nullcontext():
        if measure is not Measure.COLD_MACHINES:
            desk.tried("/usr/bin/true", "bob")  # from now on one is saved
        try:
            said = _poisoned(desk, alices.name, orders)
        except BaseException:  # nobody knows what it has changed
            if measure is not Measure.COLD_MACHINES:
                _thrown_away(desk, shelf)
            raise
        try:
            payload, pilot = desk.hand(
                Payload("bob", ("/bin/sh", "-c", "echo found >result"), b"", PAYLOAD_LIMIT, outputs=("result",))
            )
            ran = desk.end_of(payload, pilot)
            key = key_of(world.grid, "bob").encode() in desk.vo.outputs(payload)
        finally:
            if said["changed"]:
                _healed(desk, owner.name, orders)
    words = f"Alice's payload, as {alices.name}: {said['saw']}; Bob's machine: {ran.machine or ran.why}"
    came = came_to(measure, key_found=key, changed=said["changed"], restored=RESTORED in ran.machine)
    if not isinstance(came, Attempt):
        return Raid(ran, {}, {Attack.SAVED_MACHINE: f"{came}: {words}"})
    return Raid(ran, {Attack.SAVED_MACHINE: (came, f"{words}; his key is among his results" if key else words)})


def came_to(measure: Measure | None, *, key_found: bool, changed: int, restored: bool) -> Attempt | str:
    """What the attack came to, or why nothing follows: a machine that did not go on from a saved one was not tried.

    With cold machines it is the other way round: one that went on from a saved one after all was no cold one.
    """
    if key_found:
        return Attempt.SUCCEEDED
    if measure is Measure.COLD_MACHINES:
        return "the measure was not in force" if restored else Attempt.BLOCKED
    if not restored:
        return "nothing went on from a saved machine"
    return Attempt.BLOCKED if changed or measure else "nothing was changed"


def _poisoned(desk: Desk, account: str, orders: dict[str, str]) -> dict[str, Any]:
    """What a payload of Alice's says that a pilot of mode none runs under this account."""
    node = {"name": desk.world.node_name, "address": desk.world.node.address, "account": account}
    payload = Payload("alice", (*PYTHON, json.dumps(orders)), probe("poisoner"), PAYLOAD_LIMIT)
    said: dict[str, Any] = last_words(desk.end_of(*desk.hand(payload, mode=Mode.NONE, node=node)))
    return said


def _healed(desk: Desk, account: str, orders: dict[str, str]) -> None:
    """Put back what stood there: the next payload's machine is as it was saved."""
    back = {**orders, "text": CODE.ljust(len(TEXT)), "code": TEXT}
    words = [*PYTHON, json.dumps(back)]
    said = desk.world.node.run(words, user=account, stdin=probe("poisoner"), limit=LIMIT)
    if said.code != 0 or not json.loads(said.out)["changed"]:
        where = orders["shelf"]
        _thrown_away(desk, where)
        raise Problem("a saved machine could not be healed, and was thrown away", where=where, found=f"{said.err!r}")


def _thrown_away(desk: Desk, shelf: str) -> None:
    """No machine of the account's is saved any more."""
    desk.world.node.run(["rm", "-rf", shelf], limit=LIMIT).check()


@contextlib.contextmanager
def _cold(desk: Desk, shelf: str) -> Iterator[None]:
    """The place of an account's machines is root's: nothing can be saved, so each machine is booted."""
    node = desk.world.node
    node.run(["sh", "-c", _TAKEN, "sh", shelf], limit=LIMIT).check()
    try:
        yield
    finally:
        node.run(["sh", "-c", _GIVEN_BACK, "sh", shelf], limit=LIMIT).check()
