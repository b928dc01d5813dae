"""Meetings of two payloads, held once for each mode, in the demo all at once."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from testbed.model.cell import Cell
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.meeting import Meeting, meet
from testbed.plugin.suite import Suite, Worlds


def promised(meet: Callable[[], Meeting], *, aside: bool) -> Future[Meeting]:
    """What comes of a meeting. One held ``aside`` does not keep an interrupted run from ending."""
    promise: Future[Meeting] = Future()

    def keep() -> None:
        try:
            promise.set_result(meet())
        except Exception as error:  # it is the caller's who asks for the result
            promise.set_exception(error)

    if aside:
        Thread(target=keep, daemon=True).start()
    else:
        keep()
    return promise


def hold(suite: Suite, worlds: Worlds, mode: Mode) -> Meeting:
    site, why_not = suite.choice.site_for(mode)
    if site is None:
        raise Problem(f"no site of this run offers the mode {mode}", cause=why_not)
    with worlds(site) as world, Desk.opened(world, Cell(mode), witness=lambda outcome: None) as desk:
        try:
            return meet(desk)
        finally:
            world.evidence(suite.folder / meeting_place(mode))


def meeting_place(mode: Mode) -> str:
    return f"evidence/meeting-{mode}"
