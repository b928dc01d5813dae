"""Writes what the containers of docker-compose.yml start with: ``python3 -m testbed.lab.prepare NODE=EXAMPLE ...``.

It runs in a container of its own before the others and gives each a volume: ``/out/NODE/tree.tar`` for a worker node
made of the example site (``EXAMPLE+gatekeeper``: one whose gatekeeper the VO may call as well),
``/out/authority/tree.tar`` and so on for the hosts that these sites ask,
``/out/pilot/tree.tar`` for the VO's side, ``/out/driver/grid.tar`` for whoever drives them. A container that is started
again keeps what it wrote; a new container makes a new certificate authority and new keys.
"""

import sys
from pathlib import Path

from testbed.credentials.make import make_grid
from testbed.lab import layout
from testbed.lab.layout import PILOT, label
from testbed.model.entry import tar
from testbed.model.person import cast_for
from testbed.site.load import example

OUT = Path("/out")
DONE = Path("/var/lib/prepared")
WITH_GATEKEEPER = "+gatekeeper"
"""Behind the name of a node's example: the node is a compute element as well, for jobs without multi-user pilots."""


def main(arguments: list[str]) -> None:
    """Write every tree, once in a container's life."""
    if DONE.exists():
        return
    wanted = dict(argument.split("=", 1) for argument in arguments)
    sites = {node: example(name.removesuffix(WITH_GATEKEEPER)) for node, name in wanted.items()}
    vos = list(dict.fromkeys(vo for site in sites.values() for vo in site.vos))
    asked = {host: site for site in sites.values() for host in site.authority_hosts}
    grid = make_grid(cast_for(vos), vos, [*sites, PILOT], services=list(asked))
    for node, site in sites.items():
        gatekeeper = wanted[node].endswith(WITH_GATEKEEPER)
        _write(f"{node}/tree.tar", tar(layout.worker_node(site, grid, node, gatekeeper=gatekeeper)))
    for index, (host, site) in enumerate(asked.items()):
        _write(f"{label(index)}/tree.tar", tar(layout.authority(site, grid, host)))
    _write(f"{PILOT}/tree.tar", tar(layout.pilot(grid, sites)))
    _write("driver/grid.tar", grid.tar())
    DONE.touch()


def _write(name: str, content: bytes) -> None:
    path = OUT / name
    path.touch(mode=0o600)
    path.write_bytes(content)


if __name__ == "__main__":
    main(sys.argv[1:])
