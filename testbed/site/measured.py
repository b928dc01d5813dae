"""A site as a raid needs it: what its worker node has to be allowed, and whose processes the kernel counts."""

import dataclasses
import os
from collections.abc import Mapping

from testbed.model.measure import Measure
from testbed.site.capability import SYS_ADMIN
from testbed.site.site import Site

CAPABILITIES: Mapping[Measure, tuple[str, ...]] = dict.fromkeys(
    (Measure.HIDEPID, Measure.PRIVATE_TMP, Measure.TMP_NOSUID), (SYS_ADMIN,)
)
"""What a worker node may do for a measure beyond a container's usual rights. All with the same share warm worlds."""
FEW_FILES, INODES = "/var/tmp", 120
"""A folder of a worker node that a load is tried on, and how many files and folders there may be in it."""
RUNS = 200_000
"""How far apart the numbers of one run are: no two processes that run at once on a machine are as far."""


def measured(site: Site, measure: Measure | None) -> Site:
    """The site whose worker node a measure can be taken on; the same where it needs nothing of the node."""
    needed = CAPABILITIES.get(measure, ()) if measure else ()
    if not needed:
        return site
    return dataclasses.replace(site, capabilities=tuple(dict.fromkeys((*site.capabilities, *needed))))


def loaded(site: Site, number: int = 0) -> Site:
    """The site as a load needs it: with uids for its pilots that no other world has, and a folder with few inodes.

    A kernel counts the processes of a uid for its limit (RLIMIT_NPROC) over all containers, those of other runs too;
    and no load takes so many inodes as the disk of this machine has.
    """
    own = 100_000 + (os.getpid() + number * RUNS) % 1_000_000 * site.pilots.count
    pilots = dataclasses.replace(site.pilots, first_uid=own)
    return dataclasses.replace(site, pilots=pilots, tmpfs=((FEW_FILES, f"mode=1777,size=8m,nr_inodes={INODES}"),))
