"""A fault of the worker node: four scripts that a shell runs there as root."""

from dataclasses import dataclass

from testbed.lab.world import World

LIMIT = 10.0
KEPT = "broken-on-purpose"
"""What stands in the names of all that a fault has put aside or made."""


@dataclass(frozen=True, slots=True)
class OnNode:
    """``$1`` is the path. `sign` is what is seen while the fault is there, `well` what is seen when it is not."""

    path: str
    break_: str
    sign: str
    mend: str
    well: str

    def inject(self, world: World) -> None:
        """Break it."""
        world.node.run(self._shell("-ec", self.break_), limit=LIMIT).check()

    def felt(self, world: World) -> bool:
        """The sign is there."""
        return world.node.run(self._shell("-ec", self.sign), limit=LIMIT).code == 0

    def heal(self, world: World) -> None:
        """Mend it, as far as it is broken."""
        world.node.run(self._shell("-c", self.mend), limit=LIMIT).check()

    def healed(self, world: World) -> bool:
        """All is well, and the sign is not there."""
        well = world.node.run(self._shell("-ec", self.well), limit=LIMIT).code == 0
        return well and not self.felt(world)

    def _shell(self, how: str, script: str) -> list[str]:
        return ["sh", how, script, "sh", self.path]


@dataclass(frozen=True, slots=True)
class Together:
    """Several faults that are one: broken in this order, mended in the other."""

    parts: tuple[OnNode, ...]

    def inject(self, world: World) -> None:
        """Break each."""
        for part in self.parts:
            part.inject(world)

    def felt(self, world: World) -> bool:
        """All of them are felt."""
        return all(part.felt(world) for part in self.parts)

    def heal(self, world: World) -> None:
        """Mend each."""
        for part in reversed(self.parts):
            part.heal(world)

    def healed(self, world: World) -> bool:
        """None of them is felt, and what was broken first is well: the others may have been made of it."""
        return not any(part.felt(world) for part in self.parts) and self.parts[0].healed(world)


def changed(path: str, change: str, sign: str) -> OnNode:
    """A file or folder is another: put aside with all that it has, its copy changed by a shell, put back."""
    kept = f'"$1.{KEPT}"'
    return OnNode(
        path,
        f'mv "$1" {kept}; cp -a {kept} "$1"; {change}',
        sign,
        f'[ ! -e {kept} ] || {{ rm -rf "$1"; mv {kept} "$1"; }}',
        f'[ -e "$1" ] && [ ! -e {kept} ]',
    )


def gone(path: str) -> OnNode:
    """A file or folder is not there."""
    return changed(path, 'rm -r "$1"', '[ ! -e "$1" ]')


def closed(path: str, mode: str, usual: str) -> OnNode:
    """A file or folder has another mode, and afterwards the ``usual`` one."""
    return OnNode(
        path,
        f'chmod {mode} "$1"',
        f'[ "$(stat -c %a "$1")" = {mode} ]',
        f'chmod {usual} "$1"',
        f'[ "$(stat -c %a "$1")" = {usual} ]',
    )
