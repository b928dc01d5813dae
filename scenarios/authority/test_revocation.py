"""The module looks at revocation lists itself: tried in a folder where nobody else looks."""

import re

import pytest
from cryptography import x509

from testbed.lab.layout import SECURITY
from testbed.model.effect import refused
from testbed.plugin import matrix

THERE, OWN = f"{SECURITY}/certificates", f"{SECURITY}/certificates-of-services"
UNTRUSTED = refused(203, "unavailable", "service-untrusted")
EVERYWHERE = {"mode": "log-only setuid", "authority": "argus scas gums"}


@pytest.fixture
def listed(switch, world):
    """The module's own folder of authorities with another list in it, or none; what a call then comes to."""
    policy = switch.read(switch.policy_file)
    own = re.sub(rf"(-capath\s+){THERE}", rf"\g<1>{OWN}", policy)
    if own == policy:
        pytest.skip("the site's policy has no -capath")

    def tries(content: bytes, options: str = ""):
        replace = 'for list in *.r0; do cp /run/list "$list"; done' if content else "rm *.r0"
        script = f"cat >/run/list; cp -a {THERE} {OWN}; cd {OWN}; {replace}; rm /run/list"
        world.node.run(["sh", "-ec", script], stdin=content, limit=5).check()
        more = own.replace(f"-capath {OWN}", f"-capath {OWN}{options}")
        try:
            with switch.altered(switch.policy_file, more):
                return switch.tries()
        finally:
            world.node.run(["rm", "-rf", OWN], limit=5).check()

    return tries


@matrix(**EVERYWHERE)
def test_a_list_that_is_too_old_makes_a_service_unbelievable(switch, listed):
    """RFC 5280: a list whose next update is over says nothing any more; as verify-proxy treats it (observed)."""
    assert listed(switch.zoo.crl("expired")) == UNTRUSTED


@matrix(**EVERYWHERE)
def test_a_service_whose_certificate_is_revoked_is_not_believed(switch, listed, world):
    """RFC 5280; the old clients looked at no list of their service's (inferred from their options)."""
    hosts = [world.grid.read(f"hosts/{host.name}/hostcert.pem") for host in world.authorities]
    assert (
        listed(switch.zoo.authority.crl([x509.load_pem_x509_certificate(pem).serial_number for pem in hosts]))
        == UNTRUSTED
    )


@matrix(**EVERYWHERE)
def test_a_missing_list_counts_where_the_site_says_so(switch, listed):
    """--crl-check, ours: if-present as verify-proxy has it (observed), or yes."""
    assert listed(b"") == switch.runs()
    assert listed(b"", " --crl-check yes") == UNTRUSTED
