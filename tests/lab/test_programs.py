"""Programs that are folders, on a worker node: their modules are compiled in its image, and root's alone."""

import pytest

from testbed.lab.layout import NODE, PYTHON
from testbed.lab.world import LeasedWorld

PROGRAMS = {"agent": (), "container": ("--help",), "vm": ("--help",)}
COMPILED = f"find {NODE} -path '*/__pycache__/*' -name '*.pyc'"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_pilots_account_loads_compiled_modules_of_just_these_sources(world: LeasedWorld, program: str) -> None:
    """Else each start reads the whole source anew; -v says of each module where it is from."""
    command = [*PYTHON, "-v", f"{NODE}/{program}", *PROGRAMS[program]]
    done = world.node.run(command, user=world.site.pilot_accounts[0].name, limit=10)
    said = done.err.decode().splitlines()
    loaded = {line.split("'")[1] for line in said if line.startswith(("# code object from", "import 'node."))}
    assert not [path for path in loaded if path.startswith(NODE) and not path.endswith(".pyc")]
    assert len([path for path in loaded if path.startswith(f"{NODE}/{program}/")]) > 5


def test_nobody_but_root_can_write_a_compiled_module(world: LeasedWorld) -> None:
    """It would run as whoever starts the program, with a source that looks as it should."""
    assert len(world.node.run(["sh", "-c", COMPILED], limit=10).text.splitlines()) > 50
    writable = f"find {NODE} ! -type l ( -perm /022 -o ! -user root )".split()
    assert world.node.run(writable, limit=10).check().text == ""
