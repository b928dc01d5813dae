"""Ways to get an answer wrong that every face can send: an altered answer, or altered obligations.

A twist never makes a Permit of anything else: what was refused stays refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.xacml import Assignment, Obligation
from testbed.model.fault import Fault

STRANGER = "nosuchuser"
"""An account that no node has, as `STRANGER_ID` is a number that none has: above every pool, below nobody."""
STRANGER_ID = 59_999
NOBODY = Account("nobody", 65_534, "nogroup", 65_534)
"""The second account of `Fault.DUPLICATE_OBLIGATION`: every node has it, so taking the last one would be noticed."""

ECHOES: Mapping[str, str] = {
    Fault.CYRILLIC_ECHO: "CN=Пётр Иванов,O=Grid",
    Fault.ARABIC_ECHO: "CN=محمد علي,O=Grid",
}
"""Whom the request that is echoed names."""
DECISIONS = {
    Fault.INDETERMINATE: Decision.INDETERMINATE,
    Fault.NOT_APPLICABLE: Decision.NOT_APPLICABLE,
    Fault.DENY: Decision.DENY,
}
ACCOUNTS = (
    Fault.ACCOUNT_UNKNOWN,
    Fault.ACCOUNT_ROOT,
    Fault.ACCOUNT_MINUS_ONE,
    Fault.ACCOUNT_OVERFLOW,
    Fault.ACCOUNT_SHORTENED,
    Fault.SECONDARY_GROUP_UNKNOWN,
)
ANSWERS: Sequence[Fault] = (*DECISIONS, *ACCOUNTS, Fault.NO_OBLIGATION, Fault.SERVICE_POOL_EXHAUSTED)
"""What `altered` knows and every face has a form for."""


def altered(answer: Answer, twist: str) -> Answer:
    """The answer with what is wrong in the answer itself; as it is for every other twist."""
    if twist in DECISIONS:
        decision = DECISIONS[Fault(twist)]
        return Answer(decision, reason="injected", message=f"{decision}, injected by the testbed")
    if answer.decision is not Decision.PERMIT:
        return answer
    if twist == Fault.SERVICE_POOL_EXHAUSTED:
        return Answer(Decision.INDETERMINATE, reason="pool-exhausted", message="No pool account was available")
    if twist in (Fault.NO_OBLIGATION, Fault.RAW_OBLIGATION):
        return replace(answer, account=None, mapping=twist == Fault.RAW_OBLIGATION)
    if twist == Fault.OBLIGATIONS_UNDER_DENY:
        return replace(answer, decision=Decision.DENY)
    return replace(answer, account=answer.account and _account(answer.account, twist))


def spoilt(obligations: Sequence[Obligation], twist: str, again: Sequence[Obligation]) -> Sequence[Obligation]:
    """Obligations with one too many; ``again`` is what they would be for `NOBODY`."""
    if twist == Fault.UNKNOWN_OBLIGATION and obligations:
        base = "http://example.org/xacml/"
        unknown = Obligation(base + "obligation/nobody-knows", (Assignment(base + "attribute/nobody-knows", "1"),))
        return (*obligations, unknown)
    if twist == Fault.DUPLICATE_OBLIGATION and obligations:
        return (*obligations, *again)
    return obligations


def _account(account: Account, twist: str) -> Account:
    if twist == Fault.ACCOUNT_UNKNOWN:
        return replace(account, user=STRANGER, uid=STRANGER_ID)
    if twist == Fault.ACCOUNT_ROOT:
        return Account("root", 0, "root", 0)
    if twist == Fault.ACCOUNT_MINUS_ONE:
        return replace(account, user="-1", uid=-1)
    if twist == Fault.ACCOUNT_OVERFLOW:
        return replace(account, user=str(2**32), uid=2**32)
    if twist == Fault.ACCOUNT_SHORTENED:
        return replace(account, user=account.user[:-2])
    if twist == Fault.SECONDARY_GROUP_UNKNOWN:
        return replace(account, groups=(*account.groups, "nosuchgroup"), gids=(*account.gids, STRANGER_ID))
    return account
