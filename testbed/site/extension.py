"""More modules for a site's policies: what they were content with is asked further."""

import itertools

from testbed.site import pdl


def extended(content: bytes, *modules: str) -> bytes:
    """An lcmaps.db whose policies go on with these modules, one after the other, where they ended.

    >>> extended(b"a = x.mod\\nget:\\na -> b\\n", "y.mod -n 1")
    b'a = x.mod\\nadded1 = "y.mod" "-n 1"\\nget:\\na -> b\\nb -> added1\\n'
    """
    database = pdl.parse(content)
    aliases = [f"added{number}" for number in range(1, len(modules) + 1)]
    lines = content.decode().splitlines()
    for policy in reversed(database.policies):
        ends = sorted(policy.aliases - {rule.state for rule in policy.rules})
        last = max((rule.line for rule in policy.rules), default=policy.line)
        links = [*((end, aliases[0]) for end in ends), *itertools.pairwise(aliases)]
        lines[last:last] = [f"{state} -> {then}" for state, then in links]
    first = min((policy.line for policy in database.policies), default=len(lines) + 1)
    lines[first - 1 : first - 1] = [_declared(*pair) for pair in zip(aliases, modules, strict=True)]
    return "\n".join([*lines, ""]).encode()


def _declared(alias: str, module: str) -> str:
    file, _, words = module.partition(" ")
    return f'{alias} = "{file}"' + (f' "{words}"' if words else "")
