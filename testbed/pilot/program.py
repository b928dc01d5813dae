"""The VO's side as a program: ``python3 -m testbed.pilot --vo /vo --listen 0.0.0.0:8443``."""

import argparse
import asyncio
import gc
import importlib
import os
import signal
import sys
import threading
from pathlib import Path

from testbed.model.problem import Problem
from testbed.pilot.home import Home
from testbed.pilot.leases import LEASE
from testbed.pilot.server import FILE, Server


def main() -> int:
    """Serve until SIGTERM, or until the lifeline (standard input) is closed; 2 when it cannot begin."""
    parser = argparse.ArgumentParser(prog="python3 -m testbed.pilot", description="The VO's side of the testbed.")
    parser.add_argument("--vo", type=Path, required=True, metavar="FOLDER", help="the VO's settings, keys and proxies")
    parser.add_argument("--listen", default="0.0.0.0:8443", metavar="ADDRESS:PORT")
    parser.add_argument("--queue", type=Path, metavar="FILE", help=f"where the queue lies (default: {FILE} in FOLDER)")
    parser.add_argument(
        "--lease", type=float, default=LEASE, metavar="SECONDS", help="silence after which a pilot loses its payload"
    )
    parser.add_argument("--lifeline", action="store_true", help="end when standard input is closed")
    arguments = parser.parse_args()
    address, _, port = arguments.listen.rpartition(":")
    if not port.isdecimal():
        parser.error(f"--listen wants ADDRESS:PORT, not {arguments.listen}")
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
    if arguments.lifeline:
        threading.Thread(target=_end_with_lifeline, name="lifeline", daemon=True).start()
    try:
        asyncio.run(_serve(arguments, address, int(port)))
    except (Problem, OSError) as problem:  # ssl.SSLError is an OSError
        print(f"vo: cannot begin: {problem}", file=sys.stderr)
        return 2
    return 0


async def _serve(arguments: argparse.Namespace, address: str, port: int) -> None:
    server = Server(Home.open(arguments.vo), address, port, file=arguments.queue, lease=arguments.lease)
    await server.start()
    print(f"vo: ready on {address}:{server.port}", flush=True)
    gc.freeze()
    gc.enable()  # see __main__
    await asyncio.to_thread(importlib.import_module, "testbed.lab.ssh")  # the first pilot does not wait for it
    await asyncio.Event().wait()


def _end_with_lifeline() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)  # pilots that are out are hung up on, and end by themselves
