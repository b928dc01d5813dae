"""What becomes of a payload where the switch, its node or the service that it asks keeps it from running."""

from testbed.model.case import Case
from testbed.model.condition import NEVER_OPEN
from testbed.model.failure import Failure
from testbed.model.fault import Fault
from testbed.model.outcome import End, Outcome
from testbed.model.rules.rule import Rule, as_pilot, refused


def _refused_on_node(case: Case) -> Outcome:
    assert case.on_node is not None
    return Outcome(End.RETURNED, case.on_node.code_in(case.cell.mode))


SWITCH: tuple[Rule, ...] = (
    Rule(
        "an internal error and the site's leave: the pilot runs the payload itself, and says so",
        "glexec.conf is missing: exit code 202; question 4 = yes, or a condition that holds, lets the pilot run the "
        "payload without separation",
        "Nikhef wiki, Exit codes of gLExec (202); WLCG questionnaire of 2010, question 4",
        lambda case: case.cell.fault is Fault.NO_CONFIG and case.ruling.allowed,
        as_pilot,
    ),
    Rule(
        "an internal error without leave: the payload goes back to the queue",
        "glexec.conf is missing: exit code 202; question 4 = no, or no condition of depends holds: nothing is run",
        "Nikhef wiki, Exit codes of gLExec (202); WLCG questionnaire of 2010, question 4",
        lambda case: case.cell.fault is Fault.NO_CONFIG,
        refused(202),
    ),
)
"""Its configuration is not there."""

NOBODY: tuple[Rule, ...] = (
    Rule(
        "an account that the node does not have is nobody's to run as",
        "an account was given, and it is not here: exit code 203, and no by-pass either, whatever question 4 says",
        "Nikhef wiki, Exit codes of gLExec (203: the mapped account is missing in passwd); policy.py: our choice",
        lambda case: case.told is not None and case.told.reason in NEVER_OPEN,
        refused(203),
    ),
)
"""Nobody may run so, whoever is to blame."""

NODE: tuple[Rule, ...] = (
    Rule(
        "what nobody could record is not run where glexec is required",
        "exit code 202, said to be about the record: the record is the point of glexec there, whatever question 4 says",
        "JSPG multi-user pilot policy (from memory); our choice: no record, no run; node_consequence.py",
        lambda case: case.on_node is not None and case.cause is not None and case.cause.kind == "untraceable",
        _refused_on_node,
    ),
    Rule(
        "a node that is broken and the site's leave: the pilot runs the payload itself, and says so",
        "exit code 202, or 203 with a cause that is no decision, from the worker node's own fault: an internal error",
        "Nikhef wiki, Exit codes of gLExec; WLCG questionnaire of 2010, question 4; node_consequence.py",
        lambda case: case.on_node is not None and case.failure is Failure.INTERNAL and case.ruling.allowed,
        as_pilot,
    ),
    Rule(
        "a node that is broken is no leave: the payload goes back to the queue",
        "the worker node's own fault keeps the switch from running anything: without leave the pilot may not either",
        "Nikhef wiki, Exit codes of gLExec; WLCG questionnaire of 2010, question 4; node_consequence.py",
        lambda case: case.on_node is not None and case.cause is not None,
        _refused_on_node,
    ),
)
"""The worker node is broken."""

SERVICE: tuple[Rule, ...] = (
    Rule(
        "no decision, said to be none, and the site's leave: the pilot runs the payload itself, and says so",
        "exit code 203 with a cause that is no decision (unavailable, undecided): for the pilot an internal error; "
        "where no cause is told, so it is if the pilot's own harmless call is refused as well",
        "report_cause, an option of ours; WLCG questionnaire of 2010, question 4; the canary: our choice",
        lambda case: bool(case.kind) and case.failure is Failure.INTERNAL and case.ruling.allowed,
        as_pilot,
    ),
    Rule(
        "no decision is no leave: the payload goes back to the queue",
        "exit code 203; without leave by question 4 the pilot may not run it",
        "Nikhef wiki, Exit codes of gLExec (203: SCAS not running, cable unplugged); question 4; consequence.py",
        lambda case: bool(case.kind) and case.failure is Failure.INTERNAL,
        refused(203),
    ),
    Rule(
        "a decision that is no is final",
        "the authority denies, or gives what nobody may have: exit code 203, whatever question 4 says",
        "Nikhef wiki, Exit codes of gLExec (203: banned); JSPG multi-user pilot policy: no run after a refusal "
        "(from memory); consequence.py",
        lambda case: bool(case.kind),
        refused(203),
    ),
)
"""The authority gives no decision, or one that is no."""

UNMAPPED: tuple[Rule, ...] = (
    Rule(
        "who is not mapped is not run",
        "no map file or policy of the site names this user: LCMAPS fails, exit code 203, whatever question 4 says",
        "Nikhef wiki, Exit codes of gLExec (203); JSPG multi-user pilot policy: no run after a refusal (from memory)",
        lambda case: case.pool is None and case.calls_switch,
        refused(203),
    ),
)
"""Nothing is broken, and the user is not known."""
