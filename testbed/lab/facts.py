"""A host of ours as testinfra sees one, so that preflight scenarios read as site admins know them."""

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host as Facts

from testbed.lab.host import Host
from testbed.model.problem import Problem

__all__ = ["Facts", "facts"]

LIMIT = 10.0
"""Seconds for one look."""


class _Backend(BaseBackend):
    """Runs what testinfra asks on the connection that is open already."""

    NAME = "testbed"

    def __init__(self, host: Host) -> None:
        super().__init__(host.name)
        self._on = host

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """Run one command line as root."""
        line = self.get_command(command, *args)
        result = self._on.run(["sh", "-c", line], limit=LIMIT)
        if result.code is None:
            raise Problem("a look at the worker node gave no answer", where=line, found=result.ending)
        return self.result(result.code, line.encode(), result.out, result.err)


def facts(host: Host) -> Facts:
    """The host's files, users, processes and packages: ``facts(node).file("/etc/glexec.conf").mode``."""
    return Facts(_Backend(host))
