"""What a cell is documented to do: ordered rules, each with its source. The first that fits decides."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.attack import Chance, Threat
from testbed.model.catalogue import CATALOGUE
from testbed.model.cell import Authority, Cell
from testbed.model.condition import NEVER_OPEN, Condition, Situation
from testbed.model.consequence import CONFIGURATION, CONSEQUENCES, Consequence
from testbed.model.effect import Cause
from testbed.model.failure import Failure, class_of
from testbed.model.fault import Fault
from testbed.model.kernel import Kernel
from testbed.model.mode import WAYS, Mode
from testbed.model.node_consequence import NODE_CONSEQUENCES, NodeConsequence
from testbed.model.outcome import Attempt, End, Outcome
from testbed.model.policy import Ruling, may_run_itself


@dataclass(frozen=True, slots=True)
class Case:
    """A cell and what its site says of it."""

    cell: Cell
    pool: str | None
    """That of the cell's user; ``None``: nobody maps him."""
    sites_answer: OnInternalError
    """To question 4."""
    tells: bool = True
    """Whether the switch tells why it refuses (``report_cause``)."""
    endpoints: int = 2
    """How many of the authority's its policy names."""
    conditions: tuple[Condition, ...] = ()
    """The site's, for the answer "depends". None: that is no, but for a cell that says so itself: see `Answers`."""
    situation: Situation = field(default_factory=Situation)
    """What the pilot knows when it asks, but for the cause."""
    needs_trace: bool = True
    """Whether the site requires glexec, in whatever mode."""
    kernel: Kernel = field(default_factory=Kernel)
    """The worker node's, whose settings decide some attacks."""

    @property
    def consequence(self) -> Consequence | None:
        """What a fault of the authority comes to; ``None`` where there is no such fault."""
        return CONSEQUENCES.get(self.cell.fault)

    @property
    def on_node(self) -> NodeConsequence | None:
        """What a fault of the worker node comes to; ``None`` where there is no such fault."""
        return NODE_CONSEQUENCES.get(self.cell.fault)

    @property
    def cause(self) -> Cause | None:
        """Why nothing runs through the switch; ``None`` where its fault keeps nothing from running."""
        if self.cell.fault is Fault.NO_CONFIG:
            return CONFIGURATION
        if self.on_node:
            return self.on_node.cause_in(self.cell.mode)
        return self.consequence.cause_with(self.cell.authority) if self.consequence else None

    @property
    def told(self) -> Cause | None:
        """The cause that the pilot hears: none where the site has none told, or before its configuration is read."""
        unread = self.cell.fault is Fault.NO_CONFIG or (self.on_node is not None and not self.on_node.told)
        return self.cause if self.tells and not unread else None

    @property
    def failure(self) -> Failure | None:
        """What a careful pilot takes it for; ``None`` where nothing keeps the payload from running.

        Where no cause is told its canary fails as well, since what is broken here is broken for the pilot too.
        """
        if self.cause is None:
            return None
        return class_of(self.told) if self.told else Failure.INTERNAL

    @property
    def kind(self) -> str:
        """The class of the cause for which a fault of the authority lets nothing run; empty where it does not."""
        return self.cause.kind if self.consequence and self.cause else ""

    @property
    def ruling(self) -> Ruling:
        """Question 4, asked of this failure with its cause, where it is told: may the pilot run the payload itself?"""
        stance = Stance.REQUIRE if self.needs_trace else Stance.ALLOW
        site = Answers(MultiUser.YES, stance, Stance.ALLOW, self.sites_answer, on_internal_error_if=self.conditions)
        answers = site.with_question_4(self.cell.on_internal_error)
        failure = self.failure or Failure.PAYLOAD
        return may_run_itself(answers, failure, replace(self.situation, cause=self.told))


@dataclass(frozen=True, slots=True)
class Rule:
    """One documented behaviour. ``outcome`` gives ``None`` where the cell has no meaning; ``says`` is then why."""

    name: str
    says: str
    source: str
    fits: Callable[[Case], bool]
    outcome: Callable[[Case], Outcome | None]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of a cell, and the rule that says so."""

    outcome: Outcome | None
    rule: Rule
    ruling: Ruling | None = None
    """What question 4 says, where the pilot has to ask it."""

    @property
    def meaningless(self) -> str:
        """Why the cell has no meaning; empty when it has one."""
        return self.rule.says if self.outcome is None else ""


def expected(
    cell: Cell,
    pool: str | None,
    sites_answer: OnInternalError = OnInternalError.NO,
    *,
    tells: bool = True,
    endpoints: int = 2,
    conditions: tuple[Condition, ...] = (),
    situation: Situation | None = None,
    needs_trace: bool = True,
    kernel: Kernel | None = None,
) -> Expectation:
    """The expectation of a cell at a site that maps the cell's user to ``pool`` (``None``: to nobody); see `Case`."""
    case = Case(cell, pool, sites_answer, tells, endpoints, conditions, situation or Situation(), needs_trace)
    case = replace(case, kernel=kernel or case.kernel)
    return expected_of(case)


