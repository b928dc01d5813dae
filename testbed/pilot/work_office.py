"""What the VO does on requests of pilots: it gives them work, hears how that goes, and says whether to go on."""

from testbed.model.problem import Problem, shown
from testbed.pilot.needs import Offer, known_keys, word
from testbed.pilot.office import Answer, Office
from testbed.pilot.payload import Report, State, with_types
from testbed.pilot.visitor import Visitor


async def give_work(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Give a pilot the next payload that fits what it offers, with its user's proxy."""
    with_types(body, pilot=str)
    office.as_pilot(visitor, body["pilot"])
    known_keys(body, "a pilot that asks for work", ("pilot", "request", "offer"))
    pilot = word(body["pilot"], "a pilot")
    request = word(body.get("request", ""), "a word of the asker's")
    offer = _offer(office, pilot, body)

    def names(owner: str) -> tuple[str, tuple[str, ...]]:
        return office.proxies.dn(owner), office.proxies.attributes(owner)

    taken = office.queue.again(pilot, request)  # it is its own, however full or doubtful its node is by now
    if taken is None and (fits := office.fleets.offered(pilot, offer)):
        taken = office.queue.take(pilot, fits, request=request, lasts=office.proxies.left, names=names)
        if taken is None:
            office.fleets.went_without(pilot)
    if taken is None:
        return {"payload": None}
    ident, payload = taken
    office.fleets.took(pilot, ident, payload.user)
    kept = office.proxies.get(payload.user)
    more = {"id": ident, "proxy": kept.pem, "proxy_until": kept.until}
    return {"payload": {**payload.json(), **more, "fqans": list(office.proxies.attributes(payload.user))}}


async def give_proxy(office: Office, visitor: Visitor, body: Answer, ident: str) -> Answer:
    """Give the pilot that has a payload the proxy of its user as it is now."""
    owner = _owner_of_held(office, visitor, body, ident)
    if ban := office.queue.banned(owner):
        raise Problem("the VO gives out no proxy of whom it has banned", where=owner, cause=ban.why)
    kept = office.proxies.get(owner)
    return {"proxy": kept.pem, "until": kept.until}


async def hear(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Hear what a pilot says of a payload, and say whether to end it, and until when its user's proxy lasts."""
    if not visitor.owns:
        visitor.as_pilot()
    report = Report.parse(body)
    office.as_pilot(visitor, report.pilot)
    stop = office.queue.report(report)
    office.fleets.heard(report)
    if report.state.final:
        office.stirred.set()
    return {"stop": stop, "proxy_until": office.proxies.until(office.queue.owner(report.payload))}


async def tell_ban(office: Office, visitor: Visitor, body: Answer, ident: str) -> Answer:
    """Tell the pilot that has a payload whether its owner is banned by now: it asks before it goes past the switch."""
    found = office.queue.banned(_owner_of_held(office, visitor, body, ident))
    return {"banned": found is not None, "why": str(found or "")}


def _owner_of_held(office: Office, visitor: Visitor, body: Answer, ident: str) -> str:
    """The owner of a payload that the pilot that asks has in hand; raises `Problem` for everybody else."""
    with_types(body, pilot=str)
    office.as_pilot(visitor, body["pilot"])
    report = office.queue.look(ident)
    if report.pilot != body["pilot"] or report.state not in (State.TAKEN, State.STARTED):
        raise Problem("this pilot does not have this payload", where=ident, found=shown(body["pilot"]))
    return office.queue.owner(ident)


def _offer(office: Office, pilot: str, body: Answer) -> Offer:
    """What a pilot offers: what it says, on top of what it was sent out with."""
    usual = None
    if "offer" not in body or office.register.knows(pilot):
        order = office.register.order(pilot)
        usual = Offer(order.mode, order.slot, start_limit=order.start_limit)
        if office.register.end(pilot).ended:
            raise Problem("this pilot has ended", found=pilot)
    said = body.get("offer", {})
    with_types(said)
    return Offer.parse(said, usual)
