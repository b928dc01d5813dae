"""Faults of the switch's configuration."""

from dataclasses import dataclass

from testbed.lab.world import World

LIMIT = 5.0
_CALL = ("/usr/sbin/glexec", "/usr/bin/true")


@dataclass(frozen=True, slots=True)
class NoConfig:
    """glexec.conf is missing: it lies beside its place under another name until the fault is healed."""

    path: str = "/etc/glexec.conf"

    @property
    def _aside(self) -> str:
        return f"{self.path}.taken-away"

    def inject(self, world: World) -> None:
        """Take the file away, keeping owner, mode and times."""
        world.node.run(["mv", self.path, self._aside], limit=LIMIT).check()

    def felt(self, world: World) -> bool:
        """The switch itself says 202 to whoever calls it."""
        return world.node.run(_CALL, user="pilot01", limit=LIMIT).code == 202

    def heal(self, world: World) -> None:
        """Put the file back, if it was taken."""
        back = '[ ! -e "$1" ] || mv "$1" "$2"'
        world.node.run(["sh", "-c", back, "sh", self._aside, self.path], limit=LIMIT).check()

    def healed(self, world: World) -> bool:
        """The switch reads its configuration again: it complains of the missing credential, not of itself."""
        return world.node.run(_CALL, user="pilot01", limit=LIMIT).code == 201
