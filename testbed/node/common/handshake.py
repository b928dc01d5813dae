"""The start handshake: a first line by which a payload says, in the words of the kernel that runs it, as whom."""

import re
from typing import Any

WRAPPER = (
    "read -r host </proc/sys/kernel/hostname; "
    'printf "started %s %s %s\\n" "$(/usr/bin/id -u)" "$(/usr/bin/id -un)" "$host"; exec "$@"'
)
"""For a shell, before a command: it needs no PATH, which the switch takes away, and leaves standard input unread."""
START = re.compile(rb"started (\d{0,10}) (\S*) (\S*)((?: [a-z_]+:\[\d{1,20}\]){0,10}) *\n")


def started(out: bytes) -> tuple[dict[str, Any] | None, list[str], bytes]:
    """Who the first line of an output says that it is; the namespaces that it names; and the output without it."""
    found = START.match(out)
    if found is None:
        return None, [], out
    uid, user, host, named = (part.decode(errors="replace") for part in found.groups())
    return {"uid": int(uid or -1), "user": user, "host": host}, named.split(), out[found.end() :]
