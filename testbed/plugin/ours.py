"""What our own pilot made of a circumstance, told as the replays of other clients are: they stand side by side."""

from testbed.model.case import Case
from testbed.model.cell import Authority, Cell
from testbed.model.failure import Failure, class_of
from testbed.model.fault import Fault
from testbed.model.mode import WAYS, Mode
from testbed.model.outcome import End, Outcome
from testbed.model.replay import OURS, Fate, Replay
from testbed.site.choice import Choice
from testbed.site.site import Site

NOT_MAPPED = "not mapped"
"""The circumstance of a user for whom the site has no account."""
USUAL = Cell(Mode.SETUID).user
"""Whose payload a circumstance is met with, where it does not say so."""
_WORDS = {
    End.SEPARATED: "the payload ran",
    End.UNSEPARATED: "the payload ran",
    End.SILENT: "the payload ran, and was said to be separated",
    End.RETURNED: "gives the payload back",
    End.LOST: "loses the payload",
    End.HUNG: "waits too long for the payload",
}


def at(cell: Cell, circumstance: str) -> str:
    """A circumstance with the service that it was met at, where that is not an Argus or the node itself."""
    return f"{circumstance} ({cell.authority})" if cell.authority in (Authority.SCAS, Authority.GUMS) else circumstance


def of_our_pilot(cell: Cell, choice: Choice, site: Site, outcome: Outcome) -> Replay | None:
    """The outcome of a cell in which something is broken or somebody refused, as a replay; ``None`` for the others."""
    if not WAYS[cell.mode].calls_switch:
        return None
    pool = choice.pool_for(site, cell.user)
    if cell.fault is Fault.NONE and pool is not None:
        return None
    answers = site.answers
    cause = Case(cell, pool, answers.on_internal_error).cause
    truth = class_of(cause) if cause else Failure.PAYLOAD
    circumstance = at(cell, str(cell.fault) + ("" if cell.user == USUAL else f", {cell.user}"))
    if cell.fault is Fault.NONE:
        truth, circumstance = Failure.DENIED, NOT_MAPPED
    return as_replay(outcome, cell.on_internal_error or answers.on_internal_error, cell.mode, circumstance, truth)


def as_replay(outcome: Outcome, answer: str, mode: str, circumstance: str, truth: Failure) -> Replay:
    """An outcome of our own pilot's in the form of a replay."""
    step = "runs the payload itself, and says so" if outcome.bypassed else _WORDS[outcome.end]
    ran = (outcome.ran_as,) if outcome.ran_as else ()
    return Replay(
        OURS,
        str(answer),
        str(mode),
        circumstance,
        truth,
        Fate(outcome.end, step, outcome.code, ran, outcome.guess),
        switched=bool(ran) and not outcome.bypassed,
        told=outcome.told,
        cause=str(outcome.cause or ""),
        seconds=outcome.seconds,
    )
