"""The revocation list of the grid's authority is another one for a while, as after a run of fetch-crl."""

from contextlib import AbstractContextManager

from testbed.pilot.node_files import NodeFiles

_PUT = 'for list in "$1"/*.r0; do [ ! -e "$list" ] || cat >"$list" <<EOF\n{}EOF\ndone'
_REMOVED = 'rm "$1"/*.r0'


def published(files: NodeFiles, folder: str, crl: bytes | None) -> AbstractContextManager[None]:
    """The lists in a folder of certificates are this one, or not there; a folder that has none gets none."""
    return files.altered(folder, script=_REMOVED if crl is None else _PUT.format(crl.decode()))
