"""Both sides in one payload: the same probes, where nothing is between them and their victims but the place itself.

An attack that does not succeed in there proves nothing when it is blocked from outside: its probe cannot work in such
a container or machine, for want of a module, a device or a program.
"""

import json
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.pilot.daemon import done_to
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid, raid_of
from testbed.pilot.stages import targets
from testbed.pilot.stages.after import OWN, targets_of
from testbed.pilot.stages.again import of_other
from testbed.pilot.stages.beside import THIEF
from testbed.pilot.stages.bystander import PYTHON, VICTIM, felt_by_victim
from testbed.pilot.stages.estate import Estate
from testbed.pilot.stages.findings import last_words
from testbed.pilot.stages.launch import of_launch

PARTS = (*THIEF, "thief", "finder", "leaver", "liar", "hog")
"""Those of the probe, each before those that need it."""
MARK, KEY = "left-within", 0x7E57AFFE
PLACE = f"/tmp/{MARK}"
LITTLE = 16
"""MiB that a machine has for its payload, whatever else it has."""

Target = Mapping[str, Any]


class Said(dict[str, Any]):
    """What a victim will say of itself, by name: the payload puts it in where it keeps the victim."""

    def __init__(self, who: str) -> None:
        super().__init__()
        self._who = who

    def __missing__(self, name: str) -> dict[str, str]:
        return {"told": f"{self._who}.{name}"}


def within(desk: Desk, measure: Measure | None = None) -> Raid:
    """Let a payload of Alice's attack itself, and hear what it felt."""
    token, framework = f"her-own-secret-{token_hex(8)}", f"her-frameworks-secret-{token_hex(8)}"
    key = targets.key_of(desk.world.grid, "alice")
    told = orders(key, Estate(desk.world, MARK, PLACE, KEY), token, framework)
    ran = desk.end_of(*desk.send(PYTHON, "alice", probe("within", *PARTS, told=told)))
    said = last_words(ran)
    felt = {**done_to(said["felt"]["daemon"]), **felt_by_victim(said["felt"]["victim"])}
    found = said["findings"]
    return raid_of(ran, felt, {**found, **{own: found[like] for own, like in OWN.items()}})


def orders(key: str, left: Estate, token: str, framework: str) -> dict[str, Any]:
    """What the payload is told."""
    return {
        "victim": probe("victim", *VICTIM).decode(),
        "daemon": probe("daemon").decode(),
        "token": token,
        "framework": framework,
        "leaves": json.loads(left.orders()),
        "targets": all_targets(key, left, token, framework),
    }


def all_targets(key: str, left: Estate, token: str, framework: str) -> dict[str, dict[Attack, Target]]:
    """What each probe attacks, as elsewhere; but the payload's own victims say where. Their proxy has this key."""
    his, its = Said("victim"), Said("daemon")
    near: dict[Attack, Target] = {
        **targets.of_bob(his, his["pid"], token, key),
        **targets.of_pilot(framework, its["pid"], his["proxy"], key),
        **targets.of_daemon(its, framework, key),
        **of_launch(token, token),
        **of_other(his, token),
    }
    switch: dict[str, Any] = {"kind": "switch", "program": f"{PLACE}/switch", "ident": MARK}
    return {
        "thief": near,
        "finder": dict(targets_of(left)),
        "lingerer": {
            Attack.LEFT_DAEMON: {
                "place": PLACE,
                "say": "ended",
                "word": MARK,
                "answer": "daemon",
                "marker": MARK,
            },
            Attack.OWN_FORMER_PROCESS: {
                "place": PLACE,
                "say": "read",
                "word": his["proxy"],
                "answer": "daemon-read",
                "marker": key,
            },
        },
        "liar": {
            Attack.FORGED_RECORD: {
                "kind": "syslog",
                "line": f"<30>glexec[1]: {MARK}",
                "control": f"<30>harmless: {MARK}",
                "log": f"{PLACE}/log",
            },
            Attack.SUPPRESSED_END: {"kind": "silence", "program": "glexec"},
            Attack.PAYLOAD_CALLS_SWITCH: {**switch, "proxy": ""},
            Attack.BORROWED_PROXY: {**switch, "proxy": key},
        },
        "hog": {Attack.MUCH_MEMORY: {"memory": LITTLE}},
    }
