"""Runs in a mount namespace with its own accounts: answers lines of JSON, each the parts of an account that is granted.

``python3 -m tests.lcmaps_plugins.accounts pep.so``
"""

import ctypes
import json
import sys

from tests.lcmaps_plugins.pep import granted


def main() -> None:
    """Until standard input ends."""
    library = ctypes.CDLL(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(granted(library, *map(tuple, json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
