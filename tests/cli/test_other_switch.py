"""Another switch held to the scenarios: bad input starts nothing, and the ledger decides what a deviation is."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.lab.engine import Engine
from testbed.lab.engine_images import DockerImages
from testbed.lab.images import TAG
from testbed.lab.machine import engine
from testbed.site.load import example_folder
from tests.cli.conftest import Command, Said

PASSED_ON = "contract/test_exit_codes.py::test_the_exit_code_of_the_payload_is_passed_on"
INSTALLED = "preflight/test_worker_node.py::test_the_switch_is_installed_as_the_mode_wants_it"
IMAGE = f"glexec-testbed/switch-of-a-test:{TAG}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--switch", "./gone"], "there is no such switch"),
        (["--switch", "."], "found:    an empty folder"),
        (["--switch", "/dev/null"], "this is no switch"),
        (["--switch", "/usr/bin/true", "--switch-name", "reference"], "a switch cannot be called 'reference'"),
        (["--switch-name", "theirs"], "--switch-name names nothing"),
        (["--switch", "no-such-image"], "no container engine answers"),
        (["--known", "gone.toml"], "the ledger of known differences cannot be read"),
    ],
    ids=" ".join,
)
def test_what_is_no_switch_starts_nothing(testbed: Command, words: list[str], message: str) -> None:
    said = testbed("run", *words)
    assert said.code == 2
    assert message in said.err
    assert said.work < 2


def test_an_image_that_does_not_exist_is_said(testbed: Command) -> None:
    said = testbed("run", "--switch", "glexec-testbed/no-such-switch", DOCKER_HOST=Engine().address)
    assert said.code == 2
    assert "the engine has no such image" in said.err


Held = Callable[..., Said]


@pytest.fixture
def held(testbed: Command, tmp_path: Path) -> Held:
    """One scenario and one cell of it, with `true` as the switch and a ledger of one entry."""

    def run(scenario: str, switch: str = "/usr/bin/true", cells: str = "setuid-gridmap", name: str = "true") -> Said:
        (tmp_path / "known.toml").write_text(
            f'[[difference]]\nswitch = "{name}"\nscenario = "{scenario}"\ncells = "{cells}"\nreason = "is true(1)"\n'
        )
        words = ("run", "setuid-gridmap", "-k", scenario.rpartition("::")[2], "--switch", switch)
        address = Engine().address
        return testbed(*words, "--known", "known.toml", "--results", "results", DOCKER_HOST=address)

    return run


def test_a_deviation_that_nobody_knows_fails_the_run(held: Held, tmp_path: Path) -> None:
    said = held(PASSED_ON, name="others")
    assert said.code == 1
    assert "1 deviating" in said.out
    assert "held to it: the switch true (/usr/bin/true, " in said.out
    assert json.loads((tmp_path / "results/run.json").read_text())["switch"].startswith("true (/usr/bin/true, ")


def test_a_known_difference_does_not_fail_the_run(held: Held) -> None:
    said = held(PASSED_ON)
    assert said.code == 0
    assert "known (1): is true(1)" in said.out


def test_a_known_difference_that_is_gone_fails_the_run(held: Held) -> None:
    said = held(INSTALLED)
    assert said.code == 1
    assert "known to differ (is true(1)), and does not any more" in said.out
    assert "known.toml:3" in said.out


def test_a_ledger_that_names_no_scenario_runs_nothing(held: Held) -> None:
    for scenario, cells, message in (
        (PASSED_ON.replace("passed", "past"), "setuid-gridmap", "a scenario that does not exist"),
        (PASSED_ON, "setuid-gridmap-bob", "a cell that the scenario does not have"),
    ):
        said = held(scenario, cells=cells)
        assert said.code == 2
        assert message in said.err


@pytest.fixture
def image() -> Iterator[Callable[..., str]]:
    """An image in the engine whose root file system is these files."""
    found = engine.look()
    assert found is not None
    images = DockerImages(found.address)

    def load(**files: bytes) -> str:
        root = io.BytesIO()
        with tarfile.open(fileobj=root, mode="w") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name.replace("__", "/"))
                member.size, member.mode = len(content), 0o755
                archive.addfile(member, io.BytesIO(content))
        root.seek(0)
        images.load(IMAGE, root)
        return IMAGE

    yield load
    Engine().api.remove_image(IMAGE)


def test_an_image_is_taken_apart_and_held_to_it(held: Held, image: Callable[..., str]) -> None:
    reference = image(usr__sbin__glexec=Path("/usr/bin/true").read_bytes())
    said = held(PASSED_ON, switch=reference, name="switch-of-a-test")
    assert said.code == 0, said.err
    assert f"the switch switch-of-a-test (image {reference}, " in said.out
    containers = Engine().api.containers(all=True, filters={"ancestor": reference})
    assert not containers


def test_an_image_of_more_than_a_switch_is_refused(testbed: Command, image: Callable[..., str]) -> None:
    reference = image(usr__sbin__glexec=b"program", etc__passwd=b"root::0:0::/:/bin/sh\n")
    said = testbed("run", "--switch", reference, DOCKER_HOST=Engine().address)
    assert said.code == 2
    assert "found:    /etc/passwd" in said.err
    assert "FROM scratch" in said.err


def test_a_site_s_own_switch_is_called_as_the_site_is(testbed: Command, tmp_path: Path) -> None:
    site = tmp_path / "mine"
    site.mkdir()
    for file in example_folder("setuid-gridmap").iterdir():
        (site / file.name).write_bytes(file.read_bytes())
    (site / "glexec").write_bytes(Path("/usr/bin/true").read_bytes())
    toml = site / "site.toml"
    toml.write_text(toml.read_text().replace('"setuid"\n', '"setuid"\npath = "glexec"\n', 1))
    said = testbed("run", "--site", "mine", "setuid-gridmap", "-k", "passed_on", DOCKER_HOST=Engine().address)
    assert said.code == 1
    assert "held to it: the switch setuid-gridmap (" in said.out
