"""What every fault of the authority comes to, as a table in Markdown, which docs/authority.md has."""

from testbed.model.cell import Authority
from testbed.model.consequence import CONSEQUENCES, SERVICES, Consequence, Waits

_WAITS = {Waits.NEVER: "", Waits.FIRST: "the first endpoint's limit", Waits.EVERY: "every endpoint's limit"}


def table() -> str:
    """A row for each fault: what comes of a call with each service, what is waited for, who says so."""
    head = ["fault", *SERVICES, "waited for", "source"]
    rows = [[f"`{each.fault}`", *_effects(each), _WAITS[each.waits], each.source] for each in CONSEQUENCES.values()]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def _effects(each: Consequence) -> list[str]:
    return [_effect(each, authority) for authority in SERVICES]


def _effect(each: Consequence, authority: Authority) -> str:
    if authority not in each.meant:
        return ""
    cause = each.cause_with(authority)
    return str(cause) if cause else "runs"
