"""The modules' parts that need no LCMAPS, compiled once."""

import ctypes
import shutil
from pathlib import Path

import pytest

from tests.lcmaps_plugins.saml import made


@pytest.fixture(scope="session")
def saml(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What writes the question to a SCAS or GUMS server, and what reads the answer."""
    return made(folder(tmp_path_factory), "saml")


@pytest.fixture(scope="session")
def parties(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What says who a chain of certificates is about."""
    return made(folder(tmp_path_factory), "x509_party")


def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place to compile in."""
    assert shutil.which("gcc"), "gcc is missing: python3 -m testbed.lab.machine.compiler installs it"
    return tmp_path_factory.mktemp("lcmaps-plugins")
