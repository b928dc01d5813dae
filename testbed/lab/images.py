"""The images that worlds are made of: built from this repository when their content has changed, and only then."""

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from testbed.lab.dockerfile import beginnings
from testbed.model.entry import Entry, Kind, tar
from testbed.model.problem import Problem

ROOT = Path(__file__).parents[2]
"""The repository: what the images are built from."""
CONTENT = "testbed.content"
"""The label that says what an image was built from, as a hash."""
BUILT = "testbed.image"
"""The label of what is built here: the name that it was built for, kept when a newer image takes that name."""
BASE = "glexec-testbed/base:made-by-make-images"
TAG = os.environ.get("TESTBED_TAG", "latest")
"""The tag of what is built here: checkouts that run side by side on one engine have one each."""
BUILD_LIMIT = 900.0
"""Seconds for one build."""


class Readable(Protocol):
    """What bytes are read from, none at its end."""

    def read(self, size: int = -1, /) -> bytes: ...


class ImageStore(Protocol):
    """What images are kept in. Every verb raises `Problem` when it fails and leaves nothing half-made."""

    def labels(self, reference: str) -> Mapping[str, str] | None:
        """The labels of an image, or nothing where there is no such image."""

    def identity(self, reference: str) -> str:
        """What tells an image from every other, or "" where there is no such image."""

    def load(self, reference: str, root: Readable, changes: Sequence[str] = ()) -> None:
        """Make an image of a root file system's tar."""

    def pull(self, reference: str, *, silence: float, limit: float) -> bool:
        """Fetch an image; whether it came within ``limit`` seconds and was never silent longer than ``silence``."""

    def build(
        self,
        context: Readable,
        dockerfile: str,
        reference: str,
        *,
        labels: Mapping[str, str],
        args: Mapping[str, str],
        limit: float,
    ) -> Iterator[str]:
        """Build an image from a tar; the lines that the builder says."""

    def tidy(self, label: str) -> None:
        """Remove the images with this label that have lost their names and that no container uses."""

    def cancel(self) -> None:
        """End at once what is under way in other threads, and start nothing more."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image of ours and what it is built from."""

    reference: str
    dockerfile: str
    inputs: tuple[str, ...]
    """Files and folders that its Dockerfile copies, itself included."""
    root: Path = ROOT
    """What they are relative to."""
    base: str = BASE
    """The image that it begins with: when that changes it is built anew."""


WORKER_NODE = Image(
    f"glexec-testbed/worker-node:{TAG}",
    "images/worker-node/Dockerfile",
    ("images/worker-node", "images/vm", "testbed/node"),
)
PILOT = Image(f"glexec-testbed/pilot:{TAG}", "images/pilot/Dockerfile", ("images/pilot", "testbed"))
AUTHORITY = Image(f"glexec-testbed/authority:{TAG}", "images/authority/Dockerfile", ("images/authority", "testbed"))
IMAGES = (WORKER_NODE, PILOT, AUTHORITY)
SANITIZED = Image(
    f"glexec-testbed/switch-sanitized:{TAG}",
    "images/switch-sanitized/Dockerfile",
    ("images/switch-sanitized", "images/worker-node/glexec"),
)
"""The reference built with sanitizers, as a switch to be held to the scenarios: for tests of the switch only."""


def ensure(store: ImageStore, images: Sequence[Image] = IMAGES) -> str:
    """Have every image as the repository has it now; says which had to be built."""
    stale = [image for image in images if _label(store, image.reference) != _content(store, image)]
    together(store, [partial(build, store, image) for image in stale])
    if stale:
        store.tidy(BUILT)
    names = ", ".join(image.reference.split("/")[-1].split(":")[0] for image in stale)
    return f"{names} built" if stale else "up to date"


def build(store: ImageStore, image: Image) -> None:
    """Build an image: the beginnings of its stages first and at the same time, then the whole out of their layers."""
    inputs = entries(image.inputs, image.root)
    text = next(entry.content for entry in inputs if entry.path == image.dockerfile).decode()
    stages = beginnings(text)
    begun = []
    for stage, dockerfile in stages.items():
        beginning = Entry(f"{image.dockerfile}.{stage}", dockerfile.encode())
        begun.append(partial(run_build, store, tar([*inputs, beginning]), beginning.path, f"{image.reference}-{stage}"))
    together(store, begun if len(stages) > 1 else [])
    labels = {CONTENT: content(inputs, _label(store, image.base))}
    run_build(store, tar(inputs), image.dockerfile, image.reference, labels=labels)


def run_build(
    store: ImageStore,
    context: bytes,
    dockerfile: str,
    reference: str,
    *,
    labels: Mapping[str, str] | None = None,
    args: Mapping[str, str] | None = None,
) -> None:
    """One build, to its end."""
    lines = store.build(
        io.BytesIO(context),
        dockerfile,
        reference,
        labels={BUILT: reference, **(labels or {})},
        args=args or {},
        limit=BUILD_LIMIT,
    )
    for _ in lines:
        pass


def together(store: ImageStore, jobs: Sequence[Callable[[], None]]) -> None:
    """Do all at the same time. The first that fails, or Ctrl-C, ends the others and is what is raised."""
    with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as workers:
        try:
            for done in as_completed([workers.submit(job) for job in jobs]):
                done.result()
        except BaseException:
            store.cancel()
            raise


def entries(paths: Iterable[str], root: Path = ROOT) -> list[Entry]:
    """The files below these paths, owners and unimportant permissions left out."""
    found = []
    for top in paths:
        if not (root / top).exists():
            raise Problem("a part of the repository is missing", where=str(root / top), remedy="git restore .")
        for path in sorted([root / top, *(root / top).rglob("*")]):
            name = str(path.relative_to(root))
            if path.is_symlink():
                found.append(Entry(name, kind=Kind.LINK, target=str(path.readlink()), mode=0o777))
            elif path.is_file() and path.suffix != ".pyc":
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                found.append(Entry(name, path.read_bytes(), mode))
    return found


def _label(store: ImageStore, reference: str) -> str:
    return (store.labels(reference) or {}).get(CONTENT, "")


def _content(store: ImageStore, image: Image) -> str:
    return content(entries(image.inputs, image.root), _label(store, image.base))


def content(tree: Iterable[Entry], *more: str) -> str:
    """The hash of a tree (paths, permissions, kinds, bytes) and of what else an image stands on."""
    digest = hashlib.sha256()
    for entry in tree:
        for part in (entry.path, f"{entry.mode:o}", entry.kind, entry.target):
            digest.update(part.encode() + b"\0")
        digest.update(hashlib.sha256(entry.content).digest())
    for text in more:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()
