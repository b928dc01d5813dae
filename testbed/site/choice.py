"""Which site's worker node a mode needs, and what a site does not offer."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from testbed.model.answers import MultiUser
from testbed.model.mode import WAYS, Installation, Mode
from testbed.model.person import Credential, cast_for
from testbed.site.load import example, load_site
from testbed.site.site import Site
from testbed.site.switch import Switch

EXAMPLES = {Installation.SETUID: "setuid-gridmap", Installation.LOG_ONLY: "logonly-gridmap"}
"""The shipped site for each way of installing the switch."""


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
        """The shipped sites, between them every mode."""
        return cls(tuple(example(name) for name in EXAMPLES.values()))

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
    def people(self) -> dict[str, Credential]:
        """Who can own a payload, by name."""
        return {person.name: person for person in cast_for(self.vos)}

    def site_for(self, mode: Mode) -> tuple[Site | None, str]:
        """The site that offers a mode; or none, and why."""
        refusals = [(site, _refusal(site, mode)) for site in self.sites]
        for site, refusal in refusals:
            if not refusal:
                return site, ""
        return None, "; ".join(refusal for _, refusal in refusals)

    def pool_for(self, site: Site, user: str) -> str | None:
        """The pool that a site's map files name for somebody, by the attributes of his proxy; None for nobody."""
        return site.pool_of(self.people[user].fqans, self.people[user].dn)


def _refusal(site: Site, mode: Mode) -> str:
    """Why a site does not offer a mode; empty when it does."""
    if site.answers.multi_user_pilots is MultiUser.NO:
        return f"the site {site.name} does not allow multi-user pilots (question 1)"
    way = WAYS[mode]
    if way.calls_switch and way.installation is not site.installation:
        return f"the site {site.name} installs the switch {site.installation}, mode {mode} needs it {way.installation}"
    return ""
