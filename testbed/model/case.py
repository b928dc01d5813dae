"""A cell at a site: all that the oracle's rules look at."""

from dataclasses import dataclass, field, replace

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.cell import Cell
from testbed.model.condition import Condition, Situation
from testbed.model.consequence import CONFIGURATION, CONSEQUENCES, Consequence
from testbed.model.effect import Cause
from testbed.model.failure import Failure, class_of
from testbed.model.fault import Fault
from testbed.model.kernel import Kernel
from testbed.model.measure import Measure
from testbed.model.mode import WAYS
from testbed.model.node_consequence import NODE_CONSEQUENCES, NodeConsequence
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
    standing: tuple[Measure, ...] = ()
    """The counter-measures that the site takes anyway."""

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

    @property
    def calls_switch(self) -> bool:
        """Whether the switch is called in its mode."""
        return WAYS[self.cell.mode].calls_switch
