"""Where each bad credential is stopped, and what becomes of its payload: a table for docs/failures.md."""

from testbed.model.spoilt import SPOILT, Spoilt


def table() -> str:
    """A row for each: the VO's door, the queue, the switch, the pilot, and question 4."""
    head = [
        "the proxy is",
        "handed in",
        "waiting",
        "the switch",
        "class",
        "the pilot",
        "no/depends/yes",
        "source",
    ]
    rows = [_row(each) for each in SPOILT.values()]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def _row(each: Spoilt) -> list[str]:
    said = f"{each.code} {each.cause}" if each.cause else "runs it"
    pilot = "mends it once" if each.mendable else "gives it back" if each.cause else ""
    if "B" in each.then:
        pilot = "question 4"
    then = "runs" if each.cause is None else "/".join(each.then)
    return [each.name, str(each.door), str(each.queue), said, each.failure.letter, pilot, then, each.source]
