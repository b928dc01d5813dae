"""A pilot that shows the switch credentials of the wrong kind, spoilt ones, and such as lie in odd files (A42 to A44).

Each attack tries its whole set, and succeeds as soon as one member is taken that policy refuses, or one call hangs.
A good credential is shown last each time, at the same place: where it is not taken nothing was stopped.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from testbed.lab.layout import SECURITY
from testbed.model.attack import Attack
from testbed.model.measure import Measure
from testbed.model.outcome import Attempt
from testbed.pilot.caller import PILOT, Caller
from testbed.pilot.credential_files import ODD, SHARED
from testbed.pilot.desk import Desk
from testbed.pilot.raid import Raid
from testbed.pilot.revocations import published
from testbed.pilot.stages.reception import Card, Reception, recorded, shown

ALLOW, DISALLOW = "--allow-limited-proxy", "--disallow-limited-proxy"
SUB_PROXY = "a pilot's sub-proxy"
ZOO: Mapping[Attack, Sequence[str]] = {
    Attack.WRONG_KIND_OF_PROXY: (
        "beyond its path length",
        "legacy, of an RFC 3820 one",
        "RFC 3820, of a legacy one",
        "another's name in front of its own",
        "of somebody whom its owner has appointed",
        "full, of a limited one",
        "legacy, full, of a limited one",
        SUB_PROXY,
    ),
    Attack.SPOILT_CREDENTIAL: (
        "expired",
        "not yet valid",
        "unknown authority, same name",
        "foreign issuer",
        "another's certificate in front of its own",
        "another's certificate behind its own",
        "no key",
        "wrong key",
        "garbage inside",
    ),
    Attack.SPOILT_ATTRIBUTES: (
        "no attributes",
        "expired attributes",
        "attributes of another",
        "attributes by an impostor",
    ),
}
"""What no site takes, whatever its policy says of limited ones."""
LIMITED = ("limited", "legacy, limited")
OF_FILES = (Attack.SHARED_PROXY_FILE, Attack.ODD_PROXY_FILE)
MEANWHILE: Mapping[str, tuple[Attack, str]] = {
    "opened up": (Attack.SHARED_PROXY_FILE, "opened up while it is read"),
    "linked": (Attack.SHARED_PROXY_FILE, "linked while it is read"),
    "replaced": (Attack.SHARED_PROXY_FILE, "replaced by another's while it is read"),
    "cut": (Attack.ODD_PROXY_FILE, "cut while it is read"),
}
"""What becomes of a file once the switch has looked at it, in the words of the bearer."""
CERTIFICATES = f"{SECURITY}/certificates"
"""Where verify-proxy looks when it is told nothing."""
ATTRIBUTES = Attack.SPOILT_ATTRIBUTES
NO_POOL = "the site maps Alice without any attributes: there is nothing that wrong ones could give her"


def credential(desk: Desk, measure: Measure | None = None) -> Raid:
    """Run a payload of Alice's as usual; then show by hand all that is not as her credential."""
    ran = desk.end_of(*desk.send(["/usr/bin/id", "-un"], "alice"))
    world = desk.world
    caller = Caller(world.node, world.site, world.grid)
    dn = {who: world.grid.bearer(who).dn for who in ("alice", PILOT)}
    mapped = world.site.pool_of((), dn["alice"]) is not None
    members = {name: attack for attack, names in ZOO.items() for name in names}
    members |= dict.fromkeys(LIMITED, Attack.WRONG_KIND_OF_PROXY)
    places = caller.places({name: caller.zoo.pem(name) for name in members} | {"revoked": "alice"})
    good = Card(None, "good", caller.placed("alice"))

    def cards(*names: str) -> list[Card]:
        attacks = members | {"revoked": Attack.SPOILT_CREDENTIAL}
        return [Card(attacks[name], name, places[name], whose=dn[PILOT] if name == SUB_PROXY else "") for name in names]

    usual = [name for attack, names in ZOO.items() for name in names if not (mapped and attack is ATTRIBUTES)]
    came = shown(caller, [*cards(*usual), *_files(caller, dn["alice"])], good)
    with _limited_refused(caller):
        came += shown(caller, cards(*LIMITED), good)
    with published(caller, caller.in_policy("-certdir") or CERTIFICATES, caller.zoo.crl("revoked")):
        came += shown(caller, cards("revoked"), Card(None, "Bob's, good", caller.placed("bob")))
    came = recorded(caller, came)
    sets = {attack: [each for each in came if each.card.attack is attack] for attack in (*ZOO, *OF_FILES)}
    attempts = {attack: _judged(each) for attack, each in sets.items() if each}
    return Raid(ran, attempts, {ATTRIBUTES: NO_POOL} if mapped else {})


@contextlib.contextmanager
def _limited_refused(caller: Caller) -> Iterator[None]:
    """The site refuses limited proxies meanwhile, where it says that it takes them; one that says nothing means to.

    The module's manual has it that they are taken when ``--allow-limited-proxy`` is there. It takes them as well when
    that is not (observed).
    """
    text = caller.read(caller.policy_file)
    if ALLOW not in text:
        yield
        return
    with caller.altered(caller.policy_file, text.replace(ALLOW, DISALLOW)):
        yield


def _files(caller: Caller, alice: str) -> list[Card]:
    """The files that a good credential can be in: made by root, changed by the pilot, or of Bob's payload."""
    shared, odd = OF_FILES
    made = caller.makes({**SHARED, **ODD})
    changed = caller.places(dict.fromkeys(MEANWHILE, "alice"))
    others = caller.place("bob", mode=0o644)
    files = [Card(odd if name in ODD else shared, name, path) for name, path in made.items()]
    for change, (attack, says) in MEANWHILE.items():
        how = {"meanwhile": change, "other": others}
        whose = alice if change == "replaced" else ""
        files.append(Card(attack, says, changed[change], how, whose, before=alice))
    if caller.option("create_target_proxy") != "no":
        files.append(Card(shared, "the copy of another user's payload", otherwise={"lender": caller.placed("bob")}))
    return files


def _judged(came: Sequence[Reception]) -> tuple[Attempt, str]:
    """What the members of one set came to, those first that were taken."""
    words = "; ".join(map(str, sorted(came, key=lambda each: not each.taken)))
    return (Attempt.SUCCEEDED if any(each.taken for each in came) else Attempt.BLOCKED), words
