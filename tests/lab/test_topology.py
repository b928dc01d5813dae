"""docker-compose.yml and the lab's worlds are the same thing: images, hosts, first processes, privileges."""

import json
import subprocess
from typing import Any

import pytest

from testbed.lab import demo, namespaces
from testbed.lab.images import ROOT, WORKER_NODE
from testbed.lab.layout import AUTHORITY, PILOT
from testbed.lab.prepare import WITH_GATEKEEPER
from testbed.lab.session import IMAGES
from testbed.lab.world import LeasedWorld
from testbed.model.mode import Installation
from testbed.site.load import example

BESIDE = "processes"
"""The service that stands beside a node for a moment, and ends."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as Compose itself understands it."""
    command = ["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--format", "json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)
    return found


def test_compose_has_the_worker_nodes_that_the_demo_knows_their_authority_and_one_pilot(
    compose: dict[str, Any],
) -> None:
    nodes = {name for name, service in compose["services"].items() if service["image"] == WORKER_NODE.reference}
    assert nodes == {*demo.NODES.values(), BESIDE}
    assert set(compose["services"]) == {*demo.hosts(), "prepare", BESIDE}
    prepared = dict(
        word.removesuffix(WITH_GATEKEEPER).split("=")
        for word in compose["services"]["prepare"]["entrypoint"]
        if "=" in word
    )
    assert {site: node for node, site in prepared.items()} == demo.NODES
    assert {example(site).installation for site in demo.NODES} == set(Installation)


def test_worker_nodes_reach_the_authority_by_the_names_that_their_lcmaps_db_asks_for(compose: dict[str, Any]) -> None:
    for service, name in demo.services().items():
        seen = compose["services"][service]
        assert (seen["hostname"], seen["networks"]["default"]["aliases"]) == (name, [name])


def test_every_host_has_the_tree_that_prepare_makes_for_it(compose: dict[str, Any]) -> None:
    places = {volume["source"]: volume["target"] for volume in compose["services"]["prepare"]["volumes"]}
    for name in demo.hosts():
        [volume] = compose["services"][name]["volumes"]
        assert (places[volume["source"]], volume["target"]) == (f"/out/{name}", "/world")
        assert volume["read_only"]


def test_both_use_the_same_images_and_start_them_alike(
    compose: dict[str, Any], asking: LeasedWorld, containing: LeasedWorld
) -> None:
    containers = {host.label: host.container for host in asking.authorities} | {PILOT: asking.pilot}
    containers[demo.NODES["logonly-gridmap"]] = containing.worker
    for name in demo.hosts():
        service = compose["services"][name]
        container = containers.get(name, asking.worker)
        host = AUTHORITY if name in demo.services() else PILOT if name == PILOT else "worker-node"
        assert service["image"] == IMAGES[host]
        assert service["hostname"] == demo.services().get(name, name)
        # Neither says anything of the command, the user or the working folder: the image alone does.
        assert not {"command", "user", "working_dir", "privileged"} & {key for key, value in service.items() if value}
        settings = container.settings()
        added = service.get("cap_add")
        assert added == (["NET_ADMIN"] if host == AUTHORITY else None)
        assert (settings["CapAdd"], settings["Privileged"]) == (added, False)
        assert confinement(settings["SecurityOpt"]) == confinement(service.get("security_opt"))


def confinement(options: list[str] | None) -> list[Any]:
    """Options of confinement with the content of what they name, whether they name it by a path or by itself."""
    found = dict(option.split("=", 1) for option in options or [])
    if (text := found.get("seccomp", "{")) != "{":
        found["seccomp"] = json.loads(text if text.startswith("{") else (ROOT / text).read_text())
    return sorted(found.items())


def test_both_show_the_processes_of_the_node_whose_accounts_make_namespaces_alike(compose: dict[str, Any]) -> None:
    assert [site for site in demo.NODES if example(site).user_namespaces] == ["logonly-gridmap"]
    beside, node = compose["services"][BESIDE], demo.NODES["logonly-gridmap"]
    assert (beside["pid"], beside["network_mode"], set(beside["depends_on"])) == (f"service:{node}", "none", {node})
    assert (*beside["entrypoint"], *beside["command"]) == (*namespaces.ENTER, namespaces.MOUNT)
    assert (tuple(beside["cap_add"]), beside["security_opt"]) == (namespaces.MAY, ["apparmor=unconfined"])


def test_every_image_of_compose_is_built_from_the_repository(compose: dict[str, Any]) -> None:
    services = compose["services"].values()
    built = {service["image"]: service["build"] for service in services if "build" in service}
    assert set(built) == {service["image"] for service in services} == set(IMAGES.values())
    for build in built.values():
        assert (ROOT / build["dockerfile"]).is_file()
        assert build["context"] == str(ROOT)
    assert compose["name"] == demo.PROJECT
