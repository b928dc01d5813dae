"""What the services that this one stands for do differently with the same policy, by the name of their face."""

from dataclasses import dataclass

from testbed.authority.answer import Decision


@dataclass(frozen=True, slots=True)
class Habit:
    """How one kind of service decides."""

    copies: bool = False
    """Whether it decides by copies of the policy and remembers responses, as Argus' PAP, PDP and PEP daemon do."""
    maps_always: bool = True
    """Whether a Permit names an account also where the policy has no obligation to map."""
    chain_needed: bool = False
    """Whether a subject without a certificate chain is left unmapped (Argus' requireSubjectKeyInfo)."""
    any_action: bool = False
    """Whether it does not look at the action."""
    numbers: bool = False
    """Whether the account has to have numbers."""
    own_group: bool = True
    """Whether the account has its group of passwd where no line of the groupmapfile says one."""
    unmapped: Decision = Decision.DENY
    """The decision where no line of the grid-mapfile is for the subject."""


HABITS = {
    # A failed mapping is the handler's failure, and every failure is an Indeterminate [SRC argus-pep-server].
    "argus": Habit(copies=True, maps_always=False, chain_needed=True, own_group=False, unmapped=Decision.INDETERMINATE),
    # LCMAPS behind it maps everybody and answers in numbers [DOC]; that a user without a line is a Deny is inferred.
    "scas": Habit(numbers=True),
    # Does not look at the action; not mapped is a Deny [SRC gums].
    "gums": Habit(any_action=True),
    # 403 for a mapping that failed, numbers only [SRC lcmaps-rest].
    "rest": Habit(numbers=True),
    # No service of this kind maps accounts: our choice is Argus' rule for the obligation, and a plain no.
    "authzen": Habit(maps_always=False),
}
