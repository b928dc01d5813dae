"""What a payload of mode container has for itself and what it shares with its node; and the known weak variants."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.model.problem import Problem, nearest, shown

OWN, SHARED = "own", "shared"

USUAL: Mapping[str, str | bool] = {
    "pid": OWN,
    "ipc": OWN,
    "shm": OWN,
    "network": SHARED,
    "tmp": OWN,
    "home": OWN,
    "clean_environment": True,
    "close_descriptors": True,
    "die_with_parent": True,
    "new_session": True,
}
"""The options of mode container, as testbed/node/container has them; a test keeps both alike."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A container that differs from the usual one, and what is known of such."""

    name: str
    options: Mapping[str, str | bool]
    says: str
    """What a payload gets of it; or loses, of the one that is stronger."""
    source: str
    apart: frozenset[str] = field(default=frozenset(("user", "mnt", "pid", "ipc")))
    """The kinds of namespaces, of those that count, in which the payload is not where its pilot is."""


VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(
            "shared-pid",
            {"pid": SHARED},
            "it sees the processes of the node, and signals and slows down those of its uid, the pilot's among them",
            "DIRAC SingularityComputingElement at b5bc25cb passes --contain --ipc --userns and no --pid; glideinWMS "
            "singularity_setup.sh: --pid may be disabled by configuration; A06, A10 and A11 of our facts, observed",
            frozenset(("user", "mnt", "ipc")),
        ),
        Variant(
            "shared-ipc",
            {"ipc": SHARED},
            "it attaches to the System V shared memory of its uid",
            "A16 of our facts, observed",
            frozenset(("user", "mnt", "pid")),
        ),
        Variant(
            "shared-shm",
            {"shm": SHARED},
            "it reads what its uid keeps in /dev/shm, an ipc namespace or none",
            "A17 of our facts, observed: the ipc namespace does not cover /dev/shm",
        ),
        Variant(
            "shared-tmp",
            {"tmp": SHARED},
            "it reads what its uid keeps in /tmp, the pilot's proxy among it, and leaves behind what it likes",
            "A15 and A25 of our facts; apptainer without --contain shares /tmp",
        ),
        Variant(
            "shared-home",
            {"home": SHARED},
            "what it writes to .bashrc or .ssh/authorized_keys the next payload of the account finds",
            "A14 of our facts; apptainer without --contain shares the home",
        ),
        Variant(
            "inherited-environment",
            {"clean_environment": False},
            "it reads the pilot's variables",
            "A22 of our facts: apptainer without --cleanenv; DIRAC, PanDA",
        ),
        Variant(
            "inherited-descriptors",
            {"close_descriptors": False},
            "what the launcher was given open, it has open",
            "A21 of our facts, seen in the field: OSG-2018-03-05, CVE-2024-21626",
        ),
        Variant(
            "outlives-its-launcher",
            {"die_with_parent": False},
            "it runs on when the pilot and the launcher are killed",
            "A12 of our facts: bubblewrap without --die-with-parent",
        ),
        Variant(
            "same-session",
            {"new_session": False},
            "it may put words into a terminal that the launcher has",
            "CVE-2017-5226: bubblewrap without --new-session; TIOCSTI needs dev.tty.legacy_tiocsti = 1 since Linux 6.2",
        ),
        Variant(
            "own-network",
            {"network": OWN},
            "stronger: no port and no abstract socket of the node is there, and no network either",
            "A18 and A19 of our facts, observed; EGI CSIRT of 2022-10-19 has sites disable network namespaces",
        ),
    )
}
"""Known deviations, the weak ones first."""


def checked(data: object) -> Mapping[str, str | bool]:
    """Options of JSON data; a `Problem` names what is wrong with them."""
    if not isinstance(data, Mapping):
        raise Problem("options of a container that make no sense", found=shown(data), expected="an object")
    for name, value in data.items():
        if name not in USUAL:
            near = nearest(str(name), USUAL)
            remedy = f"did you mean {near!r}?" if near else ""
            raise Problem("a container has no such option", found=shown(name), expected=", ".join(USUAL), remedy=remedy)
        words = isinstance(USUAL[name], str)
        if value not in (OWN, SHARED) if words else not isinstance(value, bool):
            expected = f"{OWN} or {SHARED}" if words else "true or false"
            raise Problem(f"an option of a container that means nothing: {name}", found=shown(value), expected=expected)
    return dict(data)
