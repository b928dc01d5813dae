"""What the VO does when a pilot asks for a new proxy of its own."""

from testbed.model.problem import Problem
from testbed.pilot.needs import known_keys
from testbed.pilot.office import Answer, Office
from testbed.pilot.visitor import Visitor


async def renew_own(office: Office, visitor: Visitor, body: Answer, pilot: str) -> Answer:
    """A proxy for this pilot, which has to show the one that it was given before; how many seconds it lasts."""
    known_keys(body, "a pilot that asks for its proxy", ())
    office.as_pilot(visitor, pilot)
    order = office.register.order(pilot)
    if office.register.end(pilot).ended:
        raise Problem("this pilot has ended", found=pilot)
    owner = office.fleets.owner(pilot)
    if owner and (ban := office.queue.banned(owner)):
        raise Problem("the VO gives out no proxy of whom it has banned", where=owner, cause=ban.why)
    given = office.own.give(pilot, order, owner)
    return {"proxy": given.pem, "seconds": given.seconds}
