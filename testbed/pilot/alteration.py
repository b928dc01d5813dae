"""A file or folder of a node that is another for a while, and afterwards is what it was, inode and all."""

import contextlib
import itertools
from collections.abc import Iterator

from testbed.lab.host import Host

LIMIT = 20.0

_ALTER = """\
set -e
mv "$1" "$2"
[ "$3" = gone ] || cp -a "$2" "$1"
if [ "$3" = text ]; then cat >"$1"; fi
if [ -n "$4" ]; then chown -h "$4" "$1"; fi
if [ -n "$5" ]; then chmod "$5" "$1"; fi
if [ -n "$6" ]; then eval "$6"; fi
"""
_RESTORE = '[ -e "$2" ] || [ -h "$2" ] || exit 0; rm -rf "$1" && mv "$2" "$1"'

_numbers = itertools.count(1)


@contextlib.contextmanager
def altered(
    node: Host,
    path: str,
    text: str | bytes | None = None,
    *,
    owner: str = "",
    mode: str = "",
    script: str = "",
    gone: bool = False,
) -> Iterator[None]:
    """Other text, owner or mode, what a shell makes of ``$1``, or nothing at all, for as long as a ``with`` lasts.

    One may lie within another, for the same path as well: the last to come is the first to go.
    """
    kept = f"{path}.kept-{next(_numbers)}"
    what = "gone" if gone else "text" if text is not None else ""
    content = text.encode() if isinstance(text, str) else text or b""
    try:
        words = [path, kept, what, owner, mode, script]
        node.run(["sh", "-c", _ALTER, "sh", *words], stdin=content, limit=LIMIT).check()
        yield
    finally:
        node.run(["sh", "-c", _RESTORE, "sh", path, kept], limit=LIMIT).check()
