"""docker-compose.yml and the lab's worlds are the same thing: images, hosts, first processes, privileges."""

import json
import subprocess
from typing import Any

import pytest

from testbed.lab import demo
from testbed.lab.images import ROOT, WORKER_NODE
from testbed.lab.layout import PILOT
from testbed.lab.session import IMAGES
from testbed.lab.world import LeasedWorld
from testbed.site.load import example, examples


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as Compose itself understands it."""
    command = ["docker", "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--format", "json"]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=30).stdout)
    return found


def test_compose_has_a_worker_node_for_each_example_site_and_one_pilot(compose: dict[str, Any]) -> None:
    nodes = {name for name, service in compose["services"].items() if service["image"] == WORKER_NODE.reference}
    assert nodes == set(demo.NODES.values())
    assert set(compose["services"]) == {*nodes, PILOT, "prepare"}
    prepared = dict(word.split("=") for word in compose["services"]["prepare"]["entrypoint"] if "=" in word)
    assert set(prepared) == nodes
    assert set(prepared.values()) == set(examples())
    for installation, node in demo.NODES.items():
        assert example(prepared[node]).installation is installation


def test_both_use_the_same_images_and_start_them_alike(compose: dict[str, Any], world: LeasedWorld) -> None:
    for name, service in compose["services"].items():
        if name == "prepare":
            continue
        host = PILOT if name == PILOT else "worker-node"
        container = world.pilot if name == PILOT else world.worker
        assert service["image"] == IMAGES[host]
        assert service["hostname"] == name
        # Neither says anything of the command, the user or the working folder: the image alone does.
        assert not {"command", "user", "working_dir", "privileged", "cap_add", "security_opt"} & {
            key for key, value in service.items() if value
        }
        settings = container.settings()
        assert (settings["CapAdd"], settings["SecurityOpt"], settings["Privileged"]) == (None, None, False)


def test_every_image_of_compose_is_built_from_the_repository(compose: dict[str, Any]) -> None:
    services = compose["services"].values()
    built = {service["image"]: service["build"] for service in services if "build" in service}
    assert set(built) == {service["image"] for service in services} == set(IMAGES.values())
    for build in built.values():
        assert (ROOT / build["dockerfile"]).is_file()
        assert build["context"] == str(ROOT)
    assert compose["name"] == demo.PROJECT