def expected_of(case: Case) -> Expectation:
    """The expectation of a case."""
    rule = next(rule for rule in RULES if rule.fits(case))
    outcome = rule.outcome(case)
    asked = outcome is not None and case.failure in (Failure.INTERNAL, Failure.TRACELESS)
    return Expectation(outcome, rule, case.ruling if asked else None)


def _as_pilot(case: Case) -> Outcome:
    return Outcome(End.UNSEPARATED, 0, "pilot")


def _refused(code: int) -> Callable[[Case], Outcome]:
    return lambda case: Outcome(End.RETURNED, code)


def _refused_on_node(case: Case) -> Outcome:
    assert case.on_node is not None
    return Outcome(End.RETURNED, case.on_node.code_in(case.cell.mode))


def _tried(threat: Threat) -> Rule:
    """What an attack of the catalogue comes to, beside what becomes of the payload that tries it."""

    def outcome(case: Case) -> Outcome | None:
        cell = case.cell
        chance = threat.chance(cell.mode, case.kernel, cell.measure)
        if chance is Chance.MEANINGLESS or (cell.measure and cell.mode not in threat.measures.get(cell.measure, ())):
            return None
        ran = expected_of(replace(case, cell=replace(cell, attack=None, measure=None))).outcome
        attempt = Attempt.SUCCEEDED if chance is Chance.SUCCEEDS else Attempt.BLOCKED
        return replace(ran, attack=attempt) if ran else None

    return Rule(
        f"{threat.number}: {threat.says}",
        "there is nothing of the kind in this mode, or the measure does nothing against it here",
        threat.why,
        lambda case: case.cell.attack is threat.attack,
        outcome,
    )


def _calls_switch(case: Case) -> bool:
    return WAYS[case.cell.mode].calls_switch


