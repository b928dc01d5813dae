"""The measured sites: the examples, and variants of them in which a plain proxy's DN alone says who becomes whom."""

import dataclasses

from testbed.model.mode import Installation
from testbed.site.load import example
from testbed.site.site import Site

EXAMPLES = {Installation.SETUID: "setuid-gridmap", Installation.LOG_ONLY: "logonly-gridmap"}
ACCOUNTS = 40
"""In the pool of alpha: as many as had the 12 newcomers of the trial that 14 of 300 first mappings failed in."""

POLICY = """path = /usr/lib/lcmaps
verify_proxy = "lcmaps_verify_proxy.mod"
               " -certdir /etc/grid-security/certificates"
               " --allow-limited-proxy"
{plugin}
glexec_get_account:
verify_proxy -> account
"""
POOL = """account = "lcmaps_poolaccount.mod"
          " -gridmapfile /etc/grid-security/grid-mapfile"
          " -gridmapdir /etc/grid-security/gridmapdir"
"""
LOCAL = """account = "lcmaps_localaccount.mod"
          " -gridmapfile /etc/grid-security/grid-mapfile"
"""
PEOPLE = '"/DC=org/DC=testbed/O=People/CN=*"'
NEWCOMER = '"/DC=org/DC=testbed/O=People/CN=Newcomer 01"'
"""The plug-in that gives a fixed account takes no asterisk in a DN (seen)."""


def by_voms() -> Site:
    """The example of a set-id installation as it is: VOMS attributes give groups and a pool account."""
    return example(EXAMPLES[Installation.SETUID])


def by_dn_from_pool() -> Site:
    """Set-id; everybody gets an account of alpha's pool, VOMS attributes or not."""
    site = _with_policy(example(EXAMPLES[Installation.SETUID]), "pool-by-dn", POOL, f"{PEOPLE} .alpha\n")
    pools = [dataclasses.replace(pool, count=ACCOUNTS) if pool.prefix == "alpha" else pool for pool in site.pools]
    return dataclasses.replace(site, pools=tuple(pools))


def by_dn_one_account(installation: Installation) -> Site:
    """The first newcomer has a fixed account: the same policy in both installations, for it leases nothing."""
    site = example(EXAMPLES[installation])
    return _with_policy(site, f"account-by-dn-{installation}", LOCAL, f"{NEWCOMER} alpha001\n")


def _with_policy(site: Site, name: str, plugin: str, mapfile: str) -> Site:
    """The site with another policy and another grid-mapfile."""
    contents = {"lcmaps.db": POLICY.format(plugin=plugin).encode(), "grid-mapfile": mapfile.encode()}
    files = [dataclasses.replace(file, content=contents.get(file.name, file.content)) for file in site.files]
    return dataclasses.replace(site, name=name, files=tuple(files))
