"""The measured sites: the examples of each authority, and an Argus that knows a crowd as well, everybody by name."""

import dataclasses
import re

from testbed.model.cell import Authority
from testbed.site.load import example
from testbed.site.pool import Group, Pool
from testbed.site.site import Site

EXAMPLES = {
    Authority.GRIDMAP: "setuid-gridmap",
    Authority.ARGUS: "setuid-argus",
    Authority.SCAS: "setuid-scas",
    Authority.GUMS: "setuid-gums",
}
CROWD = Pool("crowd", 2000, 60001, Group("crowd", 60000), width=4, vo="alpha")
"""One account for each of the crowd: newcomer 17 is ``crowd0017``, and nobody else is."""
ACTION = 'action "http://glite.org/xacml/action/execute" {'
_LIMIT = re.compile(rb"--timeout \d+")
ANYBODY = 'rule permit { subject-issuer = "/DC=org/DC=testbed/CN=Testbed CA" }'
"""Alters the example's policy: SCAS' name of the same action, and people without attributes."""


def asked(authority: Authority) -> Site:
    """The example as it is, of which one host is asked."""
    return example(EXAMPLES[authority])


def crowded() -> Site:
    """The example of Argus; people without attributes may run payloads too, each on an account of their own."""
    site = asked(Authority.ARGUS)
    lines = [f'"/DC=org/DC=testbed/O=People/CN={person(number)}" {account(number)}\n' for number in numbers()]

    def altered(name: str, content: bytes) -> bytes:
        if name.endswith("/policy.spl"):
            assert ACTION in content.decode()
            return content.replace(ACTION.encode(), f'action ".*" {{\n        {ANYBODY}'.encode())
        return content + "".join(lines).encode() if name.endswith("/grid-mapfile") else content

    known = tuple(dataclasses.replace(file, content=altered(file.name, file.content)) for file in site.authority_files)
    files = tuple(dataclasses.replace(file, content=_patient(file.content)) for file in site.files)
    return dataclasses.replace(
        site, name="crowded-argus", pools=(*site.pools, CROWD), files=files, authority_files=known
    )


def _patient(policy: bytes) -> bytes:
    """The modules wait as long as the real ones do: with so many at once nobody is quick, and nothing is broken."""
    return _LIMIT.sub(b"--timeout 30", policy)


def numbers() -> range:
    """Everybody of the crowd, from 1 on."""
    return range(1, CROWD.count + 1)


def person(number: int) -> str:
    """The common name of one of the crowd, as `bench.crowd` gives it."""
    return f"Newcomer {number:02}"


def account(number: int) -> str:
    """The account of one of the crowd, and of nobody else."""
    return CROWD.accounts[number - 1].name