RULES: tuple[Rule, ...] = (
    Rule(
        "a fault of the switch is not felt where the switch is not called",
        "mode none does not call the switch, so nothing in its configuration can fail, and no authority that it asks",
        "definition of the modes",
        lambda case: case.cell.fault is not Fault.NONE and not _calls_switch(case),
        lambda case: None,
    ),
    Rule(
        "map files are no service",
        "the site's own map files are read, nobody is asked over the network, so nothing there can fail",
        "definition of the authorities",
        lambda case: case.consequence is not None and case.cell.authority is Authority.GRIDMAP,
        lambda case: None,
    ),
    Rule(
        "each service has its own ways to answer wrongly",
        "the answers of this service have no such part that could be wrong",
        "Argus: Hessian; SCAS and GUMS: SAML2 profile of XACML 2.0",
        lambda case: case.consequence is not None and case.cell.authority not in case.consequence.meant,
        lambda case: None,
    ),
    Rule(
        "a service maps without the node's own map files",
        "accounts come from a service here, so nothing of the node's own map files and leases can fail",
        "definition of the authorities",
        lambda case: case.on_node is not None and case.on_node.local and case.cell.authority is not Authority.GRIDMAP,
        lambda case: None,
    ),
    Rule(
        "what is broken of one user is not met by others",
        "the pool that is exhausted, or the lease that has a link too many, is not this user's",
        "definition of the faults",
        lambda case: case.on_node is not None and bool(case.on_node.users) and case.cell.user not in case.on_node.users,
        lambda case: None,
    ),
    Rule(
        "what is not there cannot be lost",
        "a log-only program has no set-id bit, so nobody can lose or ignore it",
        "definition of the installations",
        lambda case: case.on_node is not None and not case.on_node.meant(case.cell.mode),
        lambda case: None,
    ),
    Rule(
        "fail-over needs a second endpoint",
        "the site's policy names one endpoint, and this is about two",
        "definition of the faults",
        lambda case: case.consequence is not None and case.endpoints < case.consequence.endpoints,
        lambda case: None,
    ),
    Rule(
        "question 4 is asked only when glexec has an internal error",
        "without a fault that keeps payloads from running nobody asks what may be done on an internal error",
        "WLCG questionnaire of 2010, question 4",
        lambda case: (
            case.cell.on_internal_error is not None
            and case.cell.fault is not Fault.NO_CONFIG
            and not case.kind
            and (case.on_node is None or case.cause is None)
        ),
        lambda case: None,
    ),
    Rule(
        "attacks are tried where nothing is broken",
        "an attack under a fault is not declared: with a by-pass the pilot hides its proxy, so each case is its own",
        "definition of the attacks",
        lambda case: case.cell.attack is not None and case.cell.fault is not Fault.NONE,
        lambda case: None,
    ),
    Rule(
        "an internal error and the site's leave: the pilot runs the payload itself, and says so",
        "glexec.conf is missing: exit code 202; question 4 = yes, or a condition that holds, lets the pilot run the "
        "payload without separation",
        "Nikhef wiki, Exit codes of gLExec (202); WLCG questionnaire of 2010, question 4",
        lambda case: case.cell.fault is Fault.NO_CONFIG and case.ruling.allowed,
        _as_pilot,
    ),
    Rule(
        "an internal error without leave: the payload goes back to the queue",
        "glexec.conf is missing: exit code 202; question 4 = no, or no condition of depends holds: nothing is run",
        "Nikhef wiki, Exit codes of gLExec (202); WLCG questionnaire of 2010, question 4",
        lambda case: case.cell.fault is Fault.NO_CONFIG,
        _refused(202),
    ),
    Rule(
        "an account that the node does not have is nobody's to run as",
        "an account was given, and it is not here: exit code 203, and no by-pass either, whatever question 4 says",
        "Nikhef wiki, Exit codes of gLExec (203: the mapped account is missing in passwd); policy.py: our choice",
        lambda case: case.told is not None and case.told.reason in NEVER_OPEN,
        _refused(203),
    ),
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
        _as_pilot,
    ),
    Rule(
        "a node that is broken is no leave: the payload goes back to the queue",
        "the worker node's own fault keeps the switch from running anything: without leave the pilot may not either",
        "Nikhef wiki, Exit codes of gLExec; WLCG questionnaire of 2010, question 4; node_consequence.py",
        lambda case: case.on_node is not None and case.cause is not None,
        _refused_on_node,
    ),
    Rule(
        "no decision, said to be none, and the site's leave: the pilot runs the payload itself, and says so",
        "exit code 203 with a cause that is no decision (unavailable, undecided): for the pilot an internal error; "
        "where no cause is told, so it is if the pilot's own harmless call is refused as well",
        "report_cause, an option of ours; WLCG questionnaire of 2010, question 4; the canary: our choice",
        lambda case: bool(case.kind) and case.failure is Failure.INTERNAL and case.ruling.allowed,
        _as_pilot,
    ),
    Rule(
        "no decision is no leave: the payload goes back to the queue",
        "exit code 203; without leave by question 4 the pilot may not run it",
        "Nikhef wiki, Exit codes of gLExec (203: SCAS not running, cable unplugged); question 4; consequence.py",
        lambda case: bool(case.kind) and case.failure is Failure.INTERNAL,
        _refused(203),
    ),
    Rule(
        "a decision that is no is final",
        "the authority denies, or gives what nobody may have: exit code 203, whatever question 4 says",
        "Nikhef wiki, Exit codes of gLExec (203: banned); JSPG multi-user pilot policy: no run after a refusal "
        "(from memory); consequence.py",
        lambda case: bool(case.kind),
        _refused(203),
    ),
    Rule(
        "who is not mapped is not run",
        "no map file or policy of the site names this user: LCMAPS fails, exit code 203, whatever question 4 says",
        "Nikhef wiki, Exit codes of gLExec (203); JSPG multi-user pilot policy: no run after a refusal (from memory)",
        lambda case: case.pool is None and _calls_switch(case),
        _refused(203),
    ),
    Rule(
        "a counter-measure needs an attack",
        "nothing is done against nothing",
        "definition of the counter-measures",
        lambda case: case.cell.measure is not None and case.cell.attack is None,
        lambda case: None,
    ),
    *(_tried(threat) for threat in CATALOGUE.values()),
    Rule(
        "without the switch every payload is the pilot",
        "nobody is asked and nobody is told: the payload runs with the pilot's uid and reaches all that it reaches",
        "GDB 2007-10-10, glexec can do nothing; Linux: one uid may signal, trace and read itself",
        lambda case: case.cell.mode is Mode.NONE,
        _as_pilot,
    ),
    Rule(
        "log-only decides and records, and separates nothing",
        "the switch has no set-id bit: the uid stays the pilot's, and attacks succeed as in mode none",
        "Quattor UMD-4 templates: 0555 in log-only; Linux: one uid may signal, trace and read itself",
        lambda case: case.cell.mode is Mode.LOG_ONLY,
        _as_pilot,
    ),
    Rule(
        "setuid mode runs the payload as the user's pool account",
        "an account of the pool that the map files name is leased, by LCMAPS or by the authority; "
        "the switch becomes it for good",
        "Nikhef wiki, GLExec; LCMAPS 1.6.6 and its plugins as observed; Argus: local-environment-map",
        lambda case: case.cell.mode is Mode.SETUID,
        lambda case: Outcome(End.SEPARATED, 0, f"pool {case.pool}"),
    ),
    Rule(
        "namespaces of its own hide what the common uid would open",
        "the uid stays the pilot's, but processes, files and memory of others are not there to be named, and a user "
        "namespace of its own keeps the payload from tracing or reading what it could name",
        "Linux: user_namespaces(7), pid_namespaces(7), mount_namespaces(7), ptrace(2); observed",
        lambda case: case.cell.mode is Mode.CONTAINER,
        lambda case: Outcome(End.SEPARATED, 0, "container"),
    ),
    Rule(
        "a machine of its own holds nothing of others",
        "the payload has its own kernel, processes and disk; the worker node's are not there to be reached",
        "Vac and Vacuum platform: one virtual machine per payload",
        lambda case: case.cell.mode is Mode.VM,
        lambda case: Outcome(End.SEPARATED, 0, "guest"),
    ),
)
