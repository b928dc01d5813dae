"""Questions 2 and 3 together: which modes a site offers, and which one a pilot gets that has no wish of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.model.answers import Answers, Stance
from testbed.model.mode import WAYS, Installation, Mode

NO, ALLOW, REQUIRE = Stance


@dataclass(frozen=True, slots=True)
class Offer:
    """The modes that one pair of answers allows, the one that is taken unless a pilot asks first, and a remark."""

    modes: tuple[Mode, ...]
    note: str
    flag: str = ""
    """What the site should be asked about: the pair can be read in two ways."""

    @property
    def usual(self) -> Mode:
        """What a pilot gets that asks for nothing."""
        return self.modes[0]

    def at(self, installation: Installation) -> "Offer | None":
        """What of it a switch that is installed this way can do; ``None`` for nothing.

        Without the switch every node can run payloads; that is no matter of installation.
        """
        modes = [mode for mode in self.modes if not WAYS[mode].calls_switch or WAYS[mode].installation is installation]
        return Offer(tuple(modes), self.note, self.flag) if modes else None


OFFERS: Mapping[tuple[Stance, Stance], Offer] = {
    (REQUIRE, NO): Offer((Mode.SETUID,), "a missing set-id bit is an internal error"),
    (REQUIRE, ALLOW): Offer((Mode.SETUID,), "a missing set-id bit is an internal error"),
    (REQUIRE, REQUIRE): Offer(
        (Mode.SETUID,),
        "the uid is switched, and the record is mandatory",
        "both modes cannot be used at once: the demand for log-only is read as a demand for its record",
    ),
    (ALLOW, REQUIRE): Offer(
        (Mode.LOG_ONLY, Mode.SETUID),
        "log-only; set-id where the pilot asks for it, since that keeps the record too",
        "the pilot's wish decides: reports say which mode it was",
    ),
    (ALLOW, ALLOW): Offer((Mode.SETUID, Mode.LOG_ONLY, Mode.NONE), "the pilot's wish decides; the best there is, else"),
    (ALLOW, NO): Offer((Mode.SETUID, Mode.NONE), "a switch without its set-id bit is a misconfiguration"),
    (NO, ALLOW): Offer((Mode.LOG_ONLY,), "a switch with a set-id bit is a misconfiguration"),
    (NO, REQUIRE): Offer((Mode.LOG_ONLY,), "a switch with a set-id bit is a misconfiguration"),
    (NO, NO): Offer((Mode.NONE,), "no glexec: payloads of others only where question 1 lets them run unseparated"),
}
"""Every pair of answers, as our facts on the questionnaire of 2010 read them; the order within a row is preference."""


def offer(answers: Answers) -> Offer:
    """What a site's answers to questions 2 and 3 offer."""
    return OFFERS[answers.setuid, answers.log_only]
