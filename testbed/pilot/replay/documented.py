"""What is documented of each client under each circumstance: read in its source, not computed from its profile.

The sources stand with the profiles (`testbed/pilot/profiles`), the site's side in docs/policy.md. `careful` is ours.
So is the mkgltempdir of the worker node: it keeps glexec's words to itself when all went well (docs/companions.md), so
that `panda-test` hears no harmless line of it.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from testbed.model.mode import Mode
from testbed.model.outcome import End
from testbed.model.replay import Fate
from testbed.pilot.profiles.step import Step


class Kind(StrEnum):
    """What circumstances have in common, as far as clients are concerned."""

    WELL = "well"
    NOISE = "noise"
    """All is well, and a line comes on standard error with every call."""
    DENIED = "denied"
    """Everybody is refused, the pilot included."""
    BANNED = "banned"
    """The payload's owner is refused, the pilot is not."""
    BANNED_NOISE = "banned-noise"
    AWAY = "away"
    """Nobody decides, because nobody is there: a condition of the replays' "depends" names the cause."""
    BROKEN = "broken"
    """Nobody decides, for a reason that no condition names."""
    MISSING = "missing"
    """There is no glexec."""
    HANGS = "hangs"
    """A call of the switch does not end."""
    TRACELESS = "traceless"
    """Nobody could record a run."""
    UNTOLD_BANNED = "untold-banned"
    """As `BANNED`, `AWAY` and `DENIED`, at a site whose switch tells no causes."""
    UNTOLD_AWAY = "untold-away"
    UNTOLD_DENIED = "untold-denied"
    NOBODYS = "nobodys"
    """A Permit with an account that the node does not have, and causes are told."""
    LOOSE_PROXY = "loose-proxy"
    """The payload's proxy is readable for others, and causes are told."""
    ODD_MODE = "odd-mode"
    """The pilot finds a GLEXEC_MODE in its environment that nobody knows, and causes are told."""
    NO_ROOM = "no-room"
    """No room is left where the switch puts the copy of the payload's proxy, unless it is told where."""
    OWNERS_OWN = "owners-own"
    """Something is broken that only the payload's owner meets, and causes are told: the pilot's own probe works."""
    PAYLOAD_203 = "payload-203"
    """All is well, and the payload itself ends with 203, of which the switch makes 204."""


_DONE, _STOP, _HOLD, _BACK, _FAIL = Step.DONE, Step.STOP, Step.HOLD, Step.RETURN, Step.FAIL
_ITSELF, _BYPASS, _WAIT = Step.IN_PROCESS, Step.BYPASS, Step.WAIT

_GLIDEIN = (_DONE, _DONE, _STOP, _HOLD, _HOLD, _STOP, _STOP, _STOP, _WAIT)
_DIRAC = (_DONE, _DONE, _ITSELF, _ITSELF, _ITSELF, _ITSELF, _ITSELF, _ITSELF, _WAIT)

LAST: Mapping[str, tuple[Step, ...]] = {
    # client: well, noise, denied, banned, banned-noise, away, broken, missing, hangs
    "htcondor": (_DONE, _DONE, _HOLD, _HOLD, _HOLD, _HOLD, _HOLD, _HOLD, _WAIT),
    "htcondor-idle": (_DONE, _DONE, _BACK, _BACK, _BACK, _BACK, _BACK, _BACK, _WAIT),
    "glideinwms-never": (_STOP,) * 9,
    "glideinwms-optional": _GLIDEIN,
    "glideinwms-required": _GLIDEIN,
    "dirac": _DIRAC,
    "dirac-reschedule": (_DONE, _DONE, _BACK, _BACK, _BACK, _BACK, _BACK, _ITSELF, _WAIT),
    "dirac-paranoid": _DIRAC,
    "panda-false": (Step.WITHOUT,) * 9,
    "panda-test": (_DONE, _DONE, _FAIL, _FAIL, _FAIL, _FAIL, _FAIL, _FAIL, _WAIT),
    "panda-true": (_DONE, _ITSELF, _ITSELF, _FAIL, _ITSELF, _ITSELF, _ITSELF, _ITSELF, _WAIT),
    "blah": (_DONE, _DONE, _FAIL, _FAIL, _FAIL, _FAIL, _FAIL, _FAIL, _FAIL),
    "careful-no": (_DONE, _DONE, _BACK, _BACK, _BACK, _BACK, _BACK, _BACK, _BACK),
    "careful-depends": (_DONE, _DONE, _BACK, _BACK, _BACK, _BYPASS, _BACK, _BACK, _BACK),
    "careful-yes": (_DONE, _DONE, _BACK, _BACK, _BACK, _BYPASS, _BYPASS, _BYPASS, _BYPASS),
}
"""Each client's last word at a site that requires glexec."""

