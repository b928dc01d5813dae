"""A site that differs from another in one thing, so that no second folder has to be kept like the first."""

import dataclasses
import re

from testbed.model.mode import Installation
from testbed.site.folder import CONFIG, POLICY
from testbed.site.site import Site, SiteFile

_INTENDED = re.compile(rb"^(installation\s*=\s*)setuid", re.MULTILINE)


def log_only(site: Site, like: Site) -> Site:
    """The site with its switch installed without set-id bit, and with the answers and the nodes of such a site.

    A policy without lcmaps_posix_enf.mod is the same in both installations; callers then read the files themselves.
    """
    return dataclasses.replace(
        site,
        name=site.name.replace("setuid", "logonly"),
        description=f"{site.name} with a switch that only decides and records",
        answers=like.answers,
        installation=Installation.LOG_ONLY,
        user_namespaces=like.user_namespaces,
        own_network=like.own_network,
        machine_network=like.machine_network,
        files=tuple(_readable(file) for file in site.files),
    )


def _readable(file: SiteFile) -> SiteFile:
    if file.name not in (CONFIG, POLICY):
        return file
    return dataclasses.replace(file, content=_INTENDED.sub(rb"\1log-only", file.content), mode=0o644)
