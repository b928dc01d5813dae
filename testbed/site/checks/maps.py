"""Do the map files name pools, accounts and groups that exist, and does everybody get a line?"""

from collections.abc import Iterator

from testbed.model.problem import nearest
from testbed.site import mapfile, pdl
from testbed.site.decision import policy_modules
from testbed.site.finding import Finding, error, warning
from testbed.site.site import Site, SiteFile


def of_map_files(site: Site) -> Iterator[Finding]:
    """Everything about grid-mapfile, groupmapfile and ban files, by whatever names the policy reads them."""
    used = list(policy_modules(site))
    grid = _read_by(site, used, "-gridmapfile")
    groups = _read_by(site, used, "-groupmapfile")
    for file in grid:
        yield from _flaws(file, mapfile.parse(file.content))
        yield from targets(site, file)
        yield from _never_reached(file)
    for file in groups:
        yield from _flaws(file, mapfile.parse(file.content))
        yield from group_targets(site, file)
        yield from _never_reached(file)
    bans = _read_by(site, used, "-banmapfile")
    for file in bans:
        yield from _flaws(file, mapfile.parse(file.content, targets=False))
    if grid:
        yield from unused_pools(site, grid)
    for file in (*grid, *groups):
        yield from _forgotten_vos(site, file)
    own = site.file("ban_users.db")
    if own and own not in bans:
        yield warning(own.name, 0, "no policy that glexec runs reads it: nobody is banned", "use lcmaps_ban_dn.mod")


def _read_by(site: Site, used: list[pdl.Module], option: str) -> list[SiteFile]:
    paths = dict.fromkeys(module.argument(option) for module in used)
    files = (site.at(path) for path in paths if path)
    return [file for file in files if file]


def _flaws(file: SiteFile, lines: mapfile.MapFile) -> Iterator[Finding]:
    for flaw in lines.flaws:
        yield error(
            file.name,
            flaw.line,
            f"this line {flaw.what}",
            "write the name in double quotes, then blanks, then what it maps to",
        )


def targets(site: Site, file: SiteFile) -> Iterator[Finding]:
    """Pools and accounts that a grid-mapfile names and nobody has declared."""
    pools = [pool.prefix for pool in site.pools]
    accounts = [account.name for pool in (*site.pools, site.pilots) for account in pool.accounts]
    for mapping in mapfile.parse(file.content).mappings:
        target = mapping.target.removeprefix(".")
        if mapping.is_pool and target not in pools:
            near = nearest(target, pools)
            remedy = f"did you mean .{near}?" if near else f"declare [[pools]] with prefix {target!r} in site.toml"
            yield error(file.name, mapping.line, f"pool .{target} is not declared in site.toml", remedy)
        elif not mapping.is_pool and target not in accounts:
            near = nearest(target, accounts)
            remedy = f"did you mean {near} (or the pool .{target})?" if near else f"a pool begins with a dot: .{target}"
            yield error(file.name, mapping.line, f"there is no account {target} on the worker node", remedy)


def group_targets(site: Site, file: SiteFile) -> Iterator[Finding]:
    """Groups that a groupmapfile names and nobody has declared."""
    groups = list(dict.fromkeys(pool.group.name for pool in (*site.pools, site.pilots)))
    for mapping in mapfile.parse(file.content).mappings:
        if not mapping.is_pool and mapping.target not in groups:
            near = nearest(mapping.target, groups)
            remedy = f"did you mean {near}?" if near else "one of " + ", ".join(groups)
            yield error(file.name, mapping.line, f"there is no group {mapping.target} on the worker node", remedy)


def _never_reached(file: SiteFile) -> Iterator[Finding]:
    earlier: list[mapfile.Mapping] = []
    for mapping in mapfile.parse(file.content).mappings:
        wider = next(
            (other for other in earlier if other.fits(mapping.subject) and other.is_pool == mapping.is_pool), None
        )
        if wider and wider.target != mapping.target:
            message = f"never reached: line {wider.line} ({wider.subject}) fits first and maps to {wider.target}"
            yield error(file.name, mapping.line, message, f"put it above line {wider.line}")
        earlier.append(mapping)


def unused_pools(site: Site, files: list[SiteFile]) -> Iterator[Finding]:
    """Pools that no line of these grid-mapfiles names."""
    named = {mapping.target for file in files for mapping in mapfile.parse(file.content).mappings}
    for index, pool in enumerate(site.pools):
        if f".{pool.prefix}" not in named and not {account.name for account in pool.accounts} & named:
            where = " or ".join(file.name for file in files)
            line = site.lines.get(f"pools[{index + 1}].prefix", 0)
            yield warning(
                "site.toml", line, f"no line of {where} gives accounts of the pool {pool.prefix}", "add one, or drop it"
            )


def _forgotten_vos(site: Site, file: SiteFile) -> Iterator[Finding]:
    lines = mapfile.parse(file.content)
    for vo in site.vos:
        if lines.target([f"/{vo}"]) is None:
            message = f"an ordinary member of {vo} has no line: {f'/{vo}/Role=NULL/Capability=NULL'} fits none"
            yield warning(file.name, 0, message, f'add "/{vo}/*" (a bare "/{vo}" fits only servers that shorten names)')
