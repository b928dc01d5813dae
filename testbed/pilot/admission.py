"""Which payloads the VO takes in: those that their owner's proxy bears out."""

from dataclasses import replace

from testbed.model.problem import Problem
from testbed.pilot.payload import Payload
from testbed.pilot.proxies import Proxies, has_role, vo_of


def admitted(payload: Payload, proxies: Proxies) -> Payload:
    """The payload with the VO of its owner's proxy; a `Problem` when that does not bear out what it says."""
    kept = proxies.get(payload.user)  # said now, not when a pilot has taken it
    fqans = proxies.proved(payload.user)
    vo = vo_of(fqans)
    if payload.vo and payload.vo != vo:
        raise Problem(
            "this user is not of this VO", where=payload.user, found=payload.vo, expected=vo or f"none: {kept.dn}"
        )
    for role in payload.roles:
        if not has_role(fqans, role):
            raise Problem(
                "this user's proxy does not have this role",
                where=payload.user,
                found=role,
                expected=", ".join(fqans) or "none",
            )
    return replace(payload, vo=vo)
