"""Policies and who has seen which: a central PAP, the site's own PAP, and the PDP that decides by its copy of both."""

from collections.abc import Callable, Mapping

from testbed.authority.caches import Lifetimes, Timer
from testbed.authority.policy import Policy
from testbed.authority.rulebook import Rulebook
from testbed.model.problem import Problem, nearest

CENTRAL = "central"
LOCAL = "local"
"""Argus calls it ``default``."""
ORDER = (CENTRAL, LOCAL)
"""Who is asked first, as ``pap-admin set-paps-order central default`` sets it."""


class Paps:
    """Two repositories and two copies.

    The site's PAP copies the central PAP's policy at every poll; the PDP copies what the site's PAP has, its own policy
    and that copy, when its retention interval is over. A change is seen when the copies have been made in this order.
    """

    def __init__(self, policies: Mapping[str, Policy], lifetimes: Lifetimes, now: float) -> None:
        self._start = {name: policies.get(name, Policy()) for name in ORDER}
        self._now: dict[str, Policy] = {}
        self._polled = Policy()
        self._retrieved = (Policy(), Policy())
        self._seen = Rulebook(())
        self.reset(lifetimes, now)

    @property
    def policies(self) -> Mapping[str, Policy]:
        """What the PAPs hold, seen or not."""
        return self._now

    def change(self, name: str, change: Callable[[Policy], Policy], now: float) -> None:
        """Makes another policy of the one that a PAP has. What was due before still sees the old one."""
        if name not in ORDER:
            meant = nearest(name, ORDER)
            raise Problem(
                "no such PAP", found=name, expected=f"one of {', '.join(ORDER)}", remedy=f"say {meant or LOCAL}"
            )
        self._settle(now)
        self._now[name] = change(self._now[name])
        self.direct = Rulebook([self._now[alias] for alias in ORDER])

    def seen(self, now: float) -> Rulebook:
        """The PDP's rules."""
        self._settle(now)
        return self._seen

    def refresh(self, now: float) -> None:
        """The site's PAP looks at the central one now (``pap-admin refresh-cache``)."""
        self._settle(now)
        self._poll()

    def reload(self, now: float) -> None:
        """The PDP asks the site's PAP now (``pdpctl reloadPolicy``)."""
        self._settle(now)
        self._retrieve()

    def set_lifetimes(self, lifetimes: Lifetimes, now: float) -> None:
        """Other intervals, counted from now."""
        self._settle(now)
        self._polls, self._retrievals = Timer(lifetimes.pap_poll, now), Timer(lifetimes.pdp_retention, now)

    def reset(self, lifetimes: Lifetimes, now: float) -> None:
        """The policies of the start, known to all."""
        self._now = dict(self._start)
        self._polls, self._retrievals = Timer(lifetimes.pap_poll, now), Timer(lifetimes.pdp_retention, now)
        self._poll()
        self._retrieve()
        self.direct = self._seen
        """The rules as they are now, for services that keep no copies."""

    def _settle(self, now: float) -> None:
        """Does what has come due since the last look. No policy has changed in between: `change` settles first."""
        poll, retrieve = self._polls.due <= now, self._retrievals.due <= now
        before = poll and retrieve and self._polls.due <= self._retrievals.last(now)
        if before:
            self._poll()
        if retrieve:
            self._retrieve()
            self._retrievals.advance(now)
        if poll:
            self._poll()
            self._polls.advance(now)

    def _poll(self) -> None:
        self._polled = self._now[CENTRAL]

    def _retrieve(self) -> None:
        policies = (self._polled, self._now[LOCAL])
        if policies != self._retrieved:
            self._retrieved = policies
            self._seen = Rulebook(policies)
