"""The folder that the VO's side lives from: who its robot is, whose proxies it holds, how it reaches worker nodes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from testbed.model.problem import Problem, nearest
from testbed.pilot.needs import number, word
from testbed.pilot.order import Node
from testbed.pilot.payload import with_types

ROBOT = "pilot"
"""The credential with which pilots speak for the VO."""


@dataclass(frozen=True, slots=True)
class Home:
    """``vo.json``, ``proxies/``, ``certificates/``, ``vomsdir/``, ``hostcert.pem``, ``hostkey.pem``, ``ssh/id`` and
    ``ssh/known_hosts`` below one folder."""

    folder: Path
    robot_dn: str
    role: str
    """The VOMS attribute of its pilots: ``/alpha/Role=pilot``."""
    usual_node: Mapping[str, str | int]

    @classmethod
    def open(cls, folder: Path) -> "Home":
        """The folder as it was made for this run; a `Problem` says what it lacks."""
        path = folder / "vo.json"
        try:
            settings = json.loads(path.read_text())
            with_types(settings, robot_dn=str, role=str)
        except (OSError, json.JSONDecodeError) as error:
            raise Problem("the VO has no settings", where=str(path), cause=str(error)) from None
        return cls(folder, settings["robot_dn"], settings["role"], settings.get("node", {}))

    def node(self, differences: Mapping[str, str | int]) -> Node:
        """The usual worker node with some of its settings changed."""
        settings = {"name": "worker-node", "port": 22, **self.usual_node, **differences}
        with_types(settings, name=str, address=str, port=int, account=str)
        name, address, account = (
            word(settings[key], f"a worker node's {key}") for key in ("name", "address", "account")
        )
        return Node(name, address, number(settings["port"], "a port", 65535, 1), account)

    def unknown(self, name: str, known: Iterable[str]) -> NoReturn:
        """Say that nobody is called so, and who is."""
        near = nearest(name, known)
        raise Problem(
            "the VO holds no proxy of this user",
            found=name,
            expected="one of " + ", ".join(sorted(known)),
            remedy=f"did you mean {near!r}?" if near else "",
        )

    def authorities(self) -> str:
        """The certificates of the authorities that pilots trust, in PEM."""
        # Each authority lies there once for each kind of hash.
        found = {path.read_text() for path in (self.folder / "certificates").glob("*.0")}
        if not found:
            raise Problem("the VO trusts no certificate authority", where=str(self.folder / "certificates"))
        return "".join(sorted(found))

    def host_key(self, name: str) -> str:
        """The public key that is pinned for a host: ``ssh-ed25519 AAAA...``."""
        path = self.folder / "ssh" / "known_hosts"
        for line in path.read_text().splitlines():
            hosts, _, key = line.partition(" ")
            if name in hosts.split(","):
                return key
        raise Problem("no host key is pinned for this worker node", where=str(path), found=name)
