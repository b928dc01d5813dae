"""A real service in a process of its own, on free ports of loopback, and a client that sees what goes wrong."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.authority.faces.argus_request import model
from testbed.authority.hessian import List, encode
from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity
from testbed.credentials.grid import SECRET
from testbed.credentials.proxy import make_proxy
from testbed.credentials.service import Unbelievable

HOST = "localhost"
TOKEN = "t" * 32
WN = "http://authz-interop.org/xacml/resource/resource-type/wn"
URN = "urn:oasis:names:tc:xacml:1.0:"
GLITE = "http://glite.org/xacml/"
PROFILE = "http://glite.org/xacml/profile/grid-wn/1.0"
EXECUTE = "http://glite.org/xacml/action/execute"
POLICY = """
resource "http://authz-interop.org/xacml/resource/resource-type/wn" {
    obligation "http://glite.org/xacml/obligation/local-environment-map" {}
    action ".*" { rule permit { subject = "/DC=org/DC=testbed/O=People/CN=Alice Archer" } }
}
"""
FREE = "[ports]\nargus = 0\nadmin = 0\ngrid = 0\nrest = 0\nplain = 0\ncontrol = 0\n"
READY = 120.0
"""Seconds for the start, on a machine that is busy; how long it takes on a quiet one is measured elsewhere."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of a service, and its grid."""

    path: Path
    authority: Authority
    alice: Identity

    @property
    def grid(self) -> Path:
        """What stands for /etc/grid-security."""
        return self.path / "grid-security"

    @property
    def proxy(self) -> Path:
        """Alice's proxy, key and chain."""
        return self.path / "alice.pem"


def folder(path: Path, settings: str = "") -> Folder:
    """A service that lets Alice in, as alice001."""
    authority = Authority.new()
    host, alice = authority.host(HOST), authority.person("Alice Archer")
    made = Folder(path, authority, alice)
    files = {
        "policy.spl": POLICY.encode(),
        "grid-mapfile": b'"/DC=org/DC=testbed/O=People/CN=Alice Archer" alice001\n',
        "groupmapfile": b"",
        "passwd": b"alice001:x:5001:5000::/home/alice001:/bin/sh\n",
        "group": b"alices:x:5000:\n",
        "token": TOKEN.encode(),
        "authority.toml": f'address = "127.0.0.1"\n{settings}\n{FREE}'.encode(),
        "alice.pem": make_proxy(alice).pem,
        "grid-security/hostcert.pem": host.certificate_pem,
        "grid-security/hostkey.pem": host.key_pem,
        "ca.pem": authority.identity.certificate_pem,
        **{f"tls/{word}.pem": pem for word, pem in Unbelievable(authority).pems(HOST).items()},
        **{f"grid-security/certificates/{name}": pem for name, pem in authority.folder().items()},
    }
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(SECRET)
        file.write_bytes(content)
    (path / "grid-security/vomsdir").mkdir()
    return made


