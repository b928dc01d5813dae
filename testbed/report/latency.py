"""How long a ban takes to bite, as a table in Markdown and as a picture: bars beside their documented limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_LABEL, _SCALE, _HEIGHT, _TOP = 250, 440, 26, 46
"""Pixels: left of the bars, of the longest bar, of a row, above the first one."""


@dataclass(frozen=True, slots=True)
class Latency:
    """One ban. All times in seconds from the moment at which it was said."""

    ban: str
    """Where: ``local`` or ``central``."""
    caches: str
    """What stands in between."""
    limit: float
    """As documented, at most, not counting the call that is refused."""
    refusal: float
    """Until the first call was refused."""
    gone: float
    """Until the last payload that had been let in was gone; 0 where there was none."""


def markdown(bans: Sequence[Latency]) -> str:
    """The table."""
    lines = [
        "| ban | caches in between | at most, s | first refusal, s | last payload gone, s |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {b.ban} | {b.caches} | {b.limit:.1f} | {b.refusal:.2f} | {b.gone:.2f} |" for b in bans]
    return "\n".join(lines) + "\n"


def svg(bans: Sequence[Latency]) -> str:
    """The picture: a bar to the first refusal, a thin one to the last payload's end, a stroke at the limit."""
    longest = max((max(b.limit, b.refusal, b.gone) for b in bans), default=0) or 1
    height = _TOP + _HEIGHT * len(bans) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LABEL + _SCALE + 70}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        '<text x="10" y="18">From a ban to the first refusal (bar) and the last payload gone (thin), in seconds</text>',
        '<text x="10" y="34" fill="#a00">The stroke is the documented limit</text>',
    ]
    for row, b in enumerate(bans):
        top = _TOP + _HEIGHT * row
        refusal, gone, limit = (round(_SCALE * seconds / longest, 1) for seconds in (b.refusal, b.gone, b.limit))
        parts += [
            f'<text x="10" y="{top + 14}">{escape(f"{b.ban}: {b.caches}")}</text>',
            f'<rect x="{_LABEL}" y="{top + 2}" width="{refusal}" height="12" fill="#468"/>',
            f'<rect x="{_LABEL}" y="{top + 16}" width="{gone}" height="3" fill="#8ac"/>',
            f'<rect x="{_LABEL + limit}" y="{top}" width="2" height="20" fill="#a00"/>',
            f'<text x="{_LABEL + max(refusal, gone, limit) + 8}" y="{top + 13}">{b.refusal:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
