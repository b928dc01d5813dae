"""The JSON faces of a running service, held to their own description by schemathesis."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

import testbed.authority
from testbed.authority.running import LOOPBACK
from tests.authority.served import served

DESCRIPTION = json.loads((Path(testbed.authority.__file__).parent / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    with served(tmp_path_factory.mktemp("authority")) as service:
        yield service.ports


def held(case: Any, port: int, *unlike: str) -> None:
    """The response is one of those that are described, whatever was sent; ``unlike``: checks that are not for it."""
    response = case.call(base_url=f"http://{LOOPBACK}:{port}", timeout=10)
    case.validate_response(response, excluded_checks=CHECKS.get_by_names(list(unlike)))


@SCHEMA.include(path_regex="^/access/").parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_authzen_is_as_it_is_described(case: Any, ports: Mapping[str, int]) -> None:
    # Names are read in more forms than described, and a certificate chain needs more than its first line.
    held(case, ports["grid"], "negative_data_rejection", "positive_data_acceptance")


@SCHEMA.include(path_regex="/rest$").parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_lcmaps_rest_is_as_it_is_described(case: Any, ports: Mapping[str, int]) -> None:
    # Any method will do there.
    held(case, ports["plain"], "negative_data_rejection", "unsupported_method")
