"""What is broken on purpose just now: one fault, how exactly, and how often it still happens."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from testbed.model.fault import Fault
from testbed.model.problem import Problem, nearest


class Stage(StrEnum):
    """Where in a connection's life a fault bites."""

    DOOR = "door"
    """Before anybody is let in."""
    CONNECTION = "connection"
    """Before the handshake."""
    TLS = "tls"
    """In the handshake; ports without one are not touched."""
    GATE = "gate"
    """When a request comes in."""
    ANSWER = "answer"
    """In what the response says: a twist of its face."""
    RESPONSE = "response"
    """In the HTTP response as a whole, or on its way."""


STAGES: Mapping[Fault, Stage] = {
    fault: stage
    for stage, words in {
        Stage.DOOR: "refused hang-before-accept",
        Stage.CONNECTION: "hang-after-accept",
        Stage.TLS: "hang-in-tls tls-expired tls-not-yet-valid tls-wrong-name tls-unknown-ca tls-self-signed "
        "tls-old-protocol tls-client-refused",
        Stage.GATE: "queue-full",
        Stage.ANSWER: "indeterminate not-applicable deny service-pool-exhausted "
        "account-unknown account-root account-minus-one account-overflow account-shortened secondary-group-unknown "
        "wrong-class decision-as-text decision-out-of-range status-null no-obligation raw-obligation "
        "unknown-obligation duplicate-obligation obligations-under-deny saml-failure no-xsi-type two-assertions "
        "entity-bomb cyrillic-echo arabic-echo",
        Stage.RESPONSE: "hang-in-body dribble reset half-close status-204 status-302 status-401 status-404 status-500 "
        "status-503 empty html truncated oversized",
    }.items()
    for fault in map(Fault, words.split())
}
"""Every fault that stands in the service. `Fault.FLAKY` is any of these that pass, for some times."""


@dataclass(frozen=True, slots=True)
class Breakage:
    """A fault with its parameters, as ``PUT /fault`` has them."""

    fault: Fault = Fault.NONE
    seconds: float | None = None
    """dribble: between two bytes (1). hang-after-accept, hang-in-body: after which it goes on (never)."""
    times: int | None = None
    """How many connections or requests it happens to, then no more; None: all. flaky: 1."""
    at: int | None = None
    """truncated: bytes of the answer, of what base64 decodes to where it is base64 (half)."""
    bytes: int | None = None
    """truncated, reset, half-close, hang-in-body: bytes of the body that are sent (half)."""
    how: Fault = Fault.STATUS_500
    """flaky: the way in which it fails."""
    below: bool = True
    """half-close: whether the TCP connection is ended below TLS, or TLS says good-bye first."""

    @property
    def effect(self) -> Fault:
        """What happens: of flaky, the way in which it fails."""
        return self.how if self.fault is Fault.FLAKY else self.fault

    @property
    def stage(self) -> Stage | None:
        """Where it bites; None where nothing is broken."""
        return STAGES.get(self.effect)

    def data(self) -> dict[str, object]:
        """As ``GET /fault`` tells it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def parse(cls, data: object) -> "Breakage":
        """A breakage from JSON. Raises `Problem`."""
        if not isinstance(data, dict):
            raise Problem("a fault is a JSON object", found=repr(data)[:80], expected='{"fault": "status-503"}')
        known = {one.name for one in fields(cls)}
        for key in data:
            if key not in known:
                raise Problem("a fault has no such parameter", found=str(key)[:80], expected=", ".join(sorted(known)))
        broken = cls(fault=_word(data.get("fault")), how=_word(data.get("how", Fault.STATUS_500)))
        for key, kinds in {"seconds": (int, float), "times": (int,), "at": (int,), "bytes": (int,)}.items():
            value: Any = data.get(key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < 1e9):
                raise Problem("a parameter of another kind", where=key, found=repr(value)[:80], expected="a number")
            parameters: dict[str, Any] = {key: value}
            broken = replace(broken, **parameters)
        if not isinstance(data.get("below", True), bool):
            raise Problem("a parameter of another kind", where="below", expected="true or false")
        broken = replace(broken, below=data.get("below", True))
        if broken.how in (Fault.FLAKY, Fault.NONE):
            raise Problem("this is no way to fail", where="how", found=broken.how, expected="one of the other faults")
        if broken.fault is Fault.FLAKY and broken.times is None:
            broken = replace(broken, times=1)
        if broken.times is not None and broken.stage in (Stage.DOOR, Stage.GATE):
            raise Problem("nobody can count how often this happens", found=broken.effect, remedy='leave "times" out')
        return broken


def _word(word: object) -> Fault:
    words = [*STAGES, Fault.FLAKY, Fault.NONE]
    if word in words:
        return Fault(str(word))
    if word in list(Fault):
        raise Problem(
            "this fault does not stand in the service", found=str(word), remedy="break it at the node or in its network"
        )
    near = nearest(str(word)[:80], words)
    raise Problem(
        "no such fault", found=str(word)[:80], expected="see testbed.model.fault", remedy=f"say {near}" if near else ""
    )


class Breaker:
    """Holds the breakage of this moment, and counts."""

    def __init__(self) -> None:
        self.now = Breakage()
        self._left: int | None = None

    def put(self, breakage: Breakage) -> None:
        """From now on this is broken, and nothing else."""
        self.now = breakage
        self._left = breakage.times

    def take(self, *stages: Stage) -> Breakage | None:
        """What has to happen to a connection or request that comes to one of these stages; counts it."""
        if self.now.stage not in stages or self._left == 0:
            return None
        if self._left is not None:
            self._left -= 1
        return self.now

    def data(self) -> dict[str, object]:
        """As ``GET /fault`` tells it."""
        return {**self.now.data(), "left": self._left}
