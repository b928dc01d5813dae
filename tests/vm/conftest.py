"""The launcher of mode vm, which is no part of the package: worker nodes get it as a file."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

LAUNCHER = Path(__file__).parents[2] / "testbed" / "node" / "vm.py"


@pytest.fixture(scope="module")
def vm() -> Iterator[ModuleType]:
    """The launcher as a module."""
    spec = importlib.util.spec_from_file_location("vm_launcher", LAUNCHER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]
