"""Real clients against a real switch: their calls are made, and what they decide is done."""

from testbed.pilot.replay.client import Client, clients
from testbed.pilot.replay.ground import Ground
from testbed.pilot.replay.replay import replayed

__all__ = ["Client", "Ground", "clients", "replayed"]
