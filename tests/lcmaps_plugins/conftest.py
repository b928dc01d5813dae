"""What the modules decide without LCMAPS, compiled once."""

import ctypes

import pytest

from tests.lcmaps_plugins.saml import made


@pytest.fixture(scope="session")
def pep(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What writes the question to an Argus PEP daemon, reads the answer, and finds the account on this node."""
    return made(tmp_path_factory.mktemp("pep"), "pep")


@pytest.fixture(scope="session")
def saml(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What writes the question to a SCAS or GUMS server, and what reads the answer."""
    return made(tmp_path_factory.mktemp("saml"), "saml")


@pytest.fixture(scope="session")
def scas(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What reads the options of the SCAS module, and what finds the account of an answer on this node."""
    return made(tmp_path_factory.mktemp("scas"), "scas")


@pytest.fixture(scope="session")
def parties(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """What says who a chain of certificates is about."""
    return made(tmp_path_factory.mktemp("parties"), "x509_party")
