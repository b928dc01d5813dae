"""Meetings of two payloads, each held once for each mode."""

from collections.abc import Iterable
from concurrent.futures import Future
from threading import Thread

from testbed.model.cell import Cell
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.meeting import Meeting, meet
from testbed.plugin.suite import Suite, Worlds


def hold(suite: Suite, worlds: Worlds, mode: Mode) -> None:
    """Hold the meeting of one mode now."""
    suite.meetings[mode] = Future()
    _keep(suite.meetings[mode], suite, worlds, mode)


def hold_beside(suite: Suite, worlds: Worlds, modes: Iterable[Mode]) -> None:
    """Hold the meetings of these modes one after the other, while the run goes on. They do not keep it from ending."""
    promises = {mode: Future[Meeting]() for mode in modes}
    suite.meetings |= promises

    def in_turn() -> None:
        for mode, promise in promises.items():
            _keep(promise, suite, worlds, mode)

    Thread(target=in_turn, daemon=True).start()


def meeting_place(mode: Mode) -> str:
    """Where the evidence of a mode's meeting lies in the results."""
    return f"evidence/meeting-{mode}"


def _keep(promise: Future[Meeting], suite: Suite, worlds: Worlds, mode: Mode) -> None:
    """What goes wrong is for the caller who asks for the result."""
    try:
        promise.set_result(_meet(suite, worlds, mode))
    except Exception as error:
        promise.set_exception(error)


def _meet(suite: Suite, worlds: Worlds, mode: Mode) -> Meeting:
    site, why_not = suite.choice.site_for(mode)
    if site is None:
        raise Problem(f"no site of this run offers the mode {mode}", cause=why_not)
    with worlds(site) as world, Desk.opened(world, Cell(mode), witness=lambda outcome: None) as desk:
        try:
            return meet(desk)
        finally:
            world.evidence(suite.folder / meeting_place(mode))
