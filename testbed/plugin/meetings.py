"""Meetings of two payloads, each held once for each mode and authority."""

from collections.abc import Iterable
from concurrent.futures import Future
from threading import Thread

from testbed.model.cell import Authority, Cell
from testbed.model.problem import Problem
from testbed.pilot.desk import Desk
from testbed.pilot.meeting import Meeting, meet
from testbed.plugin.suite import Suite, Where, Worlds


def hold(suite: Suite, worlds: Worlds, where: Where) -> None:
    """Hold the meeting of one mode now."""
    suite.meetings[where] = Future()
    _keep(suite.meetings[where], suite, worlds, where)


def hold_beside(suite: Suite, worlds: Worlds, wheres: Iterable[Where]) -> None:
    """Hold the meetings of these modes one after the other, while the run goes on. They do not keep it from ending."""
    promises = {where: Future[Meeting]() for where in wheres}
    suite.meetings |= promises

    def in_turn() -> None:
        for where, promise in promises.items():
            _keep(promise, suite, worlds, where)

    Thread(target=in_turn, daemon=True).start()


def meeting_place(where: Where) -> str:
    """Where the evidence of a meeting lies in the results."""
    mode, authority = where
    return f"evidence/meeting-{mode}" + ("" if authority is Authority.GRIDMAP else f"-{authority}")


def _keep(promise: Future[Meeting], suite: Suite, worlds: Worlds, where: Where) -> None:
    """What goes wrong is for the caller who asks for the result."""
    try:
        promise.set_result(_meet(suite, worlds, where))
    except Exception as error:
        promise.set_exception(error)


def _meet(suite: Suite, worlds: Worlds, where: Where) -> Meeting:
    site, why_not = suite.choice.site_for(*where)
    if site is None:
        raise Problem(f"no site of this run offers the mode {where[0]}", cause=why_not)
    with worlds(site) as world, Desk.opened(world, Cell(*where), witness=lambda outcome: None) as desk:
        try:
            return meet(desk)
        finally:
            world.evidence(suite.folder / meeting_place(where))
