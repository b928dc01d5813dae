"""What a pilot's report means: the kernel's word on who the payload was, held against the pilot's claim."""

from typing import Any

from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, End, Outcome
from testbed.pilot.payload import Identity, Report, State
from testbed.pilot.told import cause_of, failure_of, told

GUEST = ("payload", "guest-")
"""Account, and how the host name begins, inside the virtual machine of mode vm."""

CONTAINER = frozenset(("user", "mnt", "pid", "ipc"))
"""The namespaces that a payload of mode container has to itself: one that shares any of them is the pilot."""

NOT_RUN = {
    State.RETURNED: End.RETURNED,
    State.CANCELLED: End.RETURNED,
    State.LOST: End.LOST,
    State.HUNG: End.HUNG,
}


def outcome(
    report: Report, mode: Mode, pilot_account: str, attack: Attempt | None = None, pilot_uid: int | None = None
) -> Outcome:
    """The outcome of a payload whose pilot ran as ``pilot_account``; ``attack`` is what its attack achieved, if any.

    The uid counts as the name does: on a node whose passwd cannot be read nobody has a name, the pilot neither.
    A payload of which nothing final is known yet counts as hung: who asks has waited long enough.
    """
    who = report.identity
    facts: dict[str, Any] = {
        "account": who.user if who else "",
        "out": report.out.decode(errors="replace"),
        "err": report.err.decode(errors="replace"),
        "why": report.why,
        "bypassed": report.bypassed,
        "cause": cause_of(report),
        "guess": failure_of(report),
        "told": told(report),
        "machine": report.account.machine if report.account else "",
    }
    if report.state is not State.ENDED or who is None:
        code = report.code if report.state is State.RETURNED else None
        return Outcome(NOT_RUN.get(report.state, End.HUNG), code, attack=attack, **facts)
    ran_as = _ran_as(who, mode, pilot_account, pilot_uid)
    return Outcome(_end(report.separated, ran_as), report.code, ran_as, attack, **facts)


def _ran_as(who: Identity, mode: Mode, pilot_account: str, pilot_uid: int | None) -> str:
    if mode is Mode.VM and who.user == GUEST[0] and who.host.startswith(GUEST[1]):
        return "guest"
    if mode is Mode.CONTAINER and who.apart >= CONTAINER:
        return "container"
    if who.user == pilot_account or who.uid == pilot_uid:
        return "pilot"
    if who.uid == 0:
        return "root"
    return f"pool {who.user.rstrip('0123456789')}"


def _end(claimed: bool, ran_as: str) -> End:
    """Separated is who is neither the pilot nor root, whatever was claimed; a false claim is silence."""
    if ran_as not in ("pilot", "root"):
        return End.SEPARATED
    return End.SILENT if claimed or ran_as == "root" else End.UNSEPARATED
