"""Faults of the switch's configuration."""

from dataclasses import dataclass

from testbed.lab.host import Host

LIMIT = 5.0


@dataclass(frozen=True, slots=True)
class NoConfig:
    """glexec.conf is missing: it lies beside its place under another name until the fault is healed."""

    path: str = "/etc/glexec.conf"

    @property
    def _aside(self) -> str:
        return f"{self.path}.taken-away"

    def inject(self, node: Host) -> None:
        """Take the file away, keeping owner, mode and times."""
        node.run(["mv", self.path, self._aside], limit=LIMIT).check()

    def felt(self, node: Host) -> bool:
        """The switch itself says 202 to whoever calls it."""
        call = ["/usr/sbin/glexec", "/usr/bin/true"]
        return node.run(call, user="pilot01", limit=LIMIT).code == 202

    def heal(self, node: Host) -> None:
        """Put the file back."""
        node.run(["mv", self._aside, self.path], limit=LIMIT).check()

    def healed(self, node: Host) -> bool:
        """The switch reads its configuration again: it complains of the missing credential, not of itself."""
        call = ["/usr/sbin/glexec", "/usr/bin/true"]
        return node.run(call, user="pilot01", limit=LIMIT).code == 201
