"""One point of the matrix: what is run, how it is kept apart, what is broken on purpose."""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from testbed.model.answers import OnInternalError
from testbed.model.attack import Attack
from testbed.model.fault import Fault
from testbed.model.measure import Measure
from testbed.model.mode import Mode
from testbed.model.person import cast
from testbed.model.problem import Problem, nearest


class Authority(StrEnum):
    """Where the account comes from."""

    GRIDMAP = "gridmap"
    """Local LCMAPS only: grid-mapfile, groupmapfile, gridmapdir."""
    ARGUS = "argus"
    """An Argus PEP daemon, asked by lcmaps_c_pep.mod."""
    SCAS = "scas"
    """A SCAS server, asked by lcmaps_scas_client.mod."""
    GUMS = "gums"
    """A GUMS server, asked by lcmaps_gums_client.mod, which is the same module."""


USERS = tuple(credential.name for credential in cast() if not credential.robot)
"""Who can own a payload: the credential names of the test grid."""

AXES: dict[str, tuple[str, ...]] = {
    "mode": tuple(Mode),
    "authority": tuple(Authority),
    "fault": tuple(Fault),
    "on_internal_error": tuple(OnInternalError),
    "user": USERS,
    "attack": tuple(Attack),
    "measure": tuple(Measure),
}
"""Every axis with its words, in the order in which a cell's id names them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``None`` on an axis means that the question does not arise; it is left out of the id."""

    mode: Mode
    authority: Authority = Authority.GRIDMAP
    fault: Fault = Fault.NONE
    on_internal_error: OnInternalError | None = None
    user: str = "alice"
    attack: Attack | None = None
    measure: Measure | None = None
    """What is done against the attack."""

    @property
    def id(self) -> str:
        """The stable, addressable name, defaults left out: ``setuid-gridmap-no-config-yes``."""
        words = [str(self.mode), str(self.authority)]
        for field in dataclasses.fields(self)[2:]:
            value = getattr(self, field.name)
            if value != field.default:
                words.append(str(value))
        return "-".join(words)

    @classmethod
    def parse(cls, text: str) -> "Cell":
        """The cell of an id.

        >>> Cell.parse("log-only-gridmap-no-config-yes").fault
        <Fault.NO_CONFIG: 'no-config'>
        """
        chosen: dict[str, str] = {}
        rest = text
        for axis, words in AXES.items():
            for word in sorted(words, key=len, reverse=True):
                if rest == word or rest.startswith(f"{word}-"):
                    chosen[axis], rest = word, rest[len(word) + 1 :]
                    break
        if rest or text.endswith("-") or "mode" not in chosen:
            raise _unknown(text, rest or text)
        return cls(**{axis: of(axis, word) for axis, word in chosen.items()})  # type: ignore[arg-type]


def of(axis: str, word: str) -> str:
    """The value of an axis that a word names, or a `Problem` with the nearest right word."""
    if axis not in AXES:
        near = nearest(axis, AXES)
        raise Problem(
            f"unknown axis {axis!r}",
            expected="one of " + ", ".join(AXES),
            remedy=f"did you mean {str(near)!r}?" if near else "",
        )
    if word not in AXES[axis]:
        near = nearest(word, AXES[axis])
        raise Problem(
            f"unknown {axis.replace('_', ' ')} {word!r}",
            expected="one of " + ", ".join(AXES[axis]),
            remedy=f"did you mean {str(near)!r}?" if near else "",
        )
    return AXES[axis][AXES[axis].index(word)]


def cells(**axes: str) -> Iterator[Cell]:
    """Every cell of a declaration: words of an axis are separated by blanks, axes are multiplied.

    >>> [cell.id for cell in cells(mode="none setuid", user="bob")]
    ['none-gridmap-bob', 'setuid-gridmap-bob']
    """
    declared = [[(axis, of(axis, word)) for word in words.split()] for axis, words in axes.items()]
    for combination in itertools.product(*declared):
        yield Cell(**dict(combination))  # type: ignore[arg-type]


def _unknown(text: str, rest: str) -> Problem:
    words = [word for axis in AXES.values() for word in axis]
    near = nearest(rest, words)
    return Problem(
        f"no cell has the id {text!r}",
        found=f"{rest!r} names nothing",
        expected="MODE-AUTHORITY[-FAULT][-ANSWER][-USER][-ATTACK[-MEASURE]], such as setuid-gridmap-bobs-proxy",
        remedy=f"did you mean {str(near)!r}?" if near else "testbed list",
    )
