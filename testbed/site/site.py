"""A site: its four answers, how it installs the switch, its accounts, and its own files."""

import functools
import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from testbed.model.answers import Answers
from testbed.model.cell import Authority
from testbed.model.containment import OWN
from testbed.model.entry import Entry, tar
from testbed.model.mode import Installation
from testbed.site import asked, decision, layout, service
from testbed.site.pool import Account, Pool
from testbed.site.switch import Switch

_TELLS = re.compile(rb"^\s*report_cause\s*=\s*yes\s*$", re.M)


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One of the site's own files: its name in the site's folder, and where and how it lies on the worker node."""

    name: str
    path: str
    content: bytes
    mode: int
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the testbed knows of a site. Two sites with the same `digest` make the same world."""

    name: str
    description: str
    folder: str
    """Where it was read from, for messages."""
    answers: Answers
    installation: Installation
    authority: Authority
    pools: tuple[Pool, ...]
    pilots: Pool
    files: tuple[SiteFile, ...]
    authority_files: tuple[SiteFile, ...] = ()
    """Policy and maps of a service that is asked, named ``authority/policy.spl``; they lie on the service's hosts."""
    capabilities: tuple[str, ...] = ()
    """What its worker node may do beyond a container's usual rights, see `testbed.site.capability`."""
    user_namespaces: bool = False
    """Whether ordinary accounts of its worker node may make user namespaces, which mode container takes."""
    own_network: bool = False
    """Whether payloads of mode container have a network of their own, which is none."""
    machine_network: bool = False
    """Whether virtual machines of payloads have a network, which is none otherwise."""
    switch: Switch | None = None
    """Another switch in place of the reference."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Where each key of site.toml stands, for messages: ``{"pools[2].prefix": 31}``."""
    tmpfs: tuple[tuple[str, str], ...] = ()
    """Folders of its worker node that are small file systems, with their mount options: no site.toml has any."""

    @property
    def vos(self) -> tuple[str, ...]:
        """The VOs that the site serves, in the order of their pools."""
        return tuple(dict.fromkeys(pool.vo for pool in self.pools))

    @property
    def pilot_accounts(self) -> tuple[Account, ...]:
        """The accounts that pilots run as."""
        return self.pilots.accounts

    @property
    def first_uid(self) -> int:
        """The lowest uid of the site's accounts: what runs or lies around with this uid or a higher one is a user's."""
        return min(pool.first_uid for pool in (self.pilots, *self.pools))

    @property
    def containers(self) -> Mapping[str, str]:
        """What payloads of mode container share with its nodes otherwise than usual (`testbed.model.containment`)."""
        return {"network": OWN} if self.own_network else {}

    @property
    def digest(self) -> str:
        """What the worker node and the authority's hosts are made of, in sixteen characters."""
        return _digest(self)

    @property
    def authority_hosts(self) -> tuple[str, ...]:
        """The hosts that its lcmaps.db asks, the first endpoint's first; none where accounts are local."""
        return service.hosts(self)

    @property
    def tells_causes(self) -> bool:
        """Whether its glexec.conf has the switch tell why it refuses."""
        conf = self.file("glexec.conf")
        return conf is not None and _TELLS.search(conf.content) is not None

    def file(self, name: str) -> SiteFile | None:
        """One of the site's files, by its name in the site's folder."""
        return next((file for file in (*self.files, *self.authority_files) if file.name == name), None)

    def at(self, path: str) -> SiteFile | None:
        """One of the site's files, by its path on the worker node."""
        return next((file for file in self.files if file.path == path), None)

    def tree(self) -> list[Entry]:
        """The files of the worker node that this site means."""
        return layout.tree(self)

    def pool_of(self, fqans: Sequence[str], dn: str = "") -> str | None:
        """The pool (or fixed account) that the site's own files give to these attributes and this DN; None for nobody.

        In a policy that maps nobody, as many of log-only sites are, it is the policy's place holder.
        """
        if self.authority is Authority.GRIDMAP:
            return decision.pool_of(self, dn, fqans)
        return asked.pool_of(self, dn, fqans)


@functools.lru_cache(maxsize=64)
def _digest(site: Site) -> str:
    """Made once for each site: every lease of a world asks for it."""
    trees = tar(site.tree()) + (tar(service.tree(site)) if site.authority_hosts else b"")
    chosen = (site.user_namespaces, site.own_network, site.machine_network)
    words = itertools.compress(("user namespaces", "own network", "machine network"), chosen)
    rights = (*site.capabilities, *words, *map(str, site.tmpfs))
    return hashlib.sha256(trees + " ".join(rights).encode()).hexdigest()[:16]
