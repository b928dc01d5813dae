"""One more module for a site's policies: what they were content with is asked once more."""

from collections.abc import Sequence

from testbed.site import pdl

ALIAS = "added"


def extended(content: bytes, module: str, words: Sequence[str] = ()) -> bytes:
    """An lcmaps.db whose policies go on with a module where they ended, each of its words a string of its own.

    >>> extended(b"a = x.mod\\nget:\\na -> b\\n", "y.mod", ["-n 1"])
    b'a = x.mod\\nadded = "y.mod" "-n 1"\\nget:\\na -> b\\nb -> added\\n'
    """
    database = pdl.parse(content)
    lines = content.decode().splitlines()
    for policy in reversed(database.policies):
        left = {rule.state for rule in policy.rules}
        ends = sorted(policy.aliases - left)
        last = max((rule.line for rule in policy.rules), default=policy.line)
        lines[last:last] = [f"{end} -> {ALIAS}" for end in ends]
    first = min((policy.line for policy in database.policies), default=len(lines) + 1)
    lines.insert(first - 1, " ".join([f'{ALIAS} = "{module}"', *(f'"{word}"' for word in words)]))
    return "\n".join([*lines, ""]).encode()
