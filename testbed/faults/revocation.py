"""Faults of revocation lists, on the worker node: that of the authority which the services' certificates are from."""

from dataclasses import dataclass

from testbed.credentials.zoo import Zoo
from testbed.faults.reach import reaches
from testbed.lab.layout import SECURITY
from testbed.lab.world import World

LIMIT = 10.0
_EACH = f"cd {SECURITY}/certificates && for list in *.r0"
_AWAY = f'{_EACH}; do mv "$list" "$list.kept"; done'
_STALE = f'cat >/run/stale; {_EACH}; do mv "$list" "$list.kept"; cp /run/stale "$list"; done; rm /run/stale'
_BACK = (
    f'cd {SECURITY}/certificates && for list in *.r0.kept; do [ ! -e "$list" ] || mv "$list" "${{list%.kept}}"; done'
)


@dataclass(frozen=True, slots=True)
class Revocation:
    """The list is too old, or not there."""

    stale: bool
    seen: str
    """What a client on the node sees that insists on a list: ``tls verify N`` with OpenSSL's number."""

    def inject(self, world: World) -> None:
        """Put another list in its place, signed by the right authority, or none."""
        content = Zoo.of(world.grid).crl("expired") if self.stale else b""
        world.node.run(["sh", "-ec", _STALE if self.stale else _AWAY], stdin=content, limit=LIMIT).check()

    def felt(self, world: World) -> bool:
        """A client that insists on a list refuses every service for just this reason."""
        return all(each == self.seen for each in reaches(world, revocation=True))

    def heal(self, world: World) -> None:
        """Put the good list back."""
        world.node.run(["sh", "-ec", _BACK], limit=LIMIT).check()

    def healed(self, world: World) -> bool:
        """The same client gets through."""
        return all(each == "done" for each in reaches(world, revocation=True))
