"""What a payload's owner is told of it, from its last report: see `testbed.model.advice`."""

from testbed.model import advice
from testbed.model.effect import Cause
from testbed.model.failure import Failure, classify
from testbed.model.seen import Seen
from testbed.pilot.payload import Report, State

_OF_STATE = {State.LOST: advice.LOST, State.HUNG: advice.HUNG}
CANCELLED = f"it was taken back before it ran: {advice.NOBODY}"


def told(report: Report) -> str:
    """One sentence for the owner: what became of the payload, and who has to act."""
    if not report.state.final:
        return advice.WAITS
    if report.state is State.CANCELLED:
        return CANCELLED
    if report.bypassed and report.identity:
        return advice.BYPASSED
    return _OF_STATE.get(report.state) or advice.advice(failure_of(report), cause_of(report))


def failure_of(report: Report) -> Failure:
    """What the pilot took the result for."""
    if report.bypassed:
        return Failure.INTERNAL  # nothing else may be by-passed
    return classify(_seen(report))


def cause_of(report: Report) -> Cause | None:
    """The cause that the switch told."""
    return _seen(report).cause


def _seen(report: Report) -> Seen:
    err = report.err.decode(errors="replace")
    return Seen(report.code, err=err, started=report.identity is not None and not report.bypassed)
