"""Images are rebuilt when their content changed and only then; what goes wrong is shown once and leaves nothing."""

import io
import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from testbed.lab.dockerfile import beginnings
from testbed.lab.engine_images import DockerImages
from testbed.lab.images import BASE, CONTENT, ROOT, Image, content, ensure, entries, run_build, together
from testbed.lab.machine import engine
from testbed.lab.machine.http import connection
from testbed.model.entry import Entry, tar
from testbed.model.problem import Problem

NAME = "glexec-testbed-test/toy"


def listing(kind: str, filters: dict[str, list[str]]) -> set[str]:
    """The ids of the containers or images that the engine lists."""
    found = engine.look()
    assert found, "an engine runs wherever tests do: make test sees to it"
    asked = connection(found.address, 10)
    asked.request("GET", f"/{kind}/json?{urlencode({'all': 1, 'filters': json.dumps(filters)})}")
    return {thing["Id"] for thing in json.load(asked.getresponse())}


def containers() -> set[str]:
    """What the builder runs for these tests."""
    return listing("containers", {"label": ["testbed.test=toy"]})


@pytest.fixture
def store() -> Iterator[DockerImages]:
    """The engine's images; the toy ones are removed afterwards."""
    found = engine.look()
    assert found, "an engine runs wherever tests do: make test sees to it"
    yield DockerImages(found.address)
    for image in listing("images", {"reference": [NAME]}):
        asked = connection(found.address, 30)
        asked.request("DELETE", f"/images/{image}?force=1")
        asked.getresponse().read()


def toy(folder: Path, *lines: str) -> Image:
    (folder / "toy").mkdir(exist_ok=True)
    (folder / "toy" / "Dockerfile").write_text("\n".join(lines) + "\n")
    return Image(f"{NAME}:latest", "toy/Dockerfile", ("toy",), folder)


def test_the_same_content_has_the_same_hash_whatever_the_dates_and_owners(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "x").mkdir(parents=True)
        (tmp_path / name / "x" / "a").write_text("a")
    (tmp_path / "one" / "x" / "a").chmod(0o600)
    (tmp_path / "two" / "x" / "__pycache__").mkdir()
    (tmp_path / "two" / "x" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert content(entries(["x"], tmp_path / "one")) == content(entries(["x"], tmp_path / "two"))


@pytest.mark.parametrize(
    "changed",
    [Entry("a", b"B"), Entry("b", b"A"), Entry("a", b"A", 0o755)],
    ids=["bytes", "name", "permission"],
)
def test_any_change_that_matters_changes_the_hash(changed: Entry) -> None:
    assert content([changed]) != content([Entry("a", b"A")])
    assert content([Entry("a", b"A")], "base") != content([Entry("a", b"A")], "other base")


def test_a_part_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="missing"):
        entries(["gone"], tmp_path)


def test_an_image_is_built_once_and_again_when_its_content_changed(store: DockerImages, tmp_path: Path) -> None:
    image = toy(tmp_path, "FROM scratch", "COPY toy /toy")
    assert ensure(store, [image]) == "toy built"
    first = store.identity(image.reference)
    assert ensure(store, [image]) == "up to date"
    assert store.identity(image.reference) == first
    (tmp_path / "toy" / "more").write_text("more")
    assert ensure(store, [image]) == "toy built"
    assert store.identity(image.reference) != first
    assert not store.identity(first), "the image that lost its name is gone"


def test_a_build_that_fails_shows_the_builders_last_lines_and_leaves_nothing(
    store: DockerImages, tmp_path: Path
) -> None:
    image = toy(tmp_path, f"FROM {BASE}", "LABEL testbed.test=toy", "RUN seq 100; echo here it broke; exit 3")
    with pytest.raises(Problem, match="cannot be built") as caught:
        ensure(store, [image])
    lines = caught.value.cause.splitlines()
    assert "here it broke" in lines
    assert "100" in lines
    assert "1" not in lines, "the last lines only"
    assert "returned a non-zero code: 3" in lines[-1]
    assert not store.identity(image.reference)
    assert not containers()
    assert not listing("images", {"label": ["testbed.test=toy"]}), "layers of a build that failed"


def test_a_base_that_is_missing_is_named(store: DockerImages, tmp_path: Path) -> None:
    image = toy(tmp_path, "FROM glexec-testbed-test/none:made-by-nobody", "COPY toy /toy")
    with pytest.raises(Problem) as caught:
        ensure(store, [image])
    assert "glexec-testbed-test/none" in caught.value.cause


def test_a_failure_ends_the_builds_beside_it_at_once(store: DockerImages) -> None:
    began = time.monotonic()

    def fail() -> None:
        while not containers():
            assert time.monotonic() < began + 60
            time.sleep(0.05)
        raise Problem("the other one fails")

    dockerfile = Entry("Dockerfile", f"FROM {BASE}\nLABEL testbed.test=toy\nRUN sleep 600\n".encode())
    slow = partial(run_build, store, tar([dockerfile]), "Dockerfile", f"{NAME}:slow")
    with pytest.raises(Problem, match="the other one fails"):
        together(store, [slow, fail])
    while containers():
        assert time.monotonic() < began + 60, "the builder's container is still there"
        time.sleep(0.05)


def test_a_root_that_breaks_off_makes_no_image(store: DockerImages) -> None:
    class BreaksOff(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if block := super().read(512):
                return block
            raise Problem("mmdebstrap failed")

    with pytest.raises(Problem, match="mmdebstrap failed"):
        store.load(f"{NAME}:broken", BreaksOff(tar([Entry("a", b"a" * 5000)])))
    assert not store.identity(f"{NAME}:broken")


def test_a_root_becomes_an_image_with_its_labels(store: DockerImages) -> None:
    store.load(f"{NAME}:root", io.BytesIO(tar([Entry("a", b"a")])), [f"LABEL {CONTENT}=42"])
    assert store.labels(f"{NAME}:root") == {CONTENT: "42"}


def test_an_image_that_is_not_there_has_neither_labels_nor_identity(store: DockerImages) -> None:
    assert store.labels(f"{NAME}:none") is None
    assert store.identity(f"{NAME}:none") == ""


def test_a_registry_that_cannot_be_reached_gives_nothing_within_the_limit(store: DockerImages) -> None:
    began = time.monotonic()
    assert not store.pull("127.0.0.1:9/glexec-testbed-test/none:latest", silence=4, limit=30)
    assert time.monotonic() - began < 10


def test_the_beginning_of_a_stage_ends_where_it_needs_another_one() -> None:
    text = (
        "ARG BASE=x\nFROM ${BASE} AS one\nRUN make\n\nFROM one AS two\nRUN two\n\nfrom debian\nRUN last\n"
        "COPY --chmod=0755 --from=one /a /a\nRUN never\n"
    )
    assert beginnings(text) == {
        "one": "ARG BASE=x\nFROM ${BASE} AS one\nRUN make\n\n",
        "last": "ARG BASE=x\nfrom debian\nRUN last\n",
    }


def test_the_worker_nodes_stages_are_begun_side_by_side() -> None:
    assert list(beginnings((ROOT / "images/worker-node/Dockerfile").read_text())) == ["switch", "vm", "last"]


def test_a_stage_from_scratch_has_no_beginning() -> None:
    text = "FROM debian AS one\nRUN a\nFROM scratch\nCOPY --from=one /a /a\n"
    assert list(beginnings(text)) == ["one"]
