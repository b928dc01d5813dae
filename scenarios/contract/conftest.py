"""Contract scenarios break a site's own files. Where the site's policy does not name such a file, they do not apply."""

from collections.abc import Callable

import pytest

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
