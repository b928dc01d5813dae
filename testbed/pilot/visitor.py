"""Who speaks with the VO, and what that person may do: its robot, a pilot of the robot's, or the owner of payloads."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.authority.party import Party
from testbed.model.problem import Problem
from testbed.pilot.home import Home
from testbed.pilot.proxies import Kept


class Forbidden(Problem):
    """Somebody asks for what is not his or hers."""


def print_of(chain: Sequence[bytes]) -> str:
    """The fingerprint of the first certificate of a chain; empty for none."""
    return hashlib.sha256(chain[0]).hexdigest() if chain else ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person at the other end of a connection, all of it verified."""

    dn: str
    fqans: tuple[str, ...]
    robot: bool
    """Whether it is the VO's own robot, which operates the queue, and all that it is."""
    role: str
    """The attribute of pilots."""
    owns: frozenset[str]
    """The names of which the payloads are this person's."""
    shows: str = ""
    """Which certificate it comes with, see `print_of`."""
    bound: bool = False
    """Whether that was made for one pilot alone: it is the robot's, and good for what a pilot asks only."""

    @classmethod
    def of(cls, party: Party, home: Home, owners: Mapping[str, Kept], *, bound: bool = False) -> "Visitor":
        """Who a verified party is to a VO. Raises `Forbidden` for strangers."""
        owns = frozenset(name for name, kept in owners.items() if kept.dn == party.dn)
        robot = party.dn == home.robot_dn
        if not robot and not owns:
            raise Forbidden(
                "the VO gives no answer to whom it does not know",
                found=party.dn,
                expected="its robot, or somebody whose proxy it keeps",
            )
        bound = bound and robot  # whoever else shows the certificates of such a chain is who the proxy says
        return cls(party.dn, party.fqans, robot and not bound, home.role, owns, print_of(party.chain), bound)

    def as_robot(self) -> None:
        """Raises `Forbidden` for everybody but the VO's robot."""
        if not self.robot:
            raise Forbidden("only the VO's robot may do this", found=self.dn)

    def as_pilot(self) -> None:
        """Raises `Forbidden` for everybody but the VO's robot in its role: users' proxies are for nobody else."""
        if not self.bound:
            self.as_robot()
        if self.role not in self.fqans:
            raise Forbidden(
                "only a pilot may do this",
                found=", ".join(self.fqans) or "no VOMS attributes that count",
                expected=self.role,
            )

    def as_owner(self, owner: str) -> None:
        """Raises `Forbidden` for everybody but this owner, and the robot, which acts for all."""
        if not self.robot and owner not in self.owns:
            raise Forbidden("this is somebody else's", where=owner, found=self.dn)
