"""What each client made of what went wrong, counted: by its profile and by the site's answer to question 4."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.model.failure import Failure
from testbed.model.outcome import End
from testbed.model.replay import OURS, UNASKED, Replay
from testbed.report.matrix import Tone

PAYLOAD_MINUTES = 60
"""How long a payload is taken to last, for the minutes of exposure: those of a replay end at once (our choice)."""

HEADING = (
    "client",
    "question 4",
    "separated",
    "said so",
    "SILENT",
    "back",
    "lost",
    "hung",
    "denied ran",
    "guessed",
    "min",
)
CAPTION = (
    "How many circumstances led where. said so, SILENT: ran with the pilot's uid, known to the node's log or not. "
    "denied ran: payloads of refused users that ran, of all those. guessed: taken for what it was, of those of which "
    "the client made itself a picture. min: minutes of exposure past the switch, were each payload "
    f"{PAYLOAD_MINUTES} minutes long. D denied, M the pilot's own mistake, E internal error, T no record can be made, "
    "P nothing that keeps a payload from running."
)
EACH = ("circumstance", "end", "code", "cause told", "taken for", "s", "told")
"""What is said of one replay by itself."""
NOTHING = Failure.PAYLOAD.letter
_ENDS = (End.SEPARATED, End.UNSEPARATED, End.SILENT, End.RETURNED, End.LOST, End.HUNG)


@dataclass(frozen=True, slots=True)
class Tally:
    """One client under one answer in one mode."""

    mode: str
    client: str
    answer: str
    replays: tuple[Replay, ...]

    def ends(self, end: End) -> int:
        """How many circumstances led to an end."""
        return sum(replay.fate.end is end for replay in self.replays)

    @property
    def denied(self) -> tuple[int, int]:
        """Payloads of refused users that ran, and all of them."""
        refused = [replay for replay in self.replays if replay.truth == "denied"]
        return sum(replay.ran for replay in refused), len(refused)

    @property
    def guessed(self) -> tuple[int, int]:
        """How often the client took a result for what it was, of those of which it made itself a picture."""
        pictured = [replay for replay in self.replays if replay.fate.guess is not None]
        return sum(replay.fate.guess is replay.truth for replay in pictured), len(pictured)

    @property
    def exposure(self) -> int:
        """Minutes that payloads would have had the pilot's uid past the switch."""
        return PAYLOAD_MINUTES * sum(replay.exposed for replay in self.replays)

    @property
    def name(self) -> str:
        """The client with the answer, where that makes a difference to it: ``careful, question 4 yes``."""
        return self.client if self.answer == UNASKED else f"{self.client}, question 4 {self.answer}"

    @property
    def loud(self) -> str:
        """That payloads of refused users ran, and when; empty where none did."""
        some, all_ = self.denied
        when = ", ".join(dict.fromkeys(each.circumstance for each in self.replays if each.against_a_denial))
        return f"A REFUSED USER'S PAYLOAD RAN under {self.name}, {self.mode}: {some} of {all_} ({when})" if some else ""

    @property
    def tones(self) -> tuple[Tone, ...]:
        """How each word of its line is meant: what is never right, and what costs."""
        bad = {
            HEADING.index("SILENT"): self.ends(End.SILENT),
            HEADING.index("denied ran"): self.denied[0],
        }
        doubtful = {
            HEADING.index("lost"): self.ends(End.LOST),
            HEADING.index("hung"): self.ends(End.HUNG),
            HEADING.index("min"): self.exposure,
        }
        return tuple(
            Tone.BAD if bad.get(column) else Tone.DOUBT if doubtful.get(column) else Tone.QUIET
            for column in range(len(HEADING))
        )

    @property
    def words(self) -> tuple[str, ...]:
        """One line under `HEADING`."""
        counts = [str(self.ends(end)) for end in _ENDS]
        pairs = [f"{some}/{all_}" for some, all_ in (self.denied, self.guessed)]
        return (self.client, self.answer, *counts, *pairs, str(self.exposure))


def each_of(tally: Tally) -> list[tuple[str, ...]]:
    """One line under `EACH` for each circumstance."""
    return [
        (
            f"{replay.circumstance} ({replay.truth.letter})",
            str(replay.fate.end),
            "" if replay.fate.code is None else str(replay.fate.code),
            replay.cause,
            str(replay.fate.guess or "nothing"),
            f"{replay.seconds:.2f}",
            replay.told,
        )
        for replay in tally.replays
    ]


def tallies(replays: Sequence[Replay]) -> list[Tally]:
    """Of every mode, client and answer that occurs, in the order of their first replays."""
    groups = Counter((replay.mode, replay.client, replay.answer) for replay in replays)
    return [
        Tally(*group, tuple(each for each in replays if (each.mode, each.client, each.answer) == group))
        for group in groups
    ]


def circumstances(replays: Sequence[Replay], mode: str) -> list[str]:
    """What was the matter in the replays of a mode, each once, with its class, even where some clients did not mind."""
    letters: dict[str, str] = {}
    for each in replays:
        if each.mode == mode and letters.get(each.circumstance, NOTHING) == NOTHING:
            letters[each.circumstance] = each.truth.letter
    return [f"{circumstance} ({letter})" for circumstance, letter in letters.items()]


def by_mode(replays: Sequence[Replay]) -> list[tuple[str, list[Tally]]]:
    """For each mode what was the matter in it, in words, and what each client made of that.

    A mode in which only our own pilot met something, and one thing only, compares nothing: left out, unless it is loud.
    """
    found = []
    for mode in dict.fromkeys(replay.mode for replay in replays):
        met, there = circumstances(replays, mode), [tally for tally in tallies(replays) if tally.mode == mode]
        if len(met) > 1 or any(tally.client != OURS or tally.loud for tally in there):
            found.append((f"{mode}: " + ", ".join(met), there))
    return found


def plain(replays: Sequence[Replay], width: int) -> str:
    """The tables for a terminal; nothing where nothing was replayed."""
    parts = []
    for title, found in by_mode(replays):
        every = (HEADING, *(tally.words for tally in found))
        widths = [max(len(line[column]) for line in every) for column in range(len(HEADING))]
        rows = ("  ".join(word.ljust(size) for word, size in zip(line, widths, strict=True)) for line in every)
        loud = [
            line for tally in found if tally.loud for line in textwrap.wrap(tally.loud, width, subsequent_indent="  ")
        ]
        parts.append("\n".join([*textwrap.wrap(f"clients, {title}", width), *(row.rstrip() for row in rows), *loud]))
    return "\n\n".join([*parts, "\n".join(textwrap.wrap(CAPTION, width))]) + "\n" if parts else ""
