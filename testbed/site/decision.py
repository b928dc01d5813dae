"""What a site's own files say of somebody, read as LCMAPS reads them: banned, mapped to a pool, or unknown."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from testbed.site import ini, mapfile, pdl

if TYPE_CHECKING:
    from testbed.site.site import Site

_BAN = ("lcmaps_ban_dn.mod", "lcmaps_ban_fqan.mod")
_POOLS = ("lcmaps_voms_poolaccount.mod", "lcmaps_poolaccount.mod")
_ACCOUNTS = ("lcmaps_voms_localaccount.mod", "lcmaps_localaccount.mod")
_GROUPS = ("lcmaps_voms_localgroup.mod", "lcmaps_voms_poolgroup.mod")
_DUMMY = "lcmaps_dummy_good.mod"


def pool_of(site: "Site", dn: str, fqans: Sequence[str]) -> str | None:
    """The pool (``alpha`` for ``.alpha``), the fixed account, or, in a policy that maps nobody, its place holder.

    None when a ban file names the person, when no map file does, or when there is nothing to read it from. The order of
    plugins is taken from their declarations; what other plugins decide is not known here.
    """
    if is_banned(site, dn, fqans):
        return None
    modules = list(policy_modules(site))
    groups = [_mapped(site, module, "-groupmapfile", fqans) for module in modules if kind(module) in _GROUPS]
    if groups and not any(groups):
        return None
    for module in modules:
        if kind(module) in _POOLS + _ACCOUNTS:
            names = fqans if "_voms_" in kind(module) else (dn,)
            if target := _mapped(site, module, "-gridmapfile", names):
                return target.removeprefix(".")
    placeholders = (module.argument("--dummy-username") for module in modules if kind(module) == _DUMMY)
    return next((name for name in placeholders if name), None)


def is_banned(site: "Site", dn: str, fqans: Sequence[str]) -> bool:
    """Whether a ban file of the worker node's names somebody."""
    return any(_is_banned(site, module, dn, fqans) for module in policy_modules(site))


def policy_modules(site: "Site") -> Iterator[pdl.Module]:
    """The modules that glexec's own policies use, in the order of their declarations."""
    config, policy = site.file("glexec.conf"), site.file("lcmaps.db")
    if config is None or policy is None:
        return
    database = pdl.parse(policy.content)
    wanted = ini.parse(config.content).value("lcmaps_get_account_policy", "").replace(":", " ").split()
    used = {alias for chain in database.policies if not wanted or chain.name in wanted for alias in chain.aliases}
    yield from (module for module in database.modules if module.alias in used)


def kind(module: pdl.Module) -> str:
    """The file name of a module, without its folder."""
    return PurePosixPath(module.file).name


def _is_banned(site: "Site", module: pdl.Module, dn: str, fqans: Sequence[str]) -> bool:
    if kind(module) not in _BAN:
        return False
    file = site.at(module.argument("-banmapfile") or "")
    if file is None:
        return True  # LCMAPS refuses everybody when the ban file is missing
    names = (dn,) if kind(module) == _BAN[0] else fqans
    return mapfile.bans(file.content, names)


def _mapped(site: "Site", module: pdl.Module, option: str, names: Sequence[str]) -> str | None:
    file = site.at(module.argument(option) or "")
    return mapfile.parse(file.content).target(names, _counts(module)) if file else None


def _counts(module: pdl.Module) -> Callable[[mapfile.Mapping], bool]:
    """Which lines of a map file a module looks at."""
    if kind(module) in _POOLS:
        return lambda mapping: mapping.is_pool
    if kind(module) in _ACCOUNTS:
        return lambda mapping: not mapping.is_pool
    return lambda mapping: True
