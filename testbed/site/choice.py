"""Which site's worker node a mode needs, and what a site does not offer."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from testbed.model.answers import MultiUser
from testbed.model.bound import PATIENCE, Bound, bound
from testbed.model.case import Case
from testbed.model.cell import Authority, Cell
from testbed.model.condition import Situation
from testbed.model.kernel import Kernel
from testbed.model.mode import WAYS, Installation, Mode
from testbed.model.oracle import Expectation, expected
from testbed.model.person import Credential, cast_for
from testbed.site import service
from testbed.site.load import example, load_site
from testbed.site.site import Site
from testbed.site.standing import standing
from testbed.site.switch import Switch
from testbed.site.variant import log_only

EXAMPLES = ("setuid-gridmap", "logonly-gridmap", "setuid-argus", "logonly-argus", "setuid-scas", "setuid-gums")
"""The shipped sites. Of an authority that has none with a log-only switch, it is made of the one that it has."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The sites of one run: one that somebody brought, or the shipped examples."""

    sites: tuple[Site, ...]

    @classmethod
    def of_folder(cls, folder: Path) -> "Choice":
        """The site that somebody brought."""
        return cls((load_site(folder),))

    @classmethod
    def of_examples(cls) -> "Choice":
        """The shipped sites, between them every mode with every authority."""
        sites = [example(name) for name in EXAMPLES]
        both = {(site.authority, site.installation) for site in sites}
        like = next(site for site in sites if site.installation is Installation.LOG_ONLY)
        others = [site for site in sites if (site.authority, Installation.LOG_ONLY) not in both]
        return cls((*sites, *(log_only(site, like) for site in others)))

    def held_to(self, switch: Switch) -> "Choice":
        """The same sites with this switch on their worker nodes."""
        return Choice(tuple(dataclasses.replace(site, switch=switch) for site in self.sites))

    @property
    def switch(self) -> Switch | None:
        """The switch of this run's worker nodes, when it is not the reference."""
        return self.sites[0].switch

    @property
    def vos(self) -> tuple[str, ...]:
        """Every VO that one of the sites serves."""
        return tuple(dict.fromkeys(vo for site in self.sites for vo in site.vos))

    @property
    def authority_hosts(self) -> tuple[str, ...]:
        """Every host of an authority that the policy of one of the sites asks, by its name."""
        return tuple(dict.fromkeys(host for site in self.sites for host in site.authority_hosts))

    @property
    def people(self) -> dict[str, Credential]:
        """Who can own a payload, by name."""
        return {person.name: person for person in cast_for(self.vos)}

    def site_for(self, mode: Mode, authority: Authority = Authority.GRIDMAP) -> tuple[Site | None, str]:
        """The site that offers a mode and has its accounts from this authority; or none, and why."""
        sites = [site for site in self.sites if site.authority is authority]
        if not sites:
            others = " and ".join(dict.fromkeys(f"{site.name}'s from {site.authority}" for site in self.sites))
            return None, f"no account comes from {authority} here: {others}"
        refusals = [(site, _refusal(site, mode)) for site in sites]
        for site, refusal in refusals:
            if not refusal:
                return site, ""
        return None, "; ".join(refusal for _, refusal in refusals)

    def pool_for(self, site: Site, user: str) -> str | None:
        """The pool that a site's map files name for somebody, by the attributes of his proxy; None for nobody."""
        return site.pool_of(self.people[user].fqans, self.people[user].dn)

    def expectation(self, cell: Cell, site: Site, kernel: Kernel | None = None) -> Expectation:
        """What the oracle says of a cell at one of the sites."""
        answers = site.answers
        return expected(
            cell,
            self.pool_for(site, cell.user),
            answers.on_internal_error,
            tells=site.tells_causes,
            endpoints=len(service.endpoints(site)),
            conditions=answers.on_internal_error_if,
            situation=self.situation(cell.user),
            needs_trace=answers.needs_trace,
            kernel=kernel,
            standing=standing(site),
        )

    def bound(
        self, cell: Cell, site: Site, patience: float | None = None, retries: int = 0, pause: float = 0.0
    ) -> Bound:
        """How long a pilot may take in a cell whose modules wait ``patience`` seconds; ``None``: as the site says."""
        case = Case(
            cell,
            self.pool_for(site, cell.user),
            site.answers.on_internal_error,
            endpoints=len(service.endpoints(site)),
        )
        patience = service.patience(site) if patience is None else patience
        return bound(case, PATIENCE if patience is None else patience, retries=retries, pause=pause)

    def situation(self, user: str) -> Situation:
        """What the pilot of a scenario knows of somebody's payload: it is the only one on its node, and a new one."""
        owner, robot = self.people[user], self.people["pilot"]
        return Situation(
            owner=owner.dn,
            pilot_owner=robot.dn,
            fqans=owner.fqans,
            vo=owner.vo,
            pilots=1,
            runs=0,
            now=datetime.now(UTC),
        )


def _refusal(site: Site, mode: Mode) -> str:
    """Why a site does not offer a mode; empty when it does."""
    answers = site.answers
    depends = answers.multi_user_pilots is MultiUser.DEPENDS
    if answers.multi_user_pilots is MultiUser.NO or (depends and not answers.multi_user_pilots_if):
        return f"the site {site.name} does not allow multi-user pilots (question 1)"
    way = WAYS[mode]
    if way.calls_switch and way.installation is not site.installation:
        return f"the site {site.name} installs the switch {site.installation}, mode {mode} needs it {way.installation}"
    if way.user_namespaces and not site.user_namespaces:
        return f"the site {site.name} lets no account of its worker node make user namespaces, mode {mode} needs them"
    return ""