_LIKE = {
    Kind.TRACELESS: Kind.BROKEN,
    Kind.UNTOLD_BANNED: Kind.BANNED,
    Kind.UNTOLD_AWAY: Kind.BROKEN,
    Kind.UNTOLD_DENIED: Kind.DENIED,
    Kind.NOBODYS: Kind.BROKEN,
    Kind.LOOSE_PROXY: Kind.BANNED,
    Kind.ODD_MODE: Kind.DENIED,
    Kind.NO_ROOM: Kind.BROKEN,
    Kind.OWNERS_OWN: Kind.BANNED,
    Kind.PAYLOAD_203: Kind.WELL,
}
"""What is the same to clients that look at exit codes and words only, and mostly to ours."""
_CAREFUL = ("careful-no", "careful-depends", "careful-yes")
_SAY_WHERE = ("htcondor", "htcondor-idle", "panda-test", "blah")
"""Who sets GLEXEC_TARGET_PROXY for every call; PanDA's probe does not."""
_UNLIKE = {
    ("careful-yes", Kind.TRACELESS): _BACK,
    ("careful-yes", Kind.UNTOLD_DENIED): _BYPASS,
    ("careful-yes", Kind.NOBODYS): _BACK,
    ("careful-yes", Kind.OWNERS_OWN): _BYPASS,
    ("panda-test", Kind.LOOSE_PROXY): _DONE,
    ("panda-true", Kind.LOOSE_PROXY): _DONE,
    ("blah", Kind.ODD_MODE): _DONE,
    **dict.fromkeys(itertools.product(_CAREFUL, (Kind.LOOSE_PROXY, Kind.ODD_MODE)), _DONE),
    **dict.fromkeys(itertools.product(_SAY_WHERE, (Kind.NO_ROOM,)), _DONE),
    ("dirac", Kind.PAYLOAD_203): _FAIL,
    ("dirac-reschedule", Kind.PAYLOAD_203): _FAIL,
    ("dirac-paranoid", Kind.PAYLOAD_203): _FAIL,
    ("blah", Kind.PAYLOAD_203): _FAIL,
}
"""And what is not: PanDA makes the proxy 0700, BLAH sets GLEXEC_MODE itself, a careful client mends its call once."""
_CALLS_NOT = ("glideinwms-never", "panda-false")
_PROBES_AS_PILOT = ("panda-true",)
_LAST_CALL_IS_THE_PAYLOAD = ("dirac", "dirac-reschedule", "dirac-paranoid", "blah", "careful-")
"""HTCondor fetches the sandbox afterwards; PanDA's own wrapper ends well whatever the payload ends with."""


def last_word(client: str, kind: Kind) -> Step:
    """A client's documented last word."""
    return _UNLIKE.get((client, kind)) or LAST[client][list(Kind).index(_LIKE.get(kind, kind))]


@dataclass(frozen=True, slots=True)
class Documented:
    """The documentation for one circumstance. ``code`` is what the switch says where it runs nothing."""

    kind: Kind
    mode: Mode
    code: int = 203
    pool: str = "alpha"
    """The owner's, where the switch changes the uid."""
    recorded: bool = True
    """Whether the node's log has what the switch records: where it runs as the pilot, nobody else knows of it."""

    def fate(self, client: str) -> Fate:
        """What is to become of a payload in this client's hands."""
        step = last_word(client, self.kind)
        through = f"pool {self.pool}" if self.mode is Mode.SETUID else "pilot"
        if step is Step.DONE or (step is Step.FAIL and self.kind is Kind.PAYLOAD_203):
            known = End.UNSEPARATED if self.recorded else End.SILENT
            end = End.SEPARATED if self.mode is Mode.SETUID else known
            return Fate(end, str(step), self._code(client, ran=True), (through,))
        end = _ENDS.get(step, End.RETURNED)
        ran = end in (End.SILENT, End.UNSEPARATED)
        return Fate(end, str(step), self._code(client, ran=False), ("pilot",) if ran else ())

    def _code(self, client: str, *, ran: bool) -> int | None:
        """Of the last call of the switch; where it ``ran`` the payload, mostly the payload's."""
        if client in _CALLS_NOT or self.kind in (Kind.MISSING, Kind.HANGS):
            return None
        if ran:
            return 204 if self.kind is Kind.PAYLOAD_203 and client.startswith(_LAST_CALL_IS_THE_PAYLOAD) else 0
        noisy = self.kind is Kind.NOISE or (self.kind is Kind.BANNED_NOISE and client in _PROBES_AS_PILOT)
        return 0 if noisy else self.code


_ENDS = {
    Step.FAIL: End.LOST,
    Step.WAIT: End.HUNG,
    Step.IN_PROCESS: End.SILENT,
    Step.WITHOUT: End.SILENT,
    Step.BYPASS: End.UNSEPARATED,
}
"""Of a payload that the switch did not run; whatever else is the last word, it stays the VO's."""
