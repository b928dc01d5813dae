"""Who may know whom: the house's import directions, read from the code itself."""

import ast
import sys
from pathlib import Path

import pytest

import testbed

PACKAGE = Path(testbed.__file__).parent
ALLOWED = {
    "model": {"model"},
    "authority": {"model", "authority"},
    "site": {"model", "authority", "site"},
    "credentials": {"model", "credentials"},
    "report": {"model", "report"},
    "lab": {"model", "site", "credentials", "authority", "report", "lab"},
    "pilot": {"model", "site", "credentials", "authority", "report", "lab", "pilot"},
    "faults": {"model", "site", "credentials", "authority", "report", "lab", "faults"},
    "node": {"node"},  # and see below
    "plugin": {"model", "site", "credentials", "authority", "report", "lab", "pilot", "faults", "plugin"},
    "__main__": {"cli"},
    "cli": {"model", "site", "credentials", "authority", "report", "lab", "pilot", "faults"},
}
ONLY_IN = {
    "docker": {"lab/engine.py", "lab/engine_images.py"},
    "paramiko": {"lab/ssh.py"},
    "pytest": {"plugin/"},
}


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, by its full name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module) if node.level == 0 else relative(path, node)
            names |= {f"{module}.{alias.name}" for alias in node.names} | {module}
    return names


def relative(path: Path, node: ast.ImportFrom) -> str:
    """What a relative import means, which only programs in folders of the node's have."""
    place = ("testbed", *path.relative_to(PACKAGE).parts[:-1])
    assert (place[:2], len(place)) == (("testbed", "node"), 3), f"{path} imports relatively"
    return ".".join((*place[: len(place) + 1 - node.level], str(node.module)))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_room_may_know(path: Path) -> None:
    place = path.relative_to(PACKAGE)
    if str(place) == "__init__.py":
        assert not imported(path)
        return
    allowed = ALLOWED[place.parts[0].removesuffix(".py")]
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("testbed.")}
    assert rooms - {"__version__"} <= allowed


@pytest.mark.parametrize("path", sorted((PACKAGE / "node").rglob("*.py")), ids=lambda path: path.name)
def test_what_runs_on_a_node_is_one_file_or_one_folder_and_imports_nothing_else_of_ours(path: Path) -> None:
    """A probe imports none but parts that go along, a program in a folder none but what is in there, or is common."""
    ours = {name for name in imported(path) if name.startswith("testbed")}
    room = path.parent.name
    known = () if room == "node" else (f"testbed.node.{room}.", "testbed.node.common.")[: 1 if room == "probes" else 2]
    assert {name for name in ours if not f"{name}.".startswith(known or "none")} == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "node").glob("*/[!_]*.py")), ids=lambda path: path.name)
def test_no_part_of_a_program_in_a_folder_has_a_name_of_the_standard_library(path: Path) -> None:
    """Python runs a folder with the folder first where it looks for modules, until the program changes that."""
    assert path.stem not in sys.stdlib_module_names


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_to_its_own_files_only(library: str) -> None:
    users = {
        str(path.relative_to(PACKAGE))
        for path in sources()
        if any(name == library or name.startswith(f"{library}.") for name in imported(path))
    }
    assert {user for user in users if not user.startswith(tuple(ONLY_IN[library]))} == set()
    assert users
