"""Which face answers at which port, under which path."""

from testbed.authority.desk import Routes
from testbed.authority.faces.argus import Argus
from testbed.authority.faces.authzen import Authzen
from testbed.authority.faces.authzen_batch import AuthzenBatch
from testbed.authority.faces.gums import Groups, Gums
from testbed.authority.faces.rest import Rest
from testbed.authority.faces.scas import Scas
from testbed.authority.settings import Faces
from testbed.model.problem import Problem


def routes(settings: Faces | None = None) -> Routes:
    """Everything that is answered, by the port's name in `Ports` and the path. Raises `Problem`."""
    settings = settings or Faces()
    if settings.gums_group not in list(Groups):
        raise Problem(
            "GUMS says nothing of this kind about a group",
            where="authority.toml: faces.gums_group",
            found=settings.gums_group,
            expected=", ".join(Groups),
        )
    rest = Rest(settings.rest_fqan)
    return {
        ("argus", "/authz"): Argus(settings.echo),
        ("grid", "/"): Scas(),
        ("grid", "/gums/services/GUMSXACMLAuthorizationServicePort"): Gums(Groups(settings.gums_group)),
        ("grid", "/lcmaps/mapping/ssl"): rest,
        ("grid", "/access/v1/evaluation"): Authzen(),
        ("grid", "/access/v1/evaluations"): AuthzenBatch(),
        ("rest", "/lcmaps/mapping/rest"): rest,
        ("plain", "/lcmaps/mapping/rest"): rest,
    }
