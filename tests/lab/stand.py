"""Runs on a worker node: real LCMAPS with one module, and services on the node itself that do what a test says.

``python3 stand.py`` reads cases as JSON from standard input and writes what became of each. Standard library only.
"""

import base64
import contextlib
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

ACCOUNT = "/usr/libexec/glexec/lcmaps-account"
LIMIT = 40  # seconds for one call
SOON = 10  # seconds for a service's own reads
FOLDER = "/root/stand"  # what the test has put there


class Service:
    """One endpoint. ``does`` is what it does with each connection, the last one from then on."""

    def __init__(self, does):
        self.does = does if isinstance(does, list) else [does]
        self.seen = []
        self.over = threading.Event()
        self.socket = socket.create_server(("", self.does[0].get("port", 8154)), backlog=8)
        self.socket.settimeout(0.05)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        count = 0
        if self.does[0]["way"] == "never-accepts":
            self.over.wait(LIMIT)
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            deed = self.does[min(count, len(self.does) - 1)]
            count += 1
            try:
                self.meet(connection, deed)
            except (OSError, ssl.SSLError) as error:
                self.seen.append({"error": str(error)})
            finally:
                connection.close()

    def meet(self, connection, deed):
        connection.settimeout(SOON)
        if deed["way"] == "silent":
            self.over.wait(LIMIT)
            return
        if deed["way"] == "reset-at-once":
            reset(connection)
            return
        if deed["way"] == "no-tls":
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        with context(deed).wrap_socket(connection, server_side=True) as stream:
            self.seen.append(request(stream))
            self.respond(stream, deed)

    def respond(self, stream, deed):
        way = deed["way"]
        body = base64.b64decode(deed.get("body", "")).replace(b"@ID@", question_id(self.seen[-1]))
        head = f"HTTP/1.1 {deed.get('status', 200)} x\r\nConnection: close\r\n"
        if way == "answers":
            lines = "".join(f"{name}: {value}\r\n" for name, value in deed.get("headers", {}).items())
            stream.sendall(f"{head}{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        elif way == "closes-in-body":
            stream.sendall(f"{head}Content-Length: {len(body) + 100}\r\n\r\n".encode() + body)
        elif way == "stops-in-body":
            stream.sendall(f"{head}Content-Length: {len(body) + 100}\r\n\r\n".encode() + body)
            self.over.wait(LIMIT)
        elif way == "dribbles":
            stream.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
            for byte in body:
                if self.over.wait(0.05):
                    return
                stream.sendall(bytes([byte]))
        elif way == "resets-in-body":
            stream.sendall(f"{head}Content-Length: {len(body) + 100}\r\n\r\n".encode() + body)
            self.over.wait(0.2)  # a reset that overtakes the bytes would make them be forgotten
            reset(stream)
        elif way == "resets-after-request":
            reset(stream)
        elif way == "never-ends":
            stream.sendall(f"{head}\r\n".encode())
            while not self.over.is_set():
                stream.sendall(b"A" * 65536)
        # "closes": nothing

    def close(self):
        self.over.set()
        self.thread.join(SOON)
        self.socket.close()


def question_id(request):
    """The ID of a question in SAML, which its answer has to name."""
    found = re.search(r' ID="([^"]+)"', request.get("body", ""))
    return found[1].encode() if found else b""


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def context(deed):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f"{FOLDER}/{deed.get('shows', 'host')}.pem")
    if "trusts" in deed:
        made.verify_mode = ssl.CERT_REQUIRED
        made.verify_flags |= ssl.VERIFY_ALLOW_PROXY_CERTS
        made.load_verify_locations(f"{FOLDER}/{deed['trusts']}.pem")
    if deed.get("tls") == "1.1":
        warnings.simplefilter("ignore", DeprecationWarning)
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_1
    if deed.get("tls") == "1.2":
        made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


def request(stream):
    """The request, as far as a test wants to know it."""
    text = b""
    while b"\r\n\r\n" not in text:
        more = stream.recv(65536)
        if not more:
            return {"head": text.decode()}
        text += more
    head, _, body = text.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += stream.recv(65536)
    peer = stream.getpeercert(True)
    return {
        "head": head.decode(),
        "body": body.decode(),
        "peer": base64.b64encode(peer).decode() if peer else "",
        "tls": stream.version(),
    }


def call(case):
    """One mapping by real LCMAPS: its exit code, its answer, its lines, and how long it took."""
    words = "".join(f'\n    " {word}"' for word in case["options"])
    modules = f'module = "{case["module"]}"{words}\ngood = "lcmaps_dummy_good.mod"\n'
    policy = f"path = /usr/lib/lcmaps\n{modules}asks:\nmodule -> good\n"
    with (
        tempfile.NamedTemporaryFile("w") as database,
        tempfile.TemporaryFile() as log,
        Path(case["credential"]).open() as pem,
    ):
        database.write(policy)
        database.flush()
        reading, writing = os.pipe()
        settings = {"LCMAPS_DB_FILE": database.name, "LCMAPS_POLICY_NAME": "asks", "LCMAPS_DEBUG_LEVEL": "4"}
        settings |= {"VERIFY_PROXY_DISCARD_PRIVATE_KEY_ABSENCE": "1"} | case.get("environment", {})
        inner = ["sh", "-c", f'exec "$0" 3>&{writing} 4>&{log.fileno()}', ACCOUNT]
        start = time.monotonic()
        done = subprocess.Popen(
            inner, stdin=pem, env=settings, pass_fds=[writing, log.fileno()], stderr=subprocess.PIPE
        )
        os.close(writing)
        with os.fdopen(reading) as answer:
            try:
                said, _ = answer.read(), done.wait(LIMIT)
            finally:
                done.kill()
        seconds = time.monotonic() - start
        log.seek(0)
        return {"code": done.returncode, "answer": said, "log": log.read().decode(errors="replace"), "seconds": seconds}


@contextlib.contextmanager
def silent_name_server():
    """A name server that takes every question and answers none."""
    resolver = Path("/etc/resolv.conf")
    before = resolver.read_text()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.53", 53))
        resolver.write_text("nameserver 127.0.0.53\noptions timeout:5 attempts:2\n")
        try:
            yield
        finally:
            resolver.write_text(before)


def main():
    outcomes = []
    for case in json.load(sys.stdin):
        services = [Service(does) for does in case.get("services", [])]
        try:
            with silent_name_server() if case.get("names") == "silent" else contextlib.nullcontext():
                outcome = call(case)
        finally:
            for service in services:
                service.over.set()
            for service in services:
                service.close()
        outcomes.append(outcome | {"seen": [service.seen for service in services]})
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
