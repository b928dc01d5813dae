"""One client's calls of the real switch, and what this client can see of them."""

from dataclasses import dataclass, field

from testbed.model.seen import Seen
from testbed.pilot.profiles.profile import PAYLOAD, Profile, Stage
from testbed.pilot.replay.errands import CANARY, SAID, WAYS, Errand
from testbed.pilot.replay.ground import Ground, Place

WRAP = ("/usr/sbin/glexec_wrapenv.pl",)
"""What a client does with the environment that it wants to get across."""


@dataclass(slots=True)
class RealCalls:
    """What a course of a client asks for; counts its calls, and keeps the last one's exit code."""

    ground: Ground
    profile: Profile
    place: Place
    count: int = 0
    code: int | None = None
    said: str = ""
    mended: bool = False
    """Whether it has put right what it did wrong: its environment, its copy of the proxy."""
    _made: str = field(default="", init=False)
    _tightened: bool = field(default=False, init=False)

    @property
    def found(self) -> bool:
        """Whether there is a glexec; all of the places where clients look for it are one here."""
        return self.ground.found

    def call(self, stage: Stage) -> Seen:
        """Make a stage's calls one after the other; the first that is not good, else the last."""
        seen = Seen(None)
        for errand in WAYS[stage.command](self.place, self._made):
            seen = self._seen(errand, stage)
            if not stage.good.holds(seen):
                break
        return seen

    def mend(self) -> None:
        """What a careful client can mend: begin with an empty environment, and keep the proxy to itself."""
        self.mended = True
        self.ground.run(["/usr/bin/chmod", "600", self.place.payload_proxy], {})

    def canary(self) -> Seen:
        """A harmless call with the pilot's credential; its code is not the payload's."""
        code, said = self.code, self.said
        seen = self.call(CANARY)
        self.code, self.said = code, said
        return seen

    def _seen(self, errand: Errand, stage: Stage) -> Seen:
        if stage.credential == PAYLOAD and self.profile.proxy_mode is not None and not self._tightened:
            self._tightened = True
            self.ground.run(["/usr/bin/chmod", f"{self.profile.proxy_mode:o}", self.place.payload_proxy], {})
        limit = min(self.profile.patience or self.ground.patience, self.ground.patience)
        result = self.ground.run(errand.argv, self._variables(stage, errand.wraps), limit, errand.stdin)
        self.count += 1
        self.code = None if result.hung else result.code
        out, err = (text.decode(errors="replace") for text in (result.out, result.err))
        if result.hung:
            err = ""  # who ends it here adds a word of his own
        self.said = err or self.said
        if errand.makes and result.code == 0:
            self._made = out.strip()
        shown = out.removeprefix(SAID) if errand.handshake else out
        return Seen(self.code, shown, err, self._started(errand, out))

    def _variables(self, stage: Stage, wraps: bool) -> dict[str, str]:
        """What this client sets for a call, and its own proxy for the site's authority."""
        own = {"X509_USER_PROXY": self.place.pilot_proxy}
        if not self.mended:
            own |= self.ground.inherited
        return own | self.profile.variables(
            stage,
            payload_proxy=self.place.payload_proxy,
            pilot_proxy=self.place.pilot_proxy,
            folder=self._made or self.place.work,
            wrapped_environment=self.ground.run(WRAP, own).text if wraps else "",
        )

    def _started(self, errand: Errand, out: str) -> bool:
        """Whether the sign came that this client looks for; one that looks for none never knows."""
        if errand.leaves:
            return self.ground.run(["/usr/bin/test", "-s", errand.leaves], {}).code == 0
        return errand.handshake and out.startswith(SAID)
