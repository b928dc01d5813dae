"""Faults in the service: its control port has it misbehave, a client of our own sees that it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from testbed.faults.client import GLANCES, LIMIT, accounts, sights
from testbed.faults.signs import SIGNS, well
from testbed.lab.authority import AuthorityHost
from testbed.lab.world import World
from testbed.model.fault import Fault


@dataclass(frozen=True, slots=True)
class InService:
    """The service answers wrongly, or not at all, until it is told to be well again.

    Every endpoint does, or the first one only. What is to be silent gets a glance, all else as long as it needs.
    """

    word: Fault
    """At the control port."""
    parameters: Mapping[str, float] = field(default_factory=dict)
    first_only: bool = False
    silent: bool = False

    def _hosts(self, world: World) -> Sequence[AuthorityHost]:
        return world.authorities[:1] if self.first_only else world.authorities

    def inject(self, world: World) -> None:
        """Tell the control port of each."""
        for host in self._hosts(world):
            host.control.break_with(self.word, **self.parameters)

    def felt(self, world: World) -> bool:
        """Each of them gives the sign of the fault, and nobody else does."""
        return any(self._seen(world, limit) for limit in (GLANCES if self.silent else (LIMIT,)))

    def _seen(self, world: World, limit: float) -> bool:
        seen = sights(world, limit)
        broken = len(self._hosts(world))
        return all(SIGNS[self.word](each) for each in seen[:broken]) and all(well(each) for each in seen[broken:])

    def heal(self, world: World) -> None:
        """Tell the control port of each that nothing is broken."""
        for host in self._hosts(world):
            host.control.heal()

    def healed(self, world: World) -> bool:
        """Every one of them permits, with an account."""
        return all(well(each) for each in sights(world))


@dataclass(frozen=True, slots=True)
class Shortened:
    """The service names an account that is the beginning of another: what is left of a name whose end got lost."""

    service: InService = InService(Fault.ACCOUNT_SHORTENED)

    def inject(self, world: World) -> None:
        """Tell the control ports."""
        self.service.inject(world)

    def felt(self, world: World) -> bool:
        """Every service names nobody, but somebody's beginning."""
        pools = world.site.pools
        names = {account.name for pool in pools for account in pool.accounts}
        groups = {pool.group.name for pool in pools}

        def short(word: str) -> bool:
            known = not word or word in names or word in groups or word.isdecimal()
            return not known and any(name.startswith(word) for name in names)

        return all(any(map(short, accounts(each))) for each in sights(world))

    def heal(self, world: World) -> None:
        """Tell them again."""
        self.service.heal(world)

    def healed(self, world: World) -> bool:
        """They permit, and no account is cut."""
        return self.service.healed(world) and not self.felt(world)


@dataclass(frozen=True, slots=True)
class SplitBrain:
    """Two services with leases of their own give one user two accounts, as two that share no gridmapdir do."""

    tries: int = 20
    """How often the second may forget its leases until it has drawn another account than the first."""

    def inject(self, world: World) -> None:
        """Have both lease an account for the user; when they agree, the second one again."""
        for _ in range(self.tries):
            if self.felt(world):
                return
            world.authorities[1].control.reset()

    def felt(self, world: World) -> bool:
        """The two answer with different accounts."""
        first, second = (accounts(each) for each in sights(world)[:2])
        return bool(first and second) and first != second

    def heal(self, world: World) -> None:
        """Neither has leased anything."""
        for host in world.authorities:
            host.control.reset()

    def healed(self, world: World) -> bool:
        """Both permit."""
        return all(well(each) for each in sights(world))
