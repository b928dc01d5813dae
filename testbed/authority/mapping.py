"""From a subject to an account: which lines of the map files count, and the lease of a pool account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.authority.dn import canonical
from testbed.authority.fqan import fqan
from testbed.authority.leases import Corrupt, GridMapDir, lease_name
from testbed.authority.mapfile import Line
from testbed.authority.party import Party


class NotMapped(Exception):
    """No line of the map file is for this subject: who."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """An account by its names. ``group`` is empty where no line says one."""

    user: str
    group: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapRules:
    """What a site can set about mapping, with Argus' defaults."""

    prefer_dn: bool = True
    """Argus' preferDNForLoginName."""
    prefer_dn_group: bool = True
    """Argus' preferDNForPrimaryGroupName."""
    groups_in_lease: bool = True
    """Argus' useSecondaryGroupNamesForMapping."""
    group_needed: bool = False
    """Argus' noPrimaryGroupNameIsError."""


@dataclass(frozen=True, slots=True)
class Mapper:
    """The grid-mapfile for accounts, the groupmapfile for groups, and the pool accounts.

    Source: AccountMapper, DNPrimaryFQANAccountIndicatorMappingStrategy and DNFQANGroupNameMappingStrategy of
    argus-pep-server. Our choice: a group that several lines name counts once.
    """

    accounts: tuple[Line, ...]
    groups: tuple[Line, ...]
    pool: GridMapDir | None = None
    rules: MapRules = MapRules()
    _by_dn: Mapping[tuple[str, ...], str] = field(init=False, repr=False, compare=False)
    _by_fqan: tuple[Line, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the lines of the grid-mapfile, of which a site has thousands: by name, and those of attributes."""
        by_dn: dict[tuple[str, ...], str] = {}
        for line in self.accounts:
            if line.dn:
                by_dn.setdefault(line.dn, line.targets[0])
        object.__setattr__(self, "_by_dn", by_dn)
        object.__setattr__(self, "_by_fqan", tuple(line for line in self.accounts if line.pattern is not None))

    def map(self, party: Party) -> Mapped:
        """The account of a subject. Raises `NotMapped`, `leases.PoolExhausted`, `leases.Corrupt`."""
        if not canonical(party.dn):
            raise Corrupt(f"the subject has no name: {party.dn or 'nothing'} is no DN")
        target = self._target(party)
        if not target:
            raise NotMapped(
                f"no line of the grid-mapfile is for {party.dn} with {', '.join(party.fqans) or 'no attributes'}"
            )
        names = self._groups(party) if party.fqans else []
        group, others = (names[0], tuple(names[1:])) if names else ("", ())
        if party.fqans and self.rules.group_needed and not group:
            raise NotMapped(f"no line of the groupmapfile is for {party.dn} with {', '.join(party.fqans)}")
        if not target.startswith("."):
            return Mapped(target, group, others)
        if self.pool is None:
            raise NotMapped(f"{party.dn} is to have an account of pool {target[1:]}, and there is no gridmapdir")
        in_name = [group, *(others if self.rules.groups_in_lease else ())] if group else []
        return Mapped(self.pool.lease(target[1:], lease_name(party.dn, in_name)), group, others)

    def _target(self, party: Party) -> str:
        """What the first line for the DN says, else the first one for the primary attribute; or the other way round."""
        primary = fqan(party.fqans[0]) if party.fqans else None
        by_dn = self._by_dn.get(canonical(party.dn), "")
        by_fqan = next((line.targets[0] for line in self._by_fqan if line.fits(primary)), "")
        return (by_dn or by_fqan) if self.rules.prefer_dn else (by_fqan or by_dn)

    def _groups(self, party: Party) -> list[str]:
        """Every group once, the primary one first; within each part in the order of the file."""
        person, attributes = canonical(party.dn), [fqan(name) for name in party.fqans]
        by_dn = [group for line in self.groups if line.names(person) for group in line.targets]
        primary = [group for line in self.groups if line.fits(attributes[0]) for group in line.targets]
        others = [group for line in self.groups if any(map(line.fits, attributes)) for group in line.targets]
        by_fqan = [*primary, *others]
        return list(dict.fromkeys([*by_dn, *by_fqan] if self.rules.prefer_dn_group else [*by_fqan, *by_dn]))
