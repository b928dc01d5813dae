"""People beyond the usual cast, as many as are wanted: nobody has ever mapped them."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from testbed.credentials.ca import Authority
from testbed.credentials.certificate import Identity
from testbed.credentials.grid import Grid
from testbed.credentials.key import PrivateKey
from testbed.credentials.proxy import make_proxy


def newcomers(grid: Grid, count: int) -> dict[str, bytes]:
    """Their plain proxies by name, signed like everybody's by the authority of the grid."""
    authority = _authority(grid)
    people = {f"newcomer-{number:02}": authority.person(f"Newcomer {number:02}") for number in range(1, count + 1)}
    return {name: make_proxy(person).pem for name, person in people.items()}


def _authority(grid: Grid) -> Authority:
    key = load_pem_private_key(grid.read("authority/ca.key.pem"), password=None)
    assert isinstance(key, PrivateKey)
    return Authority(Identity(x509.load_pem_x509_certificate(grid.read("authority/ca.cert.pem")), key))
