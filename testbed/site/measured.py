"""A site as it is while a counter-measure is taken: what its worker node has to be allowed for that."""

import dataclasses
from collections.abc import Mapping

from testbed.model.measure import Measure
from testbed.site.capability import SYS_ADMIN
from testbed.site.site import Site

CAPABILITIES: Mapping[Measure, tuple[str, ...]] = dict.fromkeys(
    (Measure.HIDEPID, Measure.PRIVATE_TMP, Measure.TMP_NOSUID), (SYS_ADMIN,)
)
"""What a worker node may do for a measure beyond a container's usual rights. All with the same share warm worlds."""


def measured(site: Site, measure: Measure | None) -> Site:
    """The site whose worker node a measure can be taken on; the same where it needs nothing of the node."""
    needed = CAPABILITIES.get(measure, ()) if measure else ()
    if not needed:
        return site
    return dataclasses.replace(site, capabilities=tuple(dict.fromkeys((*site.capabilities, *needed))))
