"""What a payload's owner is told of it, from its last report: see `testbed.model.advice`."""

from testbed.model import advice
from testbed.model.effect import Cause
from testbed.model.failure import Failure, classify
from testbed.model.seen import Seen
from testbed.pilot.payload import Report, State

_OF_STATE = {State.LOST: advice.LOST, State.HUNG: advice.HUNG}
CANCELLED = f"it was taken back before it ran: {advice.NOBODY}"


def told(report: Report, *, banned: bool = False) -> str:
    """One sentence for the owner, who may be banned by the VO: what became of the payload, and who has to act."""
    if not report.state.final:
        return advice.BARRED if banned else advice.WAITS
    if report.state is State.CANCELLED:
        return CANCELLED
    if report.bypassed and report.identity:
        return advice.BYPASSED
    return _OF_STATE.get(report.state) or advice.advice(failure_of(report), cause_of(report))


def failure_of(report: Report) -> Failure:
    """What the pilot took the result for: its own word, with what its canary told it, where it has one."""
    if report.failure in list(Failure):
        return Failure(report.failure)
    if report.bypassed:
        return Failure.INTERNAL  # hardly anything else may be by-passed
    return classify(_seen(report))


def cause_of(report: Report) -> Cause | None:
    """The last cause that the switch told, for a payload that ran past it as well."""
    if report.bypassed and report.account:
        causes = [call.cause.split() for call in report.account.calls if call.cause.strip()]
        return Cause(causes[-1][0], causes[-1][-1]) if causes else None
    return _seen(report).cause


def _seen(report: Report) -> Seen:
    err = report.err.decode(errors="replace")
    return Seen(report.code, err=err, started=report.identity is not None and not report.bypassed)
