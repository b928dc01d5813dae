"""Starts the launcher of containers: ``/usr/bin/python3 -I -S .../node/container WORD...``.

Python puts a folder that it is to run before all others where it looks for modules, and ours could stand in for parts
of the standard library. So the folder is taken from there; the one that all of ours is in comes last.
"""

import os
import sys
from importlib import import_module

del sys.path[0]
sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.exit(import_module("node.container.launcher").main(sys.argv[1:]))
