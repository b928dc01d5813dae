"""The authority that a site's lcmaps.db asks: at which endpoints, on which hosts, with which policy and maps."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from testbed.model.cell import Authority
from testbed.model.entry import Entry, folder
from testbed.site import accounts, pdl
from testbed.site.decision import kind, policy_modules

if TYPE_CHECKING:
    from testbed.site.site import Site

FOLDER = "authority"
"""The folder within a site's own in which the files of its authority are."""
PLACE = "/etc/testbed-authority"
"""Where they lie on a host of the authority."""
FILES = ("policy.spl", "central.spl", "grid-mapfile", "groupmapfile", "authority.toml")
MOST = 3
"""Hosts of the authority in a world."""

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_TAKEN = {"localhost": "the worker node itself", "worker-node": "the worker node itself", "pilot": "the VO's side"}
_NUMERIC = re.compile(r"[0-9.]+")


@dataclass(frozen=True, slots=True)
class Client:
    """A module that asks a service: the authorities that it can ask, and where those answer."""

    authorities: tuple[Authority, ...]
    port: int
    paths: dict[Authority, tuple[str, ...]]
    options: tuple[str, ...]
    """The options that name endpoints, without their dashes."""


_GUMS = "/gums/services/GUMSXACMLAuthorizationServicePort"
_SCAS = Client(
    (Authority.SCAS, Authority.GUMS),
    8443,
    {Authority.SCAS: ("", "/"), Authority.GUMS: (_GUMS,)},
    ("endpoint", "endpoints"),
)
CLIENTS = {
    "lcmaps_c_pep.mod": Client(
        (Authority.ARGUS,),
        8154,
        {Authority.ARGUS: ("/authz",)},
        ("pep-daemon-endpoint-url", "endpoint", "endpoints"),
    ),
    "lcmaps_scas_client.mod": _SCAS,
    "lcmaps_gums_client.mod": _SCAS,
}
"""Module -> what it asks. The last two are one module under two names."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that a module of lcmaps.db asks."""

    url: str
    module: pdl.Module

    @property
    def host(self) -> str:
        """The name of the host, in lower case; empty where the address has none."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""

    @property
    def path(self) -> str:
        """What follows host and port."""
        return urlsplit(self.url).path

    @property
    def wrong(self) -> str:
        """Why no world can serve it; empty when one can."""
        try:
            parts = urlsplit(self.url)
            port = parts.port
        except ValueError:
            return "is no address"
        client = CLIENTS[kind(self.module)]
        if parts.scheme != "https":
            return "does not begin with https://"
        if not _NAME.fullmatch(self.host) or _NUMERIC.fullmatch(self.host):
            return "does not name its host: a world's hosts, and their certificates, have names"
        if self.host in _TAKEN:
            return f"is {_TAKEN[self.host]}: a world has its authority on hosts of their own"
        if port != client.port:
            return f"has another port than {client.port}, where the service of a world listens"
        if parts.query or parts.fragment or parts.username is not None:
            return "has more than host, port and path"
        return ""


def endpoints(site: "Site") -> tuple[Endpoint, ...]:
    """Every address that the policies which glexec runs ask, in their order."""
    return tuple(
        Endpoint(url, module)
        for module in policy_modules(site)
        if kind(module) in CLIENTS
        for url in _urls(module, CLIENTS[kind(module)])
    )


def patience(site: "Site") -> float | None:
    """The seconds that its modules wait for a service (``--timeout``); ``None`` where the policy says nothing."""
    for each in endpoints(site):
        with contextlib.suppress(ValueError):
            return float(each.module.argument("--timeout") or "")
    return None


def hosts(site: "Site") -> tuple[str, ...]:
    """The hosts of the site's authority by their names, the first endpoint's first; none where accounts are local."""
    if site.authority is Authority.GRIDMAP:
        return ()
    return tuple(dict.fromkeys(each.host for each in endpoints(site) if not each.wrong))[:MOST]


def tree(site: "Site") -> list[Entry]:
    """What every host of the site's authority has of the site."""
    pools = (site.pilots, *site.pools)
    return [
        folder(PLACE),
        *(Entry(file.path, file.content, file.mode, file.uid, file.gid) for file in site.authority_files),
        Entry(f"{PLACE}/passwd", accounts.passwd(pools)),
        Entry(f"{PLACE}/group", accounts.group(pools)),
        folder(f"{PLACE}/gridmapdir"),
        *(Entry(f"{PLACE}/gridmapdir/{account.name}") for account in accounts.accounts(site.pools)),
    ]


def _urls(module: pdl.Module, client: Client) -> Iterator[str]:
    """The values of the options that name endpoints, one dash or two, one value or several between commas."""
    words = module.arguments
    for index, word in enumerate(words):
        option, is_assigned, value = word.lstrip("-").partition("=")
        if word.startswith("-") and option in client.options:
            text = value if is_assigned else words[index + 1] if index + 1 < len(words) else ""
            yield from (url for url in text.split(",") if url)
