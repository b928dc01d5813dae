"""What the pilot was sent with."""

import json
import math
import socket
from dataclasses import dataclass
from pathlib import Path

from .answers import Answers
from .modes import MODES
from .problems import OrdersProblem

SWITCH = "/usr/sbin/glexec"
SITE_LOG = "/dev/log"
CALL_LIMIT = 10.0
"""Seconds for a call of the switch beside the payload's: the canary, a new proxy, a signal."""
LONGEST_LIMIT = 7 * 24 * 3600.0
MOST_SLOTS = 16
"""Payloads that one pilot has at once, as testbed/pilot/plan.py has it."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the pilot was sent with."""

    pilot: str
    host: str
    address: str
    port: int
    ca: str
    proxy: str
    mode: str
    answers: "Answers"
    start_limit: float
    limit: float
    retries: int
    retry_delay: float
    switch: str
    site_log: str
    notes: Path
    call_limit: float
    slots: int = 1
    proxy_seconds: float = math.inf
    adopts: bool = True
    container: str = "{}"
    careless: str = ""

    @classmethod
    def parse(cls, text: bytes) -> "Orders":
        """The orders from the factory."""
        try:
            data = json.loads(text)
            orders = cls(
                pilot=str(data["pilot"]),
                host=str(data["vo"]["name"]),
                address=str(data["vo"]["address"]),
                port=int(data["vo"]["port"]),
                ca=str(data["ca"]),
                proxy=str(data["proxy"]),
                mode=str(data["mode"]),
                answers=Answers.parse(data),
                start_limit=float(data["start_limit"]),
                limit=float(data["limit"]),
                retries=int(data["retries"]),
                retry_delay=float(data["retry_delay"]),
                switch=str(data.get("switch", SWITCH)),
                site_log=str(data.get("site_log", SITE_LOG)),
                call_limit=float(data.get("call_limit", CALL_LIMIT)),
                notes=Path(data.get("notes") or Path.home() / f".pilot-{socket.gethostname()}.json"),
                slots=int(data.get("slots", 1)),
                proxy_seconds=float(data.get("proxy_seconds", math.inf)),
                adopts=bool(data.get("adopts", True)),
                container=json.dumps(data.get("container") or {}),
                careless=str(data.get("careless", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            raise OrdersProblem(f"the orders cannot be read: {type(error).__name__} {error}") from None
        if orders.mode not in MODES:
            raise OrdersProblem(f"unknown mode: {orders.mode}")
        if not 1 <= orders.slots <= MOST_SLOTS:
            raise OrdersProblem(f"{orders.slots} payloads at once: from 1 to {MOST_SLOTS}")
        spans = {name: getattr(orders, name) for name in ("limit", "start_limit", "call_limit")}
        for name, span in spans.items():
            if not 0 < span <= LONGEST_LIMIT:  # nor NaN, which nothing is below or above
                raise OrdersProblem(f"{name} of {span} s: above 0, {LONGEST_LIMIT:g} at most")
        if not (0 <= orders.retry_delay <= LONGEST_LIMIT and orders.retries >= 0):
            raise OrdersProblem(f"{orders.retries} retries, after {orders.retry_delay} s: from 0 on")
        return orders
