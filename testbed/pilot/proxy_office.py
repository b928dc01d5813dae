"""What the VO does on requests about the proxies that it keeps of users."""

from testbed.pilot.office import Answer, Office
from testbed.pilot.payload import with_types
from testbed.pilot.visitor import Visitor


async def tell_proxies(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Whose proxies the VO keeps, and until when; the proxies themselves are for pilots."""
    kept = office.proxies.owners.items()
    mine = [(name, one) for name, one in kept if visitor.robot or name in visitor.owns]
    return {"proxies": [{"owner": name, "dn": one.dn, "until": one.until} for name, one in mine]}


async def request_proxy(office: Office, visitor: Visitor, body: Answer, owner: str) -> Answer:
    """A request that an owner signs, to delegate a proxy of which the key is made here."""
    visitor.as_owner(owner)
    return {"request": office.proxies.request(owner)}


async def keep_proxy(office: Office, visitor: Visitor, body: Answer, owner: str) -> Answer:
    """Renew the proxy of an owner."""
    visitor.as_owner(owner)
    with_types(body, pem=str)
    return {"until": office.proxies.keep(owner, body["pem"], visitor.dn).until}
