"""The image that every other one stands on: Debian 13 with this machine's package mirror."""

import os
from dataclasses import replace

from testbed.lab.images import BASE, CONTENT, ROOT, ImageStore, content, entries, run_build
from testbed.lab.machine import command, mirror, packages
from testbed.lab.machine.bootstrap import bootstrap
from testbed.lab.machine.mirror import Mirror
from testbed.lab.machine.phases import Say
from testbed.model.entry import Entry, folder, tar
from testbed.model.problem import Problem

FOLDER = "images/base"
REGISTRY = "debian:trixie-slim"
BOOTSTRAPPED = "glexec-testbed/root:trixie"
SILENCE = 4.0
"""Seconds of silence after which a registry is taken not to be there."""
PULL_LIMIT = 30.0
OVERRIDE = "TESTBED_BASE_IMAGE"
OVERRIDE_LIMIT = 600.0
"""Seconds for an image that was asked for by name."""


def ensure(store: ImageStore, say: Say) -> str:
    """Have the base image as it is to be on this machine now; says where it came from."""
    chosen = os.environ.get(OVERRIDE, "")
    if chosen and not store.identity(chosen):
        _pull(store, chosen, say)
    source = mirror.read()
    tree = [*entries([FOLDER]), *_carried(source)]
    wanted = content(tree, chosen, store.identity(chosen) if chosen else "")
    if (store.labels(BASE) or {}).get(CONTENT) == wanted:
        return "up to date"
    root, origin = (chosen, f"from {chosen}") if chosen else _debian(store, source, say)
    run_build(store, tar(tree), f"{FOLDER}/Dockerfile", BASE, labels={CONTENT: wanted}, args={"ROOT": root})
    return origin


def _carried(source: Mirror | None) -> list[Entry]:
    """The mirror's files as the Dockerfile copies them; a folder without any leaves an image's own mirror in force."""
    files = source.tree() if source else ()
    return [folder("mirror"), *(replace(entry, path=f"mirror{entry.path}") for entry in files)]


def _debian(store: ImageStore, source: Mirror | None, say: Say) -> tuple[str, str]:
    """The root that the base is made from, and where it came from."""
    if store.identity(REGISTRY):
        return REGISTRY, f"from {REGISTRY}, which was here"
    if store.pull(REGISTRY, silence=SILENCE, limit=PULL_LIMIT):
        return REGISTRY, f"from {REGISTRY}"
    if source is None:
        raise Problem(
            "there is nothing to make the base image from",
            found=f"no registry gives {REGISTRY}, and this machine's apt configuration names no Debian mirror",
            remedy=f"{OVERRIDE}=IMAGE make demo, with any image of Debian 13 that you can reach",
        )
    if not command.on_path("mmdebstrap"):
        packages.install(["mmdebstrap"], f"no registry gives {REGISTRY}", say)
    with bootstrap(source, ROOT / FOLDER / "dpkg.cfg") as root:
        store.load(BOOTSTRAPPED, root)
    return BOOTSTRAPPED, "bootstrapped from this machine's mirror"


def _pull(store: ImageStore, chosen: str, say: Say) -> None:
    say(f"{OVERRIDE}: fetching {chosen}")
    if not store.pull(chosen, silence=OVERRIDE_LIMIT, limit=OVERRIDE_LIMIT):
        raise Problem(
            f"the base image {chosen} cannot be had",
            where=OVERRIDE,
            remedy=f"docker pull {chosen} (docker login first where its registry asks for it), then try again",
        )
