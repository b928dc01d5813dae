"""Scenarios run against worlds of the testbed: `testbed run` finds them here."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.pilot.node_files import NodeFiles

_LIMIT = re.compile(r"(--timeout\s+)[0-9.]+")
_MODULE = re.compile(r'"[^"\s]*lcmaps_(?:c_pep|scas_client|gums_client)\.mod[^"]*"')


@pytest.fixture
def desk(pilot, notes):
    """The VO's desk, where what is documented stands in the scenario and not in the oracle."""
    notes.expectation = None
    return pilot


@pytest.fixture
def limited(world) -> Callable[[float], str]:
    """The site's policy, in which the modules that ask a service wait for so many seconds, whatever the site says."""

    files = NodeFiles(world.node, world.site)

    def policy(seconds: float) -> str:
        text, found = _LIMIT.subn(rf"\g<1>{seconds:g}", files.read(files.policy_file))
        return text if found else _MODULE.sub(rf'\g<0> " --timeout {seconds:g}"', text)

    return policy


@pytest.fixture
def named(switch) -> Callable[[str], str]:
    """The path that the site's policy gives to an option of a plugin: ``named("-banmapfile")``."""

    def path(option: str) -> str:
        if not (found := switch.in_policy(option)):
            pytest.skip(f"the site's policy has no {option}")
        return found

    return path


@pytest.fixture
def policy_with(switch) -> Callable[..., object]:
    """The site's policy is another meanwhile: ``policy_with(old, new)`` puts one text in the place of another."""
    text = switch.read(switch.policy_file)

    def altered(old: str, new: str):
        if old not in text:
            pytest.skip(f"the site's policy has no {old}")
        return switch.altered(switch.policy_file, text.replace(old, new))

    return altered


@pytest.fixture
def evidence(suite, notes, world) -> Path:
    """The folder of this cell's evidence, for what a scenario measures."""
    folder = suite.folder / notes.evidence
    folder.mkdir(parents=True, exist_ok=True)
    return folder
