"""The certificates of authority hosts: the good one is believed, each bad one is refused for its own reason."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from testbed.credentials import make_grid
from testbed.credentials.service import CONTROL
from testbed.model.person import Credential

NAME = "argus01.example.org"
GRID = make_grid([Credential("alice", "Alice Archer", "alpha", ())], ["alpha"], services=[NAME, "argus02.example.org"])
REFUSALS = {
    "expired": "certificate has expired",
    "not-yet-valid": "certificate is not yet valid",
    "wrong-name": "Hostname mismatch",
    "unknown-ca": "self-signed certificate in certificate chain",
    "self-signed": r"self-signed certificate \(",
}


def greeted(pem: bytes, folder: Path) -> None:
    """A client that trusts the grid's authority connects to a server with this certificate."""
    (folder / "server.pem").write_bytes(pem)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.load_cert_chain(folder / "server.pem")
    client.load_verify_locations(cadata=GRID.read("authority/ca.cert.pem").decode())
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.settimeout(5)

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        client.wrap_socket(ours, server_hostname=NAME).close()
    finally:
        ours.close()
        serving.join(5)


def test_a_services_own_certificate_is_believed(tmp_path: Path) -> None:
    greeted(GRID.read(f"hosts/{NAME}/hostcert.pem") + GRID.read(f"hosts/{NAME}/hostkey.pem"), tmp_path)


@pytest.mark.parametrize("word", REFUSALS)
def test_each_bad_certificate_is_refused_for_what_is_wrong_with_it(word: str, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=REFUSALS[word]):
        greeted(GRID.read(f"services/{NAME}/tls/{word}.pem"), tmp_path)


def test_every_service_has_bad_certificates_and_all_have_one_token() -> None:
    words = {path.split("/")[-1].removesuffix(".pem") for path in GRID.files if path.startswith("services/argus02")}
    assert words == set(REFUSALS)
    assert len(GRID.read(CONTROL)) > 30
    assert GRID.read(CONTROL) != make_grid([], ["alpha"], services=[NAME]).read(CONTROL)
    assert {GRID.files[path].mode for path in GRID.files if path.startswith("services/")} == {0o600}


def test_a_grid_without_services_has_nothing_of_them() -> None:
    assert not [path for path in make_grid([], ["alpha"]).files if path.startswith("services")]
