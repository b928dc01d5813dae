"""What the VO does on requests about fleets."""

from testbed.pilot.needs import known_keys
from testbed.pilot.office import Answer, Office
from testbed.pilot.plan import Plan
from testbed.pilot.visitor import Visitor


async def start_fleet(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Keep pilots on worker nodes from now on."""
    visitor.as_robot()
    office.fleets.start(Plan.parse(body))
    office.stirred.set()
    return {}


async def show_fleets(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Every fleet, and how its nodes are."""
    visitor.as_robot()
    return {"fleets": office.fleets.show()}


async def stop_fleet(office: Office, visitor: Visitor, body: Answer, name: str) -> Answer:
    """Send no more pilots of a fleet, and hang up on those that are out if that is asked."""
    visitor.as_robot()
    known_keys(body, "this request", ("hang_up",))
    out = office.fleets.stop(name)
    if body.get("hang_up") is True:
        for pilot in out:
            office.factory.stop(pilot)
    return {"out": out}
