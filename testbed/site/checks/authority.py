"""Does lcmaps.db ask the authority that the site has, where a world can have it, and can that read its files?"""

import re
from collections.abc import Iterator
from pathlib import Path

from testbed.authority.language import parse
from testbed.authority.mapfile import read_mapfile
from testbed.authority.policy import MAP, Policy
from testbed.authority.settings import Settings, load_settings
from testbed.model.cell import Authority
from testbed.model.problem import Problem
from testbed.site import service
from testbed.site.checks import maps
from testbed.site.decision import kind, policy_modules
from testbed.site.finding import Finding, error, warning
from testbed.site.folder import POLICY
from testbed.site.service import CLIENTS, FOLDER, MOST, Endpoint
from testbed.site.site import Site

_PLACE = re.compile(r", line (?P<line>\d+)(?:, column (?P<column>\d+))?$")


def of_what_is_asked(site: Site) -> Iterator[Finding]:
    """The modules that ask, and the endpoints that they name."""
    asking = [module for module in policy_modules(site) if kind(module) in CLIENTS]
    here = site.lines.get("authority.kind", 0)
    if site.authority is Authority.GRIDMAP:
        for module in asking:
            other = CLIENTS[kind(module)].authorities[0]
            message = f'{module.alias} asks a service, but site.toml says kind = "gridmap": nobody would answer'
            yield error(
                POLICY, module.line, message, f'say kind = "{other}", and put its policy into the folder {FOLDER}'
            )
        return
    right = [name for name, client in CLIENTS.items() if site.authority in client.authorities]
    if not any(kind(module) in right for module in asking):
        message = f'kind = "{site.authority}", but no policy that glexec runs asks it'
        yield error("site.toml", here, message, f"use {' or '.join(right)} in {POLICY}")
    found = service.endpoints(site)
    for module in asking:
        if kind(module) not in right:
            message = f'{module.alias} does not ask what site.toml says: kind = "{site.authority}"'
            yield error(POLICY, module.line, message, f"use {' or '.join(right)}, or say another kind")
        elif not any(endpoint.module == module for endpoint in found):
            option = CLIENTS[kind(module)].options[0]
            message = f"{module.alias} names no endpoint: every call ends with 202"
            yield error(POLICY, module.line, message, f"add --{option} https://HOST:{CLIENTS[kind(module)].port}/...")
    for endpoint in found:
        yield from _endpoint(site, endpoint)
    names = list(dict.fromkeys(endpoint.host for endpoint in found if not endpoint.wrong))
    for endpoint in found:
        if endpoint.host in names[MOST:]:
            message = f"{endpoint.host} is one host too many: a world has {MOST} of an authority at most"
            yield error(POLICY, endpoint.module.line, message, "leave some out")


def of_its_files(site: Site) -> Iterator[Finding]:
    """Policy and maps, as the service reads them."""
    if site.authority is Authority.GRIDMAP:
        for file in site.authority_files:
            yield warning(
                file.name, 0, 'nobody reads it: site.toml says kind = "gridmap"', "say which kind, or remove it"
            )
        return
    policies = [site.file(f"{FOLDER}/{name}") for name in ("central.spl", "policy.spl")]
    accounts, groups = (site.file(f"{FOLDER}/{name}") for name in ("grid-mapfile", "groupmapfile"))
    readable = True
    if policies[1] is None:
        yield error(
            f"{FOLDER}/policy.spl", 0, "it is missing: the service does not start", "begin with that of an example"
        )
    parsed: list[Policy] = []
    for policy in filter(None, policies):
        try:
            parsed.append(parse(policy.content.decode("utf-8", "replace"), policy.name))
        except Problem as problem:
            readable = False
            yield _finding(policy.name, problem)
    if accounts is None:
        yield error(
            f"{FOLDER}/grid-mapfile", 0, "it is missing: nobody gets an account", "begin with that of an example"
        )
    if groups is None and site.authority is Authority.ARGUS:
        message = "it is missing: no account comes with a group, and lcmaps_c_pep.mod refuses that"
        yield error(f"{FOLDER}/groupmapfile", 0, message, "begin with that of an example")
    for file in filter(None, (accounts, groups)):
        try:
            read_mapfile(file.content, file.name)
        except Problem as problem:
            readable = False
            yield _finding(file.name, problem)
    if not readable:
        return
    if accounts:
        yield from maps.targets(site, accounts)
        yield from maps.unused_pools(site, [accounts])
    if groups:
        yield from maps.group_targets(site, groups)
    if site.authority is Authority.ARGUS and policies[1] and not any(map(_maps, parsed)):
        message = "no rule comes with the obligation to map: there is a yes, and no account with it"
        yield error(f"{FOLDER}/policy.spl", 0, message, f'add obligation "{MAP}" {{}} to the resource')
    elif accounts and policies[1]:
        yield from _forgotten_vos(site)


def of_its_settings(site: Site) -> Iterator[Finding]:
    """authority.toml, as the service reads it."""
    file = site.file(f"{FOLDER}/authority.toml")
    if file is None or site.authority is Authority.GRIDMAP:
        return
    try:
        settings = load_settings(Path(site.folder) / file.name)
    except Problem as problem:
        found = f": found {problem.found}" if problem.found else ""
        message = f"{problem.where.rpartition(': ')[2]}: {problem.what}{found} {problem.cause}".rstrip()
        yield error(file.name, 0, message, problem.remedy or f"expected {problem.expected or 'TOML'}")
        return
    usual = Settings()
    if (settings.ports, settings.address) != (usual.ports, usual.address):
        message = "the service would listen elsewhere than the hosts of a world are asked"
        yield error(file.name, 0, message, "leave address and ports out")


def _endpoint(site: Site, endpoint: Endpoint) -> Iterator[Finding]:
    if endpoint.wrong:
        message = f"{endpoint.url} {endpoint.wrong}"
        yield error(POLICY, endpoint.module.line, message, "name a host of the world to be, and the usual port")
        return
    paths = CLIENTS[kind(endpoint.module)].paths.get(site.authority, (endpoint.path,))
    if endpoint.path not in paths:
        message = f"{endpoint.url} is not where a service of the kind {site.authority} answers: at {paths[-1]}"
        yield error(POLICY, endpoint.module.line, message, f"write https://{endpoint.host}:PORT{paths[-1]}")


def _finding(name: str, problem: Problem) -> Finding:
    """What the service says of a file, with the line as a number."""
    place = _PLACE.search(problem.where)
    column = f"column {place['column']}: " if place and place["column"] else ""
    message = f"{column}{problem.what}: found {problem.found}, expected {problem.expected}"
    return error(name, int(place["line"]) if place else 0, message, problem.remedy or "mend the line")


def _maps(policy: Policy) -> bool:
    held = [obligation for resource in policy.resources for obligation in resource.obligations]
    held += [each for resource in policy.resources for action in resource.actions for each in action.obligations]
    return any(obligation.name == MAP for obligation in held)


def _forgotten_vos(site: Site) -> Iterator[Finding]:
    for vo in site.vos:
        if site.pool_of((f"/{vo}",), f"/DC=org/DC=testbed/O=People/CN=Somebody of {vo}") is None:
            message = (
                f"an ordinary member of {vo} gets no account: no rule of the policy permits it, or no line maps it"
            )
            yield warning(
                f"{FOLDER}/policy.spl", 0, message, f'add rule permit {{ vo = "{vo}" }}, and "/{vo}/*" to the maps'
            )