@dataclass(frozen=True, slots=True)
class Got:
    """What a client has of a response: maybe not all of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Live:
    """A running service."""

    folder: Folder
    process: "subprocess.Popen[str]"
    ports: Mapping[str, int]

    def context(self, proof: bool = True) -> ssl.SSLContext:
        """A client's: believes the grid's authority, shows Alice's proxy."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.folder.path / "ca.pem")
        if proof:
            context.load_cert_chain(self.folder.proxy)
        return context

    def connect(self, port: str = "argus", *, limit: float = 5.0, proof: bool = True) -> ssl.SSLSocket:
        """A TLS connection; every wait on it ends at the limit."""
        plain = socket.create_connection(("127.0.0.1", self.ports[port]), timeout=limit)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return self.context(proof).wrap_socket(plain, server_hostname=HOST, suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise

    def ask(self, body: bytes | None = None, *, path: str = "/authz", port: str = "argus", limit: float = 5.0) -> Got:
        """One question, one whole answer."""
        with contextlib.closing(http.client.HTTPConnection(HOST, self.ports[port], timeout=limit)) as connection:
            connection.sock = self.connect(port, limit=limit)
            connection.request("POST", path, self.question() if body is None else body)
            response = connection.getresponse()
            return Got(response.status, dict(response.getheaders()), response.read())

    def raw(self, limit: float, sent: bytes | None = None) -> tuple[bytes, str]:
        """Everything that came within the time limit, and how it ended.

        ``end``, ``end below TLS`` (no good-bye before the end of the stream), ``reset``, ``silence``.
        """
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context().wrap_bio(heard, said, server_hostname=HOST)
        came, greeted, until = b"", False, time.monotonic() + limit
        with socket.create_connection(("127.0.0.1", self.ports["argus"]), timeout=limit) as plain:
            while (left := until - time.monotonic()) > 0:
                try:
                    if not greeted:
                        tls.do_handshake()
                        tls.write(self.request() if sent is None else sent)
                        greeted = True
                    while part := tls.read(65536):
                        came += part
                    return came, "end"
                except ssl.SSLWantReadError:
                    pass
                except ssl.SSLEOFError:
                    return came, "end below TLS"
                plain.settimeout(left)
                try:
                    if said.pending:
                        plain.sendall(said.read())
                    more = plain.recv(65536)
                except TimeoutError:
                    break
                except ConnectionResetError:
                    return came, "reset"
                heard.write(more) if more else heard.write_eof()
        return came, "silence"

    def request(self, body: bytes | None = None) -> bytes:
        """A whole HTTP request to Argus."""
        body = self.question() if body is None else body
        return b"POST /authz HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def question(self, resource: str = WN) -> bytes:
        """May Alice, by her chain?"""
        text = self.folder.proxy.read_text("ascii")
        chain = "\n".join(re.findall(r"-----BEGIN CERTIFICATE.*?END CERTIFICATE-----", text, re.DOTALL)) + "\n"
        return b64encode(encode(_request(chain, resource)))

    def control(self, method: str, path: str, body: object = None, token: str = TOKEN) -> Any:
        """One request to the control port; its JSON, or for a problem the problem's sentence as an error."""
        status, text = self.control_raw(method, path, body, token)
        data = json.loads(text)
        if status != 200:
            raise Refused(status, data["problem"])
        return data

    def control_raw(self, method: str, path: str, body: object = None, token: str = TOKEN) -> tuple[int, str]:
        """The same, as it comes."""
        with contextlib.closing(http.client.HTTPConnection(HOST, self.ports["control"], timeout=5)) as connection:
            connection.sock = self.connect("control", proof=False)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def log(self, kind: str = "") -> list[dict[str, Any]]:
        """The decision log, or its lines of one kind."""
        lines = [json.loads(line) for line in self.control_raw("GET", "/log")[1].splitlines()]
        return [line for line in lines if not kind or line["kind"] == kind]

    def put(self, fault: str, **parameters: object) -> None:
        """Break something."""
        self.control("PUT", "/fault", {"fault": fault, **parameters})

    def memory(self) -> int:
        """MiB that the process has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) // 1024


class Refused(Exception):
    """What the control port did not do."""

    def __init__(self, status: int, problem: Mapping[str, str]) -> None:
        super().__init__(problem["what"])
        self.status = status
        self.problem = problem


@contextlib.contextmanager
def running(made: Folder) -> Iterator[Live]:
    """The service of a folder, until the end of the block."""
    command = [sys.executable, "-m", "testbed.authority", "--folder", str(made.path), "--grid-security", str(made.grid)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        yield Live(made, process, _ports(process))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)


def _ports(process: "subprocess.Popen[str]") -> dict[str, int]:
    """The ports that it says it has opened."""
    ports: dict[str, int] = {}
    assert process.stderr is not None
    until = time.monotonic() + READY
    while len(ports) < 6:
        line = process.stderr.readline()
        assert line, f"the service ended: {process.wait(1)}"
        assert time.monotonic() < until, f"the service did not start: {line}"
        found = re.match(r"  https?://[\d.]+:(\d+)  (\w+)", line)
        if found:
            ports[found[2]] = int(found[1])
    return ports


def _request(chain: str, resource: str) -> Any:
    string = "http://www.w3.org/2001/XMLSchema#string"

    def attributes(name: str, value: str) -> List:
        return List((model("Attribute", id=name, dataType=string, values=List((value,), "")),), "")

    return model(
        "Request",
        subjects=List((model("Subject", attributes=attributes(f"{URN}subject:key-info", chain)),), ""),
        resources=List((model("Resource", attributes=attributes(f"{URN}resource:resource-id", resource)),), ""),
        action=model("Action", attributes=attributes(f"{URN}action:action-id", EXECUTE)),
        environment=model("Environment", attributes=attributes(f"{GLITE}attribute/profile-id", PROFILE)),
    )
