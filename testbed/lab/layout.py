"""Which files each host of a world starts with: the site's, the test grid's, and what runs on the node."""

import json
from collections.abc import Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from testbed.credentials.grid import Grid
from testbed.credentials.service import CONTROL
from testbed.model.entry import Entry, folder
from testbed.site import service
from testbed.site.site import Site

WORKER_NODE = "worker-node"
PILOT = "pilot"
"""The host names in a world of the testbed's own."""
AUTHORITY = "authority"
"""What a host of the authority is called; its host name is that which the site's lcmaps.db asks for."""
NODE = "/usr/libexec/testbed/node"
"""Where the files of testbed/node lie on a worker node."""
PYTHON = ("/usr/bin/python3", "-I", "-S")
"""What starts a program there: nothing of its account's or environment's has a say in where modules come from."""
GATEKEEPER = (*PYTHON, "-B", f"{NODE}/gatekeeper")
"""What root calls there; it leaves no compiled modules."""
ROOTS_KEYS = "/etc/ssh/authorized_keys.d/root"
"""Who may come to a worker node as root."""
SECURITY = "/etc/grid-security"


def label(index: int) -> str:
    """What the host of an endpoint is called: the first ``authority``, the next ``authority-2``."""
    return AUTHORITY if index == 0 else f"{AUTHORITY}-{index + 1}"


MACHINES_NETWORK = "/usr/lib/testbed/vm/network"
"""Where a worker node says what network virtual machines of payloads have."""


def worker_node(site: Site, grid: Grid, host: str, *, gatekeeper: bool = False) -> list[Entry]:
    """The tree of a worker node called ``host``, with a gatekeeper that the VO may call or without."""
    return [
        *site.tree(),
        *_trust(site, grid),
        *grid.entries(f"hosts/{host}", SECURITY),
        Entry("/etc/ssh/host_key", grid.read(f"ssh/hosts/{host}"), 0o600),
        folder("/etc/ssh/authorized_keys.d"),
        Entry(ROOTS_KEYS, grid.read("ssh/root.pub") + (gatekeepers_key(grid) if gatekeeper else b"")),
        *(
            Entry(f"/etc/ssh/authorized_keys.d/{pilot.name}", grid.read("ssh/pilot.pub"))
            for pilot in site.pilot_accounts
        ),
        *_node_files(),
        *([Entry(MACHINES_NETWORK, b"user\n")] if site.machine_network else []),
    ]


def gatekeepers_key(grid: Grid) -> bytes:
    """The line by which the VO's key may call a node's gatekeeper as root, and do nothing else there."""
    return f'restrict,command="{" ".join(GATEKEEPER)}" '.encode() + grid.read("ssh/pilot.pub").strip() + b"\n"


def authority(site: Site, grid: Grid, host: str) -> list[Entry]:
    """The tree of a host of the site's authority that is asked for as ``host``."""
    return [
        *service.tree(site),
        *_trust(site, grid),
        *grid.entries(f"hosts/{host}", SECURITY),
        *grid.entries(f"services/{host}/tls", f"{service.PLACE}/tls"),
        Entry(f"{service.PLACE}/token", grid.read(CONTROL), 0o600),
    ]


def pilot(grid: Grid, nodes: Iterable[str]) -> list[Entry]:
    """The tree of the VO's side, which may start pilots on ``nodes``."""
    robot = grid.bearer("pilot")
    pins = b"".join(f"{node} ".encode() + grid.read(f"ssh/hosts/{node}.pub") for node in nodes)
    return [
        *grid.entries("proxies", "/vo/proxies"),
        *grid.entries("certificates", "/vo/certificates"),
        *(grid.entries("vomsdir", "/vo/vomsdir") if "vomsdir" in grid.folders else ()),
        *grid.entries(f"hosts/{PILOT}", "/vo"),
        folder("/vo", 0o700),
        folder("/vo/ssh", 0o700),
        Entry("/vo/ssh/id", grid.read("ssh/pilot"), 0o600),
        Entry("/vo/ssh/known_hosts", pins),
        Entry("/vo/vo.json", json.dumps({"robot_dn": robot.dn, "role": robot.fqans[0]}).encode()),
    ]


def _trust(site: Site, grid: Grid) -> Iterator[Entry]:
    """Whom a host of the site believes: the certificate authorities, and the VOMS servers of the site's VOs."""
    yield from grid.entries("certificates", f"{SECURITY}/certificates")
    yield folder(f"{SECURITY}/vomsdir")
    for vo in site.vos:
        yield from grid.entries(f"vomsdir/{vo}", f"{SECURITY}/vomsdir/{vo}")


def _node_files() -> Iterator[Entry]:
    root = resources.files("testbed.node")
    yield folder("/usr/libexec/testbed")
    yield folder(NODE)
    yield from _below(root, NODE)


def _below(place: Traversable, path: str) -> Iterator[Entry]:
    for item in sorted(place.iterdir(), key=lambda item: item.name):
        if item.is_dir() and not item.name.startswith("_"):
            yield folder(f"{path}/{item.name}")
            yield from _below(item, f"{path}/{item.name}")
        elif item.name.endswith((".py", ".sh")):
            yield Entry(f"{path}/{item.name}", item.read_bytes(), 0o755)
