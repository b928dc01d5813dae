"""A real service on this machine, with a grid of its own: what faults are put into, and looked at."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.credentials.ca import Authority as Issuer
from testbed.credentials.grid import INDEX, Grid, GridFile
from testbed.credentials.proxy import make_proxy
from testbed.credentials.service import CONTROL, Unbelievable, token
from testbed.lab.control import Control
from testbed.model.cell import Authority
from testbed.site.pool import Group, Pool

HOST = "authority.example.org"
PEOPLE = {"alice": "Alice Archer", "bob": "Bob Baker", "pilot": "Robot - pilot factory"}
POLICY = """
resource ".*" {
    obligation "http://glite.org/xacml/obligation/local-environment-map" {}
    action ".*" { rule permit { subject-issuer = "/DC=org/DC=testbed/CN=Testbed CA" } }
}
"""


@dataclass(frozen=True)
class Host:
    """A host as faults of the service know it."""

    name: str
    address: str
    control: Control


@dataclass(frozen=True)
class Site:
    """Which service its node asks."""

    authority: Authority
    pools: tuple[Pool, ...] = (Pool("pool", 39, 50001, Group("pool", 50000), 3),)


@dataclass(frozen=True)
class Place:
    """A world as far as faults of the service look at it: everything in it is real but the node."""

    site: Site
    grid: Grid
    authorities: tuple[Host, ...]
    node_name: str = "worker-node"


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer.new()


@pytest.fixture(scope="session")
def grid(issuer: Issuer) -> Grid:
    """People without attributes, whose proxies nobody but this run has seen."""
    files = {"authority/ca.cert.pem": issuer.identity.certificate_pem, CONTROL: token()}
    rows = []
    for name, words in PEOPLE.items():
        owner = issuer.person(words)
        files[f"proxies/{name}.pem"] = make_proxy(owner).pem
        rows.append({"name": name, "dn": owner.dn, "vo": "", "fqans": [], "file": f"proxies/{name}.pem"})
    files[INDEX] = json.dumps({"bearers": rows}).encode()
    return Grid({path: GridFile(content) for path, content in files.items()})


@pytest.fixture(scope="session")
def services(issuer: Issuer, grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, Host]]:
    """Two services, each a process on a loopback address of its own with the usual ports."""
    processes, hosts = [], []
    try:
        for number in (1, 2):
            folder = tmp_path_factory.mktemp(f"authority-{number}")
            address = f"127.{number}.{sum(folder.as_posix().encode()) % 250}.{number + 8}"
            _furnish(folder, issuer, grid, address)
            command = [sys.executable, "-m", "testbed.authority", "--folder", str(folder)]
            processes.append(subprocess.Popen([*command, "--grid-security", str(folder / "security")]))
            hosts.append(Host(HOST, address, Control(HOST, address, grid)))
        assert all(host.control.wait(10) for host in hosts)
        yield hosts[0], hosts[1]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


@pytest.fixture(params=[Authority.ARGUS, Authority.SCAS, Authority.GUMS])
def place(request: pytest.FixtureRequest, grid: Grid, services: tuple[Host, Host]) -> Iterator[Place]:
    """The two services as a world whose node asks one of the three kinds; clean before and afterwards."""
    for host in services:
        host.control.reset()
    yield Place(Site(request.param), grid, services)
    for host in services:
        host.control.reset()


def _furnish(folder: Path, issuer: Issuer, grid: Grid, address: str) -> None:
    host = issuer.host(HOST)
    (folder / "policy.spl").write_text(POLICY)
    dns = [grid.bearer(name).dn for name in PEOPLE]
    (folder / "grid-mapfile").write_text("".join(f'"{dn}" .pool\n' for dn in dns))
    (folder / "groupmapfile").write_text("")
    (folder / "passwd").write_text("".join(f"pool{n:03}:x:{50000 + n}:50000::/:/bin/sh\n" for n in range(1, 40)))
    (folder / "group").write_text("pool:x:50000:\n")
    (folder / "gridmapdir").mkdir()
    for number in range(1, 40):
        (folder / "gridmapdir" / f"pool{number:03}").touch()
    (folder / "token").write_bytes(grid.read(CONTROL))
    (folder / "token").chmod(0o600)
    (folder / "authority.toml").write_text(f'address = "{address}"\n[ports]\nadmin = 0\n')
    (folder / "tls").mkdir()
    for word, pem in Unbelievable(issuer).pems(HOST).items():
        (folder / "tls" / f"{word}.pem").write_bytes(pem)
    security = folder / "security"
    (security / "certificates").mkdir(parents=True)
    (security / "vomsdir").mkdir()
    for name, content in issuer.folder().items():
        (security / "certificates" / name).write_bytes(content)
    (security / "hostcert.pem").write_bytes(host.certificate_pem)
    (security / "hostkey.pem").write_bytes(host.key_pem)
    (security / "hostkey.pem").chmod(0o600)
