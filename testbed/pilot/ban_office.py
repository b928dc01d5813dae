"""What the VO does on requests about its list of banned users."""

from testbed.model.problem import Problem, shown
from testbed.pilot.needs import known_keys, word
from testbed.pilot.office import Answer, Office
from testbed.pilot.payload import with_types
from testbed.pilot.visitor import Visitor

LONGEST_DN = 1000


async def show_bans(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Who is banned, and as what owners such a person's payloads are known."""
    visitor.as_robot()
    return {"bans": [{**ban.json(), "owners": office.proxies.named(ban.dn)} for ban in office.queue.bans.list()]}


async def ban(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Serve somebody no more, from now on."""
    visitor.as_robot()
    known_keys(body, "a ban", ("who", "why"))
    dn = _person(office, body)
    office.queue.ban(dn, by=visitor.dn, why=word(body.get("why", ""), "a reason"), owners=office.proxies.named(dn))
    return {"dn": dn}


async def unban(office: Office, visitor: Visitor, body: Answer) -> Answer:
    """Serve somebody again."""
    visitor.as_robot()
    known_keys(body, "the end of a ban", ("who",))
    dn = _person(office, body)
    office.queue.unban(dn, by=visitor.dn, owners=office.proxies.named(dn))
    office.stirred.set()
    return {"dn": dn}


def _person(office: Office, body: Answer) -> str:
    """The DN of whom a request is about: an owner of payloads, or anybody by the DN itself."""
    with_types(body, who=str)
    who = body["who"]
    if not who.startswith("/"):
        return office.proxies.get(who).dn
    if len(who) > LONGEST_DN or not who.isprintable():
        raise Problem("a DN is a text without control characters", found=shown(who), expected="/DC=org/CN=Jane Doe")
    return str(who)
