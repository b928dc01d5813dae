"""Makes the test grid of one run."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from types import MappingProxyType

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity, Validity
from testbed.credentials.grid import INDEX, SECRET, Bearer, Grid, GridFile
from testbed.credentials.key import KeyKind
from testbed.credentials.proxy import LIFETIME, make_proxy
from testbed.credentials.service import CONTROL, Unbelievable, token
from testbed.credentials.ssh import SshKey, known_hosts
from testbed.credentials.voms import VomsServer
from testbed.credentials.zoo import EXPIRED, IMPOSTOR, OWNER
from testbed.model.person import Credential

Files = dict[str, GridFile]

HOSTS = ("worker-node", "pilot")


def make_grid(
    people: Iterable[Credential],
    vos: Sequence[str] = (),
    hosts: Sequence[str] = HOSTS,
    *,
    services: Sequence[str] = (),
    lifetime: timedelta = LIFETIME,
    keys: KeyKind = KeyKind.EC,
) -> Grid:
    """A new grid: a CA, a VOMS server for each VO, certificate and ssh key for each host, a proxy for each credential.

    ``services`` are the names of authority hosts: each has a certificate, and bad ones for the faults of TLS.
    ``lifetime`` is that of proxies and VOMS attributes; ``keys`` is what the keys of people and of their proxies are
    made of. A VO of somebody that is not among ``vos`` gets its server as well: whom to trust is the relying party's
    choice. Needs ``voms-proxy-fake`` when anybody has FQANs.
    """
    people = tuple(people)
    if len({person.file for person in people}) < len(people):
        raise ValueError("two credentials want the same file: give each a name of its own")
    authority = Authority.new()
    members = (person.vo for person in people if person.fqans)
    servers = {vo: VomsServer.new(vo, authority) for vo in dict.fromkeys((*vos, *members))}
    owners = {person.common_name: authority.person(person.common_name, keys) for person in people}
    machines = {host: authority.host(host) for host in dict.fromkeys((*hosts, *services))}
    parts = (
        {f"certificates/{name}": GridFile(content) for name, content in authority.folder().items()},
        _pair("authority/ca.cert.pem", "authority/ca.key.pem", authority.identity),
        *(_server(server) for server in servers.values()),
        *(_pair(f"users/{slug(cn)}.cert.pem", f"users/{slug(cn)}.key.pem", owners[cn]) for cn in owners),
        *(_pair(f"hosts/{h}/hostcert.pem", f"hosts/{h}/hostkey.pem", machines[h]) for h in machines),
        _services(authority, services),
        _proxies(people, owners, servers, lifetime, keys),
        _zoo(people, owners, servers),
        _ssh(hosts),
        _index(authority, servers, machines, people, owners),
    )
    return Grid(MappingProxyType(_joined(parts)))


def slug(common_name: str) -> str:
    """A person's name as a file name: ``robot-pilot-factory`` for ``Robot - pilot factory``."""
    return re.sub(r"\W+", "-", common_name.lower()).strip("-")


def _joined(parts: Iterable[Files]) -> Files:
    files: Files = {}
    for part in parts:
        if twice := files.keys() & part.keys():
            raise ValueError(f"two people or hosts want the same file: {', '.join(sorted(twice))}")
        files |= part
    return files


def _pair(certificate: str, key: str, identity: Identity) -> Files:
    return {certificate: GridFile(identity.certificate_pem), key: GridFile(identity.key_pem, SECRET)}


def _server(server: VomsServer) -> Files:
    pair = _pair(f"authority/{server.host}.cert.pem", f"authority/{server.host}.key.pem", server.identity)
    return pair | {f"vomsdir/{server.vo}/{server.host}.lsc": GridFile(server.lsc)}


def _services(authority: Authority, services: Sequence[str]) -> Files:
    """The bad certificates of authority hosts, and the token of their control ports."""
    if not services:
        return {}
    bad = Unbelievable(authority)
    pems = {f"services/{host}/tls/{word}.pem": pem for host in services for word, pem in bad.pems(host).items()}
    return {CONTROL: GridFile(token(), SECRET), **{path: GridFile(pem, SECRET) for path, pem in pems.items()}}


def _proxies(
    people: Sequence[Credential],
    owners: dict[str, Identity],
    servers: dict[str, VomsServer],
    lifetime: timedelta,
    keys: KeyKind,
) -> Files:
    files: Files = {}
    for person in people:
        owner = owners[person.common_name]
        attributes = servers[person.vo].attributes(owner, person.fqans, lifetime) if person.fqans else b""
        proxy = make_proxy(owner, attributes=attributes, validity=Validity.lasting(lifetime), kind=keys)
        files[f"proxies/{person.file}"] = GridFile(proxy.pem, SECRET)
    return files


def _zoo(people: Sequence[Credential], owners: dict[str, Identity], servers: dict[str, VomsServer]) -> Files:
    """Attributes that the zoo's members need and that only the VOMS program makes, where the zoo has its owner."""
    owner = next((person for person in people if person.name == OWNER and person.fqans), None)
    if owner is None:
        return {}
    holder, own = owners[owner.common_name], servers[owner.vo]
    impostor = next((server.identity for server in servers.values() if server is not own), own.identity)
    hour = timedelta(hours=1)
    expired = own.attributes(holder, owner.fqans, -hour, ago=3 * hour)
    impostors = replace(own, identity=impostor).attributes(holder, owner.fqans, 12 * hour)
    return {EXPIRED: GridFile(b64encode(expired)), IMPOSTOR: GridFile(b64encode(impostors))}


def _ssh(hosts: Sequence[str]) -> Files:
    clients = {name: SshKey.new(f"{name}@testbed") for name in ("root", "pilot")}
    nodes = {host: SshKey.new(host) for host in hosts}
    files: Files = {"ssh/known_hosts": GridFile(known_hosts(nodes))}
    for name, key in (*clients.items(), *((f"hosts/{host}", key) for host, key in nodes.items())):
        files[f"ssh/{name}"] = GridFile(key.private, SECRET)
        files[f"ssh/{name}.pub"] = GridFile(key.public)
    return files


def _index(
    authority: Authority,
    servers: dict[str, VomsServer],
    machines: dict[str, Identity],
    people: Sequence[Credential],
    owners: dict[str, Identity],
) -> Files:
    bearers = (Bearer(p.name, owners[p.common_name].dn, p.vo, p.fqans, f"proxies/{p.file}") for p in people)
    index = {
        "authority": authority.identity.dn,
        "vos": list(servers),
        "hosts": {host: identity.dn for host, identity in machines.items()},
        "bearers": [asdict(bearer) for bearer in bearers],
    }
    return {INDEX: GridFile((json.dumps(index, indent=2) + "\n").encode())}
