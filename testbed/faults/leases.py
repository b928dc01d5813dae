"""Faults of the leases: which account of a pool is whose, by hard links in the gridmapdir."""

import re
from dataclasses import dataclass

from testbed.faults.on_node import KEPT, LIMIT
from testbed.lab.result import Result
from testbed.lab.world import World

GRIDMAPDIR = "/etc/grid-security/gridmapdir"
_EXHAUST = f"""\
cd "$1"
rm -f ./%*
for account in "$2"[0-9]*; do ln "$account" "%{KEPT}-$account"; done
"""
_FREE = 'cd "$1"; [ -n "$(find . -name "$2[0-9]*" -links 1)" ]'
_NONE_FREE = 'cd "$1"; [ -n "$(find . -name "$2[0-9]*")" ]; [ -z "$(find . -name "$2[0-9]*" -links 1)" ]'
_TWIST = f"""\
cd "$1"
rm -f ./%*
account=$(ls -d "$2"[0-9]* | head -n 1)
ln "$account" "$3"
ln "$account" "%{KEPT}-$account"
"""
_MEND = f'cd "$1" && rm -f "./%{KEPT}"-* "./$3"'


@dataclass(frozen=True, slots=True)
class Leases:
    """All accounts of Alice's pool are others', or her own lease is linked to once more than it may be."""

    exhausted: bool

    def inject(self, world: World) -> None:
        """Link, after all leases were given back."""
        self._shell(world, "-ec", _EXHAUST if self.exhausted else _TWIST).check()

    def felt(self, world: World) -> bool:
        """There are accounts, and none is free; or hers has three names."""
        if self.exhausted:
            return self._shell(world, "-ec", _NONE_FREE).code == 0
        return self._shell(world, "-ec", 'cd "$1"; [ "$(stat -c %h "./$3")" -gt 2 ]').code == 0

    def heal(self, world: World) -> None:
        """Take the links away."""
        self._shell(world, "-c", _MEND).check()

    def healed(self, world: World) -> bool:
        """There is a free account."""
        return self._shell(world, "-ec", _FREE).code == 0 and not self.felt(world)

    def _shell(self, world: World, how: str, script: str) -> Result:
        alice = world.grid.bearer("alice")
        mapped = world.site.pool_of(alice.fqans, alice.dn)
        pools = [pool.prefix for pool in world.site.pools if pool.prefix == mapped or pool.vo == alice.vo]
        pool = mapped if mapped in pools else pools[0]  # a log-only site may map nobody to any
        words = ["sh", how, script, "sh", GRIDMAPDIR, pool, f"{encoded(alice.dn)}:{pool}"]
        return world.node.run(words, limit=LIMIT)


def encoded(dn: str) -> str:
    """A subject as the name of a lease: LCMAPS makes all but letters and digits ``%xx``, and all letters small."""
    return re.sub(r"[^a-z0-9]", lambda found: f"%{ord(found[0]):02x}", dn.lower())
