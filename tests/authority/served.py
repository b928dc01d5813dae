"""A service in a thread of the test: a folder of files, free ports of loopback, plain HTTP."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.authority.folder import open_folder
from testbed.authority.log import Log
from testbed.authority.routes import routes
from testbed.authority.running import LOOPBACK, Files, Running
from testbed.authority.settings import Ports, Settings

LIMIT = 10.0
"""Seconds for the start, and for the end."""
FILES = {
    "policy.spl": """
        resource "http://authz-interop.org/xacml/resource/resource-type/wn" {
            obligation "http://glite.org/xacml/obligation/local-environment-map" {}
            action ".*" { rule permit { subject = "/DC=org/DC=testbed/O=People/CN=Alice Archer" } }
        }
        resource ".*" { action ".*" { rule permit { vo = "a" } rule deny { vo = "b" } } }
    """,
    "grid-mapfile": '"/DC=org/DC=testbed/O=People/CN=Alice Archer" alice001\n',
    "groupmapfile": "",
    "passwd": "alice001:x:5001:5000::/home/alice001:/bin/sh\n",
    "group": "alices:x:5000:\n",
}


@dataclass(frozen=True, slots=True)
class Served:
    """What runs: its ports by their names, and its log."""

    ports: Mapping[str, int]
    log: Log


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A service, to its end."""
    for name, content in FILES.items():
        (folder / name).write_text(content)
    free = Settings(address=LOOPBACK, ports=Ports(0, 0, 0, 0, 0, 0))
    running = Running(open_folder(folder, free.lifetimes), routes(), free, Files(folder, secure=False), "", Log(1000))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        ports = asyncio.run_coroutine_threadsafe(running.start(), loop).result(LIMIT)
        yield Served(ports, running.log)
    finally:
        asyncio.run_coroutine_threadsafe(running.stop(), loop).result(LIMIT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        loop.close()
