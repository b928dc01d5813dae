"""Bytes that real clients and servers sent, or were seen to take: read from ``vectors/``."""

import base64
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "vectors"
ROW = re.compile(r"[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)")


def read(name: str) -> bytes:
    """The bytes of one vector: a dump with addresses, or the file as it is."""
    raw = (FOLDER / name).read_bytes()
    if not name.endswith(".hex"):
        return raw
    rows = [ROW.match(line) for line in raw.decode().splitlines()]
    return b"".join(bytes.fromhex(row[1].replace(" ", "")) for row in rows if row)


def body(name: str) -> bytes:
    """The body of a vector that is a whole HTTP message."""
    return read(name).replace(b"\r\n", b"\n").partition(b"\n\n")[2] if name.endswith(".http") else _split(read(name))


def argus_request() -> bytes:
    """The Hessian of the request that pepcli 2.2.0 sent."""
    return base64.b64decode(body("argus-request-http.hex"))


def _split(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[2]
