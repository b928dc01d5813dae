"""The VO: gives payloads and new proxies, and is told what became of them."""

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .connection import Connection
from .log import log
from .orders import Orders
from .payload import Payload
from .problems import VoProblem
from .report import BEAT, Report
from .this_node import memory

LAST_WORD_LIMIT = 10.0
"""Seconds for which a payload's end is said again to a VO whose disk is full."""
LATEST = 1e12
"""Seconds since 1970 that no proxy lasts."""
RENEWED_AFTER = 2 / 3
"""Of the time that the pilot's own proxy lasts: then it asks for a new one, and again while it gets none."""
RENEW_PAUSE = 1.0
REQUESTS = 1_000_000
"""Numbers of requests that each worker of a pilot has for itself."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the VO answers to a report: whether to end the payload, and until when its user's proxy lasts by now."""

    stop: bool
    until: float


class Vo:
    """The VO, as this pilot asks it and tells it."""

    def __init__(
        self, orders: Orders, proxy: Path, worker: int = 0, bring: Callable[[str], None] = lambda proxy: None
    ) -> None:
        """``bring`` is told each new proxy of the pilot's own, once it can be used."""
        self._orders = orders
        self._bring = bring
        self._own_ends = time.monotonic() + orders.proxy_seconds
        self._renew_at = time.monotonic() + orders.proxy_seconds * RENEWED_AFTER
        self._asked = worker * REQUESTS
        self._connection = Connection(orders, proxy)

    def next(self, left: float, only: list[dict[str, Any]] | None) -> Payload | None:
        """The next payload that fits a pilot with ``left`` seconds to go, or nothing; ``only`` says whose it may be.

        The number of the request tells the VO that one is the same when it comes twice: it then gives the same payload.
        """
        self._asked += 1
        offer = {"mode": self._orders.mode, "memory": memory(), "seconds": max(left, 0.0)}
        if only is not None:
            offer["only"] = only
        asked = {"pilot": self._orders.pilot, "request": str(self._asked), "offer": offer}
        answer = self._post("/next", asked)
        if "payload" not in answer:
            raise VoProblem(f"no payload, and no word that there is none: {str(answer)[:500]}")
        return None if answer["payload"] is None else Payload.parse(answer["payload"])

    def tell(self, report: Report, until: float = math.inf) -> Told:
        """Report. What the VO cannot use is noted in the pilot's log. Raises `Late` when it gives no answer by then."""
        answer = self._post("/reports", report.json(), until)
        if "problem" in answer:
            log(f"{report.payload}: the VO refused the report: {str(answer['problem'])[:500]}")
        until = answer.get("proxy_until", 0.0)
        return Told(bool(answer.get("stop")), until if isinstance(until, int | float) and abs(until) < LATEST else 0.0)

    def tell_end(self, report: Report) -> None:
        """The last report, which no other makes up for: said again for a while to a VO that cannot keep it now."""
        until = time.monotonic() + LAST_WORD_LIMIT
        self.tell(report)
        while self._connection.full and time.monotonic() < until:
            time.sleep(BEAT)
            self.tell(report)

    def renew(self, payload: str, until: float = math.inf) -> str:
        """The proxy of a payload's user as the VO has it now. Raises `VoProblem`."""
        answer = self._post(f"/payloads/{payload}/proxy", {"pilot": self._orders.pilot}, until)
        proxy = answer.get("proxy")
        if not isinstance(proxy, str):
            raise VoProblem(f"no proxy of {payload}'s user: {str(answer.get('problem'))[:500]}")
        return proxy

    def _renew_own(self, until: float) -> None:
        """Have a new proxy of the pilot's own before the old one ends, and show that from now on.

        Where the VO gives none that can be used, the old one serves on, and it is asked again.
        """
        now = time.monotonic()
        self._renew_at = now + max(RENEW_PAUSE, (self._own_ends - now) / 4)
        answer = self._post(f"/pilots/{self._orders.pilot}/proxy", {}, until)
        proxy, lasts = answer.get("proxy"), answer.get("seconds")
        try:
            if not isinstance(proxy, str) or not isinstance(lasts, int | float) or not 0 < lasts < LATEST:
                raise ValueError(f"the VO gives none: {str(answer.get('problem'))[:500]}")
            with in_memory(proxy) as place:
                context = self._connection.showing(place)
            self._bring(proxy)
        except (OSError, ValueError) as error:
            log(f"no new proxy of the pilot's own: {error}")
            return
        self._connection.show(context)
        now = time.monotonic()
        self._own_ends, self._renew_at = now + lasts, now + max(RENEW_PAUSE, lasts * RENEWED_AFTER)
        log(f"a new proxy of the pilot's own, for {lasts:.0f} s")

    def ban(self, payload: str) -> str:
        """In words, that the VO has banned a payload's owner; empty where it says that it has not.

        Raises `VoProblem` where it says neither.
        """
        answer = self._post(f"/payloads/{payload}/ban", {"pilot": self._orders.pilot})
        banned = answer.get("banned")
        if not isinstance(banned, bool):
            raise VoProblem(f"no word whether {payload}'s owner is banned: {str(answer.get('problem'))[:500]}")
        return f"its owner is {str(answer.get('why') or 'banned by the VO')[:500]}" if banned else ""

    def _post(self, path: str, body: Mapping[str, Any], until: float = math.inf) -> Mapping[str, Any]:
        """Ask, with a proxy that still lasts. Raises `Late` at ``until``."""
        if time.monotonic() >= self._renew_at:
            self._renew_own(until)
        return self._connection.post(path, body, until)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextlib.contextmanager
def in_memory(text: str) -> Iterator[Path]:
    """A path to a text that lies in no file system, for as long as it is needed; other accounts cannot open it."""
    place = os.memfd_create("proxy")
    try:
        os.fchmod(place, 0o600)
        os.write(place, text.encode())
        yield Path(f"/proc/self/fd/{place}")
    finally:
        os.close(place)
