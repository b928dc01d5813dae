"""Which face answers at which port, under which path."""

from testbed.authority.desk import Routes
from testbed.authority.faces.argus import Argus

PATHS: Routes = {
    ("argus", "/authz"): Argus(),
}
"""By the port's name in `Ports`, and the path."""


def routes() -> Routes:
    """Everything that is answered."""
    return PATHS
