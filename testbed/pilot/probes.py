"""The probes of testbed/node/probes: programs that payloads run."""

import json
from importlib import resources

PACKAGE = "testbed.node.probes"
LOADER = """\
import sys, types
def module(name, source):
    made = types.ModuleType(name)
    made.__file__ = name.rpartition(".")[2] + ".py"
    sys.modules[name] = made
    exec(compile(source, made.__file__, "exec"), made.__dict__)
"""


def probe(name: str, *parts: str, told: object = None) -> bytes:
    """The source of a probe, to be run by ``python3 -``; ``parts`` are those of the others that it imports, in order.

    A payload gets a single file, so these come along as source and are made modules of before the probe itself runs.
    What it is ``told`` so, as JSON, is its argument and stands in no command line: everybody reads these.
    """
    if not parts and told is None:
        return _source(name)
    told_so = "" if told is None else f"import sys\nsys.argv[1:] = {[json.dumps(told)]!r}"
    modules = [f"module({f'{PACKAGE}.{part}'!r}, {_source(part).decode()!r})" for part in parts]
    return "\n".join((told_so, LOADER, *modules, _source(name).decode())).encode()


def _source(name: str) -> bytes:
    return resources.files(PACKAGE).joinpath(f"{name}.py").read_bytes()
