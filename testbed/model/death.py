"""Who is killed, and at which step of a payload's life: the words of the kill suite."""

from enum import StrEnum


class Victim(StrEnum):
    """Who gets SIGKILL."""

    AGENT = "agent"
    """The pilot job."""
    SWITCH = "switch"
    """The glexec that waits for the payload, or for LCMAPS."""
    NODE = "node"
    """The worker node with all that runs on it."""
    AUTHORITY = "authority"
    """The service that the switch asks, at every endpoint."""
    QUEUE = "queue"
    """The VO's process; it is begun anew."""


class Step(StrEnum):
    """Where the payload stands then. Each is reached by waiting for it, and held until the blow has fallen."""

    SENT = "sent"
    """The pilot job is on the node and has asked for nothing."""
    TAKEN = "taken"
    """It has the payload, and calls the switch, which has not begun."""
    DECIDING = "deciding"
    """The switch asks the authority, which says nothing."""
    STARTED = "started"
    """The payload runs; nobody has told the VO."""
    RUNNING = "running"
    """The payload runs, and the VO knows."""
    ENDED = "ended"
    """The payload has ended; nobody has told the VO."""
    CLEANING = "cleaning"
    """The payload has ended, and what it left running is being ended."""
