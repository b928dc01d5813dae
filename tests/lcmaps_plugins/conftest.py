"""What the PEP module decides without LCMAPS, compiled once."""

import ctypes

import pytest

from tests.lcmaps_plugins.saml import made


@pytest.fixture(scope="session")
def pep(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What writes the question to an Argus PEP daemon, reads the answer, and finds the account on this node."""
    return made(tmp_path_factory.mktemp("pep"), "pep")
