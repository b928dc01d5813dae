"""One payload's run through one machine, or another where that did not come up."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .facts import facts_of_file, key
from .failure import BEFORE, CONSOLE, OVER, PERHAPS, STARTED, WORDS, Failure, Trouble
from .guest import Guest
from .machine import BOOT_LIMIT, BOOTED, Beginning, Kind
from .network import own_ports
from .output import pass_on
from .payload import LARGEST_PROXY, Payload, read_file
from .request import frame, request
from .result import LARGEST_OUTPUTS, TOLD_LIMIT, understood
from .saved import Unusable
from .shelf import Shelf
from .time_limit import Expired, arm, disarm, seconds_since

RESTORE_LIMIT = 20.0
"""As `BOOT_LIMIT`, for one that goes on from a saved state; seen: 0.1 to 0.4, and 1.3 where much else runs."""
BOOTS = 2
TICK = 1.0
"""Seconds between two looks at whether the payload's proxy is a new one."""


class Run:
    """One payload through one or two machines, or three: another only when one did not come up."""

    def __init__(
        self,
        payload: Payload,
        kind: Kind,
        limit: float,
        *,
        cold: bool = False,
        proxy: Path | None = None,
        whose: int | None = None,
    ):
        self.payload, self.kind, self.limit, self.cold = payload, kind, limit, cold
        self.reached = BEFORE
        self.console, self.files = b"", b""
        self.facts: dict[str, Any] = {"accelerator": kind.accelerator}
        self.begun: Callable[[Mapping[str, Any]], None] = lambda known: None
        """Called with what is known before the payload may have started."""
        self._proxy, self._whose = proxy, whose
        self._seen = self._look()
        self._ports: tuple[int, int] | None = None
        self._started = time.monotonic()
        self._boots = 0
        self._troubles: list[str] = []

    def result(self, boot_limit: float = BOOT_LIMIT, boots: int = BOOTS) -> dict[str, Any]:
        """How the payload ended, its output passed on while it ran."""
        with own_ports(self.kind.network) as self._ports:
            if self._ports:
                self.facts["source_ports"] = list(self._ports)
            return self._result(boot_limit, boots)

    def _result(self, boot_limit: float, boots: int) -> dict[str, Any]:
        trouble = None if self.cold else self._from_saved()
        if isinstance(trouble, dict):
            return trouble
        last: Trouble | None = None
        while self._boots < boots:
            self._boots += 1
            outcome = self._through(BOOTED, "booted", boot_limit)
            if isinstance(outcome, dict):
                return outcome
            last = outcome
            self.kind = replace(self.kind, accelerator="tcg")
        assert last
        word = last.word if last.word == "out-of-memory" else "no-boot"
        raise Failure(word, f"no guest came up: boot {self._boots} of {boots} {last.cause}", CONSOLE)

    def _from_saved(self) -> dict[str, Any] | Trouble:
        """The result of a private copy of the saved machine; or why there is none."""
        try:
            with Shelf.opened() as shelf, shelf.machine(self.kind, self._left()) as saved:
                self.facts["saved"] = saved.how
                outcome = self._through(saved.beginning(self.kind), "restored", RESTORE_LIMIT)
                if isinstance(outcome, Trouble):
                    shelf.discard(f"machine-{key(self.kind)}")
                return outcome
        except Unusable as reason:
            self.facts["saved"] = f"none: {reason}"
            self._boots += reason.boots
            return Trouble("no-boot", str(reason))

    def _through(self, beginning: Beginning, start: str, limit: float) -> dict[str, Any] | Trouble:
        """The payload's result from one machine; or why that machine did not come up."""
        self.facts |= {"accelerator": self.kind.accelerator, "start": start, "boots": self._boots}
        guest = Guest(self.kind, beginning, self._ports, self._whose)
        began = time.monotonic()
        try:
            pieces = guest.pieces(TICK)
            if trouble := self._up(guest, pieces, min(limit, self._left())):
                self._troubles.append(f"{start}: {trouble.cause}")
                self.facts["troubles"] = self._troubles
                return trouble
            self.facts["boot_seconds"] = seconds_since(began)
            return self._relayed(guest, pieces) | self.facts | {"seconds": seconds_since(self._started)}
        finally:
            disarm()
            guest.end()
            self.console += bytes(guest.console)

    def _up(self, guest: Guest, pieces: Iterator[tuple[str, bytes]], limit: float) -> Trouble | None:
        """Bring everything in. Nothing of the payload has run then, so that another machine may be tried."""
        try:
            arm(limit)
            guest.ask(request(self.payload))
            for name, data in pieces:
                if (name, data) == ("said", b"have 1"):
                    return None
                if name == "qmp" and b'"error"' in data:
                    return Trouble("vm-lost", f"QEMU refused: {data.decode(errors='replace')[:200]}")
            found = guest.trouble()
            return replace(found, cause=f"ended early: {found.cause}; it said at last: {guest.last_line()}")
        except Expired:
            self._left()
            return Trouble(
                "no-boot", f"did not reach user land within {limit:.3g} s; said at last: {guest.last_line()}"
            )

    def _relayed(self, guest: Guest, pieces: Iterator[tuple[str, bytes]]) -> dict[str, Any]:
        told: list[bytes] = []
        files = bytearray()
        counts = {"out": 0, "err": 0}
        result: dict[str, Any] | None = None
        self.reached = PERHAPS
        self.begun({"payload": PERHAPS, **self.facts})
        guest.ask(frame("go", str(time.time_ns()).encode()))
        try:
            arm(self._left())
            for name, data in pieces:
                if name in counts:
                    counts[name] += len(data)
                    pass_on(1 if name == "out" else 2, data)
                elif name == "files":
                    files += data[: LARGEST_OUTPUTS + 1 - len(files)]
                elif name == "said" and data == b"end 1":
                    result = understood(told)
                elif name == "said" and not self._heard(data):
                    told = [*told, data][:TOLD_LIMIT]
                elif name == "tick":
                    self._renew(guest)
                if result and (counts, len(files)) == (result["bytes"], result["files"]):
                    self.reached, self.files = OVER, bytes(files)
                    return result
            found = guest.trouble()
        except Expired:
            self._left()
            raise
        raise Failure(found.word, found.cause, CONSOLE if found.word != "out-of-memory" else "give it --memory MB")

    def _heard(self, line: bytes) -> bool:
        """Whether a line is about the payload's way, and not about its end."""
        word, _, value = line.decode(errors="replace").partition(" ")
        if word == "started":
            self.reached = STARTED
            self.facts["start_seconds"] = seconds_since(self._started)
        elif word == "renewed":
            self.facts["renewals"] = self.facts.get("renewals", 0) + (value == "1")
        elif word == "refused":
            self.reached = BEFORE
            kind, _, code = value.partition(" ")
            word = kind if kind in ("disk-full", "user-data", "no-network") else "sandbox"
            raise Failure(word, f"{WORDS[word]}, so the payload was not started ({code})", CONSOLE)
        else:
            return False
        return True

    def _look(self) -> list[int] | None:
        with contextlib.suppress(OSError):
            return facts_of_file(self._proxy.stat()) if self._proxy else None
        return None

    def _renew(self, guest: Guest) -> None:
        """Bring the payload a proxy that has taken the place of its old one."""
        if self.reached != STARTED or (seen := self._look()) in (None, self._seen):
            return
        self._seen = seen
        with contextlib.suppress(Failure):  # it is being written, or is none that could go in
            assert self._proxy
            guest.ask(frame("proxy", read_file(self._proxy, LARGEST_PROXY, "proxy")))

    def _left(self) -> float:
        left = self._started + self.limit - time.monotonic()
        if left <= 0:
            ended = "end" if self.reached != BEFORE else "start"
            cause = f"the payload did not {ended} within {self.limit:g} s"
            raise Failure("time-limit", cause, "give it longer with --limit SECONDS")
        return left
