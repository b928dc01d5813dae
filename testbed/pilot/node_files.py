"""The files of a worker node, above all those that tell the switch what to do: read, and others for a while."""

import re
from contextlib import AbstractContextManager

from testbed.lab.host import Host
from testbed.lab.record import LOG
from testbed.model.problem import Problem
from testbed.pilot.alteration import altered
from testbed.site.extension import extended
from testbed.site.folder import POLICY
from testbed.site.site import Site

CONF = "/etc/glexec.conf"
LIMIT = 20.0
"""Seconds for one call of the switch, or one look at a file; usual is a tenth of one."""


class NodeFiles:
    """What a scenario breaks by hand, inside a ``with``; afterwards it is what it was.

    >>> with switch.configured(linger="no"), switch.altered("/etc/passwd", mode="0600"):
    ...     switch.tries()
    """

    def __init__(self, node: Host, site: Site) -> None:
        self.node = node
        self._site = site

    def read(self, path: str) -> str:
        """The text of a file of the node's."""
        return self.node.run(["cat", path], limit=LIMIT).check().out.decode()

    def altered(
        self, path: str, text: str | bytes | None = None, *, owner: str = "", mode: str = "", script: str = ""
    ) -> AbstractContextManager[None]:
        """A file or folder is another meanwhile: other text, owner or mode, or what a shell makes of it, ``$1``."""
        return altered(self.node, path, text, owner=owner, mode=mode, script=script)

    def without(self, path: str) -> AbstractContextManager[None]:
        """A file or folder of the node is not there meanwhile."""
        return altered(self.node, path, gone=True)

    def configuration(self, text: str | bytes) -> AbstractContextManager[None]:
        """The switch has another glexec.conf meanwhile, with the owner and mode of the real one."""
        return self.altered(CONF, text)

    def configured(self, **options: str) -> AbstractContextManager[None]:
        """The site's glexec.conf has these options otherwise, or besides, meanwhile."""
        kept = [line for line in self.read(CONF).splitlines() if line.partition("=")[0].strip() not in options]
        return self.configuration("\n".join([*kept, *(f"{name} = {value}" for name, value in options.items())]) + "\n")

    def policy(self, *modules: str) -> AbstractContextManager[None]:
        """The site's policies go on with these modules meanwhile, each with its options, where they were content."""
        file = self._site.file(POLICY)
        if file is None:
            raise Problem(f"the site {self._site.name} has no {POLICY} to add {modules[0]} to")
        return self.altered(file.path, extended(file.content, *modules))

    def option(self, name: str) -> str:
        """What the site's glexec.conf says to an option; empty where it does not name it."""
        found = re.search(rf"^\s*{name}\s*=\s*(\S*)", self.read(CONF), re.M)
        return found[1] if found else ""

    def in_policy(self, option: str) -> str:
        """The path that the site's policy gives to an option of a plugin, ``-certdir``; empty where it has none."""
        found = re.search(rf"{option}\s+(/[^\s\"]+)", self.read(self.policy_file))
        return found[1] if found else ""

    @property
    def policy_file(self) -> str:
        """Where the site's LCMAPS policy is."""
        return self.option("lcmaps_db_file") or "/etc/lcmaps/lcmaps-glexec.db"

    def log(self) -> list[str]:
        """The lines of the site's own log."""
        return self.read(LOG).splitlines()
