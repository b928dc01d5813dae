"""Starts the VO's side: ``python3 -m testbed.pilot``, see `program`."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # nothing of what is loaded now is garbage: looking for some takes a tenth of the start
    from testbed.pilot.program import main

    sys.exit(main())
