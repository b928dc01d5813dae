"""Which face answers at which port, under which path."""

from testbed.authority.desk import Routes
from testbed.authority.faces.argus import Argus
from testbed.authority.faces.gums import Gums
from testbed.authority.faces.scas import Scas

PATHS: Routes = {
    ("argus", "/authz"): Argus(),
    ("grid", "/"): Scas(),
    ("grid", "/gums/services/GUMSXACMLAuthorizationServicePort"): Gums(),
}
"""By the port's name in `Ports`, and the path."""


def routes() -> Routes:
    """Everything that is answered."""
    return PATHS
