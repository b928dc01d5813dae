"""A payload that a careless pilot starts looks for what it was handed without being meant to have it."""

from collections.abc import Mapping
from secrets import token_hex

from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.pilot.desk import Desk
from testbed.pilot.probes import probe
from testbed.pilot.raid import Raid, raid_of
from testbed.pilot.stages.beside import THIEF
from testbed.pilot.stages.bystander import PYTHON
from testbed.pilot.stages.targets import key_of


def of_launch(key: str, secret: str) -> dict[Attack, Mapping[str, str]]:
    """What a payload looks for: a line of a key behind a descriptor, a secret in its environment, keys anywhere."""
    return {
        Attack.INHERITED_DESCRIPTOR: {"kind": "own-descriptors", "marker": key},
        Attack.INHERITED_ENVIRONMENT: {"kind": "own-environment", "marker": secret},
        Attack.FOREIGN_KEY: {"kind": "search", "marker": "PRIVATE KEY-----"},
    }


def launch(desk: Desk, measure: Measure | None = None) -> Raid:
    """Send a careless pilot, or with the measure a usual one, and let its payload look around."""
    secret = f"pilots-secret-{token_hex(8)}"
    told = of_launch(key_of(desk.world.grid, "pilot"), secret)
    careless = "" if measure is Measure.CAREFUL_PILOT else secret
    return raid_of(desk.end_of(*desk.send(PYTHON, "alice", probe("thief", *THIEF, told=told), careless=careless)))
