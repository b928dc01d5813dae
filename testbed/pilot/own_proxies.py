"""The proxy of a pilot itself: made for it alone, made anew before it ends, and known again when the pilot asks."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from testbed.model.problem import Problem
from testbed.pilot.order import Order
from testbed.pilot.proxies import Kept, Proxies
from testbed.pilot.visitor import Forbidden, Visitor, print_of

MOST = 200
"""Proxies of one pilot that last at a time. Each of its 16 workers renews at two thirds, and again where no answer
came; making them costs the VO time, which a pilot that asks and asks would take from everybody."""


@dataclass(frozen=True, slots=True)
class Given:
    """A proxy on its way to a pilot."""

    pem: str
    seconds: float
    """How long it lasts from now on: a node's clock may be wrong."""


class OwnProxies:
    """Gives each pilot its proxy. Used from the event loop only.

    With a time in its order a pilot gets one of its own, signed by the VO's; else the VO's, as it was handed in last;
    a single-user pilot its user's. What a pilot was given is remembered for as long as it lasts, or the pilot is out.
    """

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._given: dict[str, dict[str, float]] = {}

    def give(self, pilot: str, order: Order, owner: str = "") -> Given:
        """The proxy that a pilot is to have from now on. Raises `Problem`."""
        kept = self._proxies.get(owner) if owner else self._proxies.robot
        if order.proxy and not owner:
            now = time.time()
            before = {seen: until for seen, until in self._given.get(pilot, {}).items() if until > now}
            if len(before) >= MOST:
                raise Problem("this pilot has too many proxies", where=pilot, expected=f"{MOST} that last, at most")
            kept = lasting(kept, order.proxy)
            self._given[pilot] = {**before, print_of(kept.chain): kept.until}
        return Given(kept.pem, kept.until - time.time())

    def made(self, chain: Sequence[bytes]) -> bool:
        """Whether a chain begins with a proxy for one pilot alone: it is the VO's own that has signed it."""
        return any(one in self._proxies.robots for one in chain[1:])

    def check(self, visitor: Visitor, pilot: str, ended: Callable[[], bool]) -> None:
        """Raises `Forbidden` for who speaks as a pilot that has a proxy of its own, with another one, or with such a
        proxy as another pilot. Whose one was is forgotten when that has ended: it may still say how."""
        given = self._given.get(pilot)
        if given is not None and visitor.shows not in given:
            raise Forbidden("this pilot has a proxy of its own", where=pilot, expected="that one")
        if given is None and visitor.bound and not ended():
            raise Forbidden("this proxy was made for another pilot", where=pilot)

    def forget(self, pilot: str) -> None:
        """It has ended."""
        self._given.pop(pilot, None)


def lasting(kept: Kept, seconds: float) -> Kept:
    """A proxy of a kept one with a key of its own, for so many seconds, and no longer than that lasts itself.

    Its attributes are those of the kept one, which stands in its chain.
    """
    # It takes longer to load than a VO takes to be ready.
    from testbed.credentials.certificate import Identity, Validity
    from testbed.credentials.proxy import Proxy, make_proxy

    try:
        key = load_pem_private_key(kept.pem.encode(), None)
        first, *others = (x509.load_der_x509_certificate(one) for one in kept.chain)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError("a key of another kind")
        ends = min(datetime.now(UTC) + timedelta(seconds=seconds), first.not_valid_after_utc)
        validity = Validity(first.not_valid_before_utc, ends.replace(microsecond=0))
        made = make_proxy(Proxy(Identity(first, key), tuple(others)), validity=validity)
        return Kept.parse(made.pem.decode())
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
        raise Problem("no proxy can be made of the VO's own", found=kept.dn, cause=str(error)[:200]) from None
