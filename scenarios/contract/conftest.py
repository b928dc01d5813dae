"""Contract scenarios break a site's own files. Where the site's policy does not name such a file, they do not apply."""

import re
from collections.abc import Callable

import pytest


@pytest.fixture
def named(switch) -> Callable[[str], str]:
    """The path that the site's policy gives to an option of a plugin: ``named("-banmapfile")``."""
    policy = switch.read(switch.policy_file)

    def path(option: str) -> str:
        found = re.search(rf"{option}\s+(/[^\s\"]+)", policy)
        if found is None:
            pytest.skip(f"the site's policy has no {option}")
        return found[1]

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


EVERYBODY = """\
path = /usr/lib/lcmaps
verify = "lcmaps_verify_proxy.mod -certdir /etc/grid-security/certificates"
account = "lcmaps_dummy_good.mod {options}"
anybody:
verify -> account
{label}:
verify -> account
"""


@pytest.fixture
def everybody_as(switch) -> Callable[[str], str]:
    """The text of a policy that maps whoever has a proxy to one account: ``everybody_as("--dummy-uid 50001")``."""
    return lambda options: EVERYBODY.format(options=options, label=switch.option("lcmaps_get_account_policy"))
