"""Which payloads the VO takes in: those that their owner's proxy bears out."""

from collections.abc import Callable
from dataclasses import replace

from testbed.model.problem import Problem
from testbed.pilot.bans import Ban
from testbed.pilot.payload import Payload
from testbed.pilot.proxies import Proxies, has_role, vo_of


def admitted(payload: Payload, proxies: Proxies, banned: Callable[[str], Ban | None]) -> Payload:
    """The payload with the VO of its owner's proxy; a `Problem` when that does not bear out what it says, or when the
    VO has banned its owner."""
    kept = proxies.get(payload.user)  # said now, not when a pilot has taken it
    if ban := banned(payload.user):
        raise Problem(
            "the VO has banned this user",
            where=payload.user,
            found=kept.dn,
            cause=ban.why,
            remedy="ask the VO's operators, who see the list by testbed queue bans",
        )
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
