#!/usr/bin/env python3
"""Sends bytes over TLS and says what comes back: ``exchange.py < ORDER``; the order and the answer are JSON.

The order: name, port, capath, bytes (base64); optionally certificate (a file with its key), version (``1.2``, ``1.3``),
limit (seconds). The answer: bytes (base64), version, error (empty, or why the exchange ended before its end).
"""

import base64
import json
import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
LARGEST = 1 << 22


def main() -> None:
    """One exchange."""
    order = json.load(sys.stdin)
    context = ssl.create_default_context(capath=order["capath"])
    if "version" in order:
        context.minimum_version = context.maximum_version = VERSIONS[order["version"]]
    if "certificate" in order:
        context.load_cert_chain(order["certificate"])
    came, error, version = b"", "", ""
    try:
        plain = socket.create_connection((order["name"], order["port"]), order.get("limit", 5))
        with plain, context.wrap_socket(plain, server_hostname=order["name"]) as secure:
            version = secure.version() or ""
            secure.sendall(base64.b64decode(order["bytes"]))
            while len(came) < LARGEST and (piece := secure.recv(1 << 16)):
                came += piece
    except OSError as problem:
        error = f"{type(problem).__name__}: {problem}"
    print(json.dumps({"bytes": base64.b64encode(came).decode(), "version": version, "error": error}))


if __name__ == "__main__":
    main()
