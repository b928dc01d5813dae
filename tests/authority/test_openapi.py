"""The JSON faces of a running service, held to their own description by schemathesis."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

import testbed.authority
from testbed.authority.folder import open_folder
from testbed.authority.log import Log
from testbed.authority.routes import routes
from testbed.authority.running import LOOPBACK, Files, Running
from testbed.authority.settings import Ports, Settings

DESCRIPTION = json.loads((Path(testbed.authority.__file__).parent / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"
FOLDER = {
    "policy.spl": """
        resource "http://authz-interop.org/xacml/resource/resource-type/wn" {
            obligation "http://glite.org/xacml/obligation/local-environment-map" {}
            action ".*" { rule permit { subject = "/DC=org/DC=testbed/O=People/CN=Alice Archer" } }
        }
        resource ".*" { action ".*" { rule permit { vo = "a" } rule deny { vo = "b" } } }
    """,
    "grid-mapfile": f'"{ALICE}" alice001\n',
    "groupmapfile": "",
    "passwd": "alice001:x:5001:5000::/home/alice001:/bin/sh\n",
    "group": "alices:x:5000:\nothers:x:5100:alice001\n",
}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """A service on free ports of loopback, in a thread."""
    folder = tmp_path_factory.mktemp("authority")
    for name, content in FOLDER.items():
        (folder / name).write_text(content)
    free = Settings(address=LOOPBACK, ports=Ports(0, 0, 0, 0, 0, 0))
    running = Running(open_folder(folder, free.lifetimes), routes(), free, Files(folder, secure=False), "", Log(1000))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield dict(asyncio.run_coroutine_threadsafe(running.start(), loop).result(10))
        asyncio.run_coroutine_threadsafe(running.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def held(case: Any, port: int, *unlike: str) -> None:
    """The response is one of those that are described, whatever was sent; ``unlike``: checks that are not for it."""
    response = case.call(base_url=f"http://{LOOPBACK}:{port}", timeout=10)
    case.validate_response(response, excluded_checks=CHECKS.get_by_names(list(unlike)))


@SCHEMA.include(path_regex="^/access/").parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_authzen_is_as_it_is_described(case: Any, ports: dict[str, int]) -> None:
    # Names are read in more forms than described, and a certificate chain needs more than its first line.
    held(case, ports["grid"], "negative_data_rejection", "positive_data_acceptance")


@SCHEMA.include(path_regex="/rest$").parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_lcmaps_rest_is_as_it_is_described(case: Any, ports: dict[str, int]) -> None:
    # Any method will do there.
    held(case, ports["plain"], "negative_data_rejection", "unsupported_method")
