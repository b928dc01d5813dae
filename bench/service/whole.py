"""One whole call of the switch with each authority, and the part of it that is LCMAPS, by turns in one run."""

import dataclasses
from collections.abc import Mapping

from bench.place import KEEPER, PLACE, Place, Words
from bench.speed import BLOCK, LONGEST, TRUE, Series
from testbed.model.cell import Authority

USER, PILOT = "alice", "pilot"
"""Whose payload it is, and who says so: both have VOMS attributes, and the pilot is who asks."""
ALLOWANCE = 15.0
"""Milliseconds that a call may take longer for asking an Argus."""


def commands(authority: Authority, place: Place) -> dict[str, tuple[str, dict[str, object]]]:
    """Series name -> what it is, plan entry."""
    pilot = place.pilots[0].name
    entries = {
        "lcmaps-account": (
            f"the switch's child for LCMAPS, as {KEEPER.name}",
            {**_shown(place.lcmaps_account(KEEPER.name, USER), KEEPER.name).plan, "answer": "\nuid "},
            KEEPER.name,
        ),
        "glexec": (f"glexec {TRUE} as {pilot}", _shown(place.switch(pilot, USER, TRUE), pilot).plan, pilot),
    }
    return {
        f"{authority}: {name}": (what, {**entry, "name": f"{authority}: {name}", "account": account})
        for name, (what, entry, account) in entries.items()
    }


def timed(places: Mapping[Authority, Place], rounds: int) -> dict[str, Series]:
    """The series of all authorities, a block in one place after the other."""
    entries = {authority: commands(authority, place) for authority, place in places.items()}
    taken: dict[str, list[float]] = {}
    for done in range(0, rounds, BLOCK):
        for authority, place in places.items():
            plan = {
                "rounds": min(BLOCK, rounds - done),
                "commands": [entry for _, entry in entries[authority].values()],
            }
            for name, times in place.run("stopwatch", plan, LONGEST).items():
                taken.setdefault(name, []).extend(times)
    what = {name: text for each in entries.values() for name, (text, _) in each.items()}
    return {name: Series(name, what[name], tuple(times)) for name, times in taken.items()}


def _shown(words: Words, account: str) -> Words:
    """With the pilot's own proxy, which the module shows to the service."""
    return dataclasses.replace(words, env={**words.env, "X509_USER_PROXY": f"{PLACE}/{account}/{PILOT}"})
