"""The payload that others are let loose on: it has secrets, and has to be there until they have tried."""

import json
from collections.abc import Mapping
from typing import Any

from testbed.model.attack import Attack
from testbed.model.problem import Problem
from testbed.pilot.desk import PILOT_LIMIT, Desk
from testbed.pilot.payload import Payload, Report
from testbed.pilot.probes import probe

PYTHON = ("/usr/bin/python3", "-S", "-")
"""How a probe is run: without looking for modules of the site's, which an emulated machine takes its time for."""
VICTIM = ("sysv", "mqueue")
"""The parts of the one that is run so."""
LIFE = 100.0
"""Seconds after which it ends by itself; a machine that attacks it has to boot first."""

LOOK = 0.001
"""Seconds for a look at what is known of it by now."""


def begun(desk: Desk, user: str, token: str) -> tuple[str, str, dict[str, Any]]:
    """One of a user's with this secret that runs: its id, its pilot's, and where everything of it is."""
    argv = ("/usr/bin/env", f"SECRET={token}", *PYTHON, token, f"{LIFE:g}")
    payload, pilot = desk.hand(Payload(user, argv, probe("victim", *VICTIM), LIFE), limit=PILOT_LIMIT + LIFE)
    report = desk.vo.wait(payload, limit=PILOT_LIMIT, until="output")
    if b"\n" not in report.out:
        raise Problem(f"{user}'s payload did not get to run", found=_words(report))
    return payload, pilot, json.loads(report.out.splitlines()[0])


def felt_by_victim(words: Mapping[str, Any]) -> dict[Attack, bool]:
    """Which attacks a victim felt, by its last words."""
    return {
        Attack.BOBS_PROCESS: words["signalled"] > 0,
        Attack.BOBS_FILE_IN_TMP: "in_tmp" in words["changed"],
        Attack.BOBS_GROUP_FILE: "group_file" in words["changed"],
    }


def still_there(report: Report) -> None:
    """That it has not ended meanwhile: who is not there cannot be robbed, whatever separates them. Else a `Problem`."""
    if report.state.final:
        raise Problem("the payload that was to be attacked had ended before that", found=_words(report))


def _words(report: Report) -> str:
    return f"{report.state}: {report.why}\n{report.err.decode(errors='replace')}"
