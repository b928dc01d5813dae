"""The figures of kinds of job, as a table for people."""

from collections.abc import Iterable, Iterator

from testbed.pilot.comparison import Figures

HEAD = (
    f"{'kind of job':<20} {'ran':>4} {'lost':>4} {'again':>5} {'wait':>6} {'p95':>6} {'idle':>6} {'each':>6} "
    f"{'whole':>6} {'sent':>4} {'calls':>5} {'seen':>4}"
)


def table(circumstance: str, figures: Iterable[Figures]) -> Iterator[str]:
    """The lines to be printed. Times are in seconds."""
    yield f"\n{circumstance}"
    yield HEAD
    for one in figures:
        yield (
            f"{one.way:<20} {one.ran:>4} {one.lost:>4} {one.absorbed:>5} {one.wait:>6.2f} {one.wait_p95:>6.2f} "
            f"{one.idle:>6.1f} {one.idle_each:>6.2f} {one.whole:>6.1f} {one.pilots:>4} {one.switch_calls:>5} "
            f"{one.beside:>4}"
        )


LEGEND = """
ran, lost: payloads; again: those that ran after they had been returned; wait, p95: from submission to the first word;
idle: slot seconds without a payload, each: for one that ran; sent: pilots or jobs; calls: of the switch;
seen: the most other users into whose payloads one could look"""
