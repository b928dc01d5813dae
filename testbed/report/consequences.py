"""What every fault comes to, as tables in Markdown: docs/authority.md and docs/failures.md have them."""

from testbed.model.cell import Authority
from testbed.model.consequence import CONSEQUENCES, SERVICES, Consequence, Waits
from testbed.model.mode import Mode
from testbed.model.node_consequence import NODE_CONSEQUENCES, NodeConsequence

_WAITS = {Waits.NEVER: "", Waits.FIRST: "the first endpoint's limit", Waits.EVERY: "every endpoint's limit"}


def table() -> str:
    """A row for each fault: what comes of a call with each service, what is waited for, who says so."""
    head = ["fault", *SERVICES, "waited for", "source"]
    rows = [[f"`{each.fault}`", *_effects(each), _WAITS[each.waits], each.source] for each in CONSEQUENCES.values()]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def node_table() -> str:
    """A row for each fault of the worker node: its class, code and cause in either installation, and who says so."""
    head = ["fault", "setuid", "log-only", "class", "code", "s", "source"]
    rows = [_node_row(each) for each in NODE_CONSEQUENCES.values()]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def _node_row(each: NodeConsequence) -> list[str]:
    effects = [_node_effect(each, mode) for mode in (Mode.SETUID, Mode.LOG_ONLY)]
    classes = [each.failure_in(mode).letter for mode in each.modes]
    codes = [str(each.code_in(mode)) for mode in each.modes]
    return [
        f"`{each.fault}`",
        *effects,
        *(", ".join(dict.fromkeys(words)) for words in (classes, codes)),
        f"{each.seconds:g}",
        each.source,
    ]


def _node_effect(each: NodeConsequence, mode: Mode) -> str:
    if not each.meant(mode):
        return ""
    cause = each.cause_in(mode)
    if cause:
        return f"{cause}" + ("" if each.told else " (untold)")
    return "runs" if each.recorded else "runs, not recorded"


def _effects(each: Consequence) -> list[str]:
    return [_effect(each, authority) for authority in SERVICES]


def _effect(each: Consequence, authority: Authority) -> str:
    if authority not in each.meant:
        return ""
    cause = each.cause_with(authority)
    return str(cause) if cause else "runs"
