"""What the file of a credential can be, as shell scripts that make it: ``$2``, of Alice's good one, ``$1``, as root."""

from collections.abc import Mapping

_THE_SAME = 'cp -p "$1" "$2"; '
_OWNED = '; chmod 600 "$2"; chown --reference="$1" "$2"'

SHARED: Mapping[str, str] = {
    "readable by the group": _THE_SAME + 'chmod 640 "$2"',
    "readable by others": _THE_SAME + 'chmod 644 "$2"',
    "executable by others": _THE_SAME + 'chmod 601 "$2"',
    "with a set-id bit": _THE_SAME + 'chmod 4600 "$2"',
    "of root": _THE_SAME + 'chown root "$2"',
    "of another account": _THE_SAME + 'chown 1 "$2"',
    "a symbolic link": 'ln -s "$1" "$2"',
    "a hard link": 'ln "$1" "$2"',
}
"""A good credential that is not the caller's alone, or not where he says."""

ODD: Mapping[str, str] = {
    "a pipe": 'mkfifo "$2"' + _OWNED,
    "a device that never ends": 'mknod "$2" c 1 5' + _OWNED,
    "a folder": 'mkdir "$2"' + _OWNED,
    "empty": ': >"$2"' + _OWNED,
    "huge": _THE_SAME + 'truncate -s 1G "$2"',
    "too big by padding": _THE_SAME + 'yes "# padding" | head -c 300000 >>"$2"',
    "truncated": 'head -c 700 "$1" >"$2"' + _OWNED,
    "with a NUL": _THE_SAME + 'printf "\\0" >>"$2"',
    "not there": ":",
}
"""No file, no whole one, or one without end."""

FILES: Mapping[str, str] = {**SHARED, **ODD}
