"""What the authority of a site would say of somebody: its own policy and maps, by its own decision core."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from testbed.authority.accounts import read_accounts
from testbed.authority.answer import Decision
from testbed.authority.language import parse
from testbed.authority.leases import GridMapDir, PoolExhausted
from testbed.authority.mapfile import read_mapfile
from testbed.authority.mapping import Mapper
from testbed.authority.paps import CENTRAL, LOCAL
from testbed.authority.party import Party
from testbed.authority.question import EXECUTE, EXECUTE_NOW, WORKER_NODE, Question
from testbed.authority.service import Service
from testbed.model.cell import Authority
from testbed.model.person import ISSUER
from testbed.model.problem import Problem
from testbed.site import accounts, pdl
from testbed.site.decision import is_banned, kind, policy_modules
from testbed.site.service import CLIENTS, FOLDER

if TYPE_CHECKING:
    from testbed.site.site import Site

_RESOURCE_TYPE = "http://authz-interop.org/xacml/resource/resource-type/"
_ACTION_TYPE = "http://authz-interop.org/xacml/action/action-type/"
_POLICIES = {LOCAL: "policy.spl", CENTRAL: "central.spl"}


def pool_of(site: "Site", dn: str, fqans: Sequence[str]) -> str | None:
    """The pool, or the fixed account, of a Permit; None for any other answer, and for whom the worker node bans."""
    module = next((module for module in policy_modules(site) if kind(module) in CLIENTS), None)
    if module is None or is_banned(site, dn, fqans):
        return None
    try:
        subject = Party(dn, ISSUER, tuple(fqans), verified=True, chain=(b"not looked at here",))
        answer = of_site(site).decide(question(site.authority, module, subject))
    except Problem:
        return None  # a policy that cannot be read is for `testbed.site.check` to tell
    if answer.decision is not Decision.PERMIT or answer.account is None:
        return None
    account = answer.account.user
    return next((pool.prefix for pool in site.pools if pool.holds(account)), account)


def of_site(site: "Site") -> Service:
    """The service that the hosts of the site's authority run, but for its leases: nobody's account is taken."""
    texts = {file.name.removeprefix(f"{FOLDER}/"): file for file in site.authority_files}
    policies = {
        pap: parse(texts[name].content.decode(errors="replace"), texts[name].name)
        for pap, name in _POLICIES.items()
        if name in texts
    }
    lines = {name: read_mapfile(texts[name].content, texts[name].name) for name in texts if name.endswith("mapfile")}
    mapper = Mapper(lines.get("grid-mapfile", ()), lines.get("groupmapfile", ()), _Untouched(site))
    pools = (site.pilots, *site.pools)
    known = read_accounts(accounts.passwd(pools).decode(), accounts.group(pools).decode(), site.name)
    return Service(policies, mapper if "grid-mapfile" in texts else None, known)


def question(authority: Authority, module: pdl.Module, subject: Party) -> Question:
    """What a module of lcmaps.db asks about somebody."""
    usual = EXECUTE if authority is Authority.ARGUS else EXECUTE_NOW
    resource = _option(module, "resourceid") or _typed(module, "resourcetype", _RESOURCE_TYPE) or WORKER_NODE
    action = _option(module, "actionid") or _typed(module, "actiontype", _ACTION_TYPE) or usual
    return Question(str(authority), subject, resource, action)


def _option(module: pdl.Module, name: str) -> str:
    return module.argument(f"-{name}") or module.argument(f"--{name}") or ""


def _typed(module: pdl.Module, name: str, base: str) -> str:
    word = _option(module, name)
    return base + word if word else ""


class _Untouched(GridMapDir):
    """Pools from which everybody has the first account, and nobody takes it."""

    def __init__(self, site: "Site") -> None:
        self._first = {pool.prefix: pool.accounts[0].name for pool in site.pools}

    def lease(self, pool: str, name: str) -> str:
        """The first account of a pool."""
        if pool not in self._first:
            raise PoolExhausted(f"no account of pool {pool}")
        return self._first[pool]
