"""What a site's answers come to, in words: modes, doubts, question 4 for each failure, and what clients make of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from testbed.model.answers import QUESTIONS, Answers, OnInternalError
from testbed.model.condition import Situation
from testbed.model.demand import Demand, fit
from testbed.model.doubt import doubts
from testbed.model.failure import FOLLOWS, Failure
from testbed.model.mode import Installation, Mode
from testbed.model.offer import offer
from testbed.model.policy import DUTIES, may_run_itself
from testbed.pilot.profiles.catalogue import PROFILES
from testbed.pilot.profiles.profile import Profile
from testbed.pilot.profiles.step import Next, Step
from testbed.pilot.profiles.walk import walk
from testbed.pilot.profiles.weather import WEATHERS, Weather
from testbed.site.site import Site

_BREACH = "!"
_NOTHING_KNOWN = Situation()


@dataclass(frozen=True, slots=True)
class Explained:
    """One site's answers, explained. ``tells`` is whether its switch tells clients why it refuses."""

    name: str
    answers: Answers
    installation: Installation
    tells: bool

    @classmethod
    def of(cls, site: Site) -> "Explained":
        """A site's."""
        return cls(site.name, site.answers, site.installation, site.tells_causes)

    @property
    def data(self) -> dict[str, Any]:
        """As JSON data."""
        answers, offered = self.answers, offer(self.answers)
        return {
            "site": self.name,
            "answers": answers.words(),
            "because": dict(answers.because),
            "installation": str(self.installation),
            "tells_causes": self.tells,
            "offers": {"modes": list(map(str, offered.modes)), "usual": str(offered.usual), "note": offered.note},
            "demands": {str(demand): self._fit(demand) for demand in Demand},
            "doubts": [
                {"answer": doubt.answer, "cost": doubt.cost, "says": doubt.says, "remedy": doubt.remedy}
                for doubt in doubts(answers)
            ],
            "question_4": {failure.letter: self.question_4(failure) for failure in Failure},
            "clients": {name: self._ways(profile) for name, profile in PROFILES.items()},
        }

    def question_4(self, failure: Failure) -> str:
        """What question 4 lets a careful pilot do about one class, in words."""
        answers, follows = self.answers, FOLLOWS[failure]
        if failure is Failure.AMBIGUOUS:
            return "runs nothing; asks a canary, and where that fails it is an internal error"
        if not follows.question_4:
            return f"{'it has run' if failure is Failure.PAYLOAD else 'runs nothing'}; {follows.says}"
        if failure is Failure.TRACELESS and answers.on_internal_error is OnInternalError.DEPENDS:
            return "gives the payload back: what nobody could record fulfils no condition"
        if answers.on_internal_error is OnInternalError.DEPENDS and answers.on_internal_error_if:
            cases = "; or ".join(f"if {condition}" for condition in answers.on_internal_error_if)
            return f"tries again, then runs it itself, and says so, {cases}; else gives it back"
        ruling = may_run_itself(answers, failure, _NOTHING_KNOWN)
        if ruling.allowed:
            return f"tries again, then runs it itself, and says so ({ruling.why})"
        return f"tries again, then gives the payload back: {ruling.why}"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.name}: the switch is installed {self.installation}, and " + (
            "tells why it refuses" if self.tells else "does not tell why it refuses"
        )
        for number, (name, answer) in enumerate(self.answers.words().items(), 1):
            because = self.answers.because.get(name, "")
            yield f"  question {number}, {QUESTIONS[name]}"
            yield f"      {name} = {answer}" + (f" (because: {because})" if because else "")
        offered = offer(self.answers)
        yield f"offers {' or '.join(offered.modes)}; {offered.usual} where nobody asks"
        yield f"  {offered.note}"
        yield "a VO that says"
        yield from (f"  {demand:<10} {self._fit(demand)}" for demand in Demand)
        yield from self._doubts()
        yield "what a careful pilot may do when the switch ran nothing"
        for failure in Failure:
            yield f"  {failure.letter} {failure:<10} {self.question_4(failure)}"
        if any("runs it itself" in self.question_4(failure) for failure in Failure):
            yield "  and when it runs a payload itself it has to"
            yield from (f"    {duty}" for duty in DUTIES)
        yield f"what clients did or do here ({_BREACH}: a payload runs without the switch, against the answers)"
        for name, profile in PROFILES.items():
            yield f"  {name}: {profile.about}"
            yield from (f"    {step}: {', '.join(weathers)}" for step, weathers in self._ways(profile).items())
        if "depends" in (self.answers.multi_user_pilots, self.answers.on_internal_error):
            yield "  conditions were not fulfilled: nothing was known of VO, owner, role, time and node"
        yield "where"
        yield from (f"  {name:<13} {weather.says}" for name, weather in WEATHERS.items())

    def _doubts(self) -> Iterator[str]:
        for cost, title in ((False, "contradictions"), (True, "costs")):
            found = [doubt for doubt in doubts(self.answers) if doubt.cost is cost]
            yield f"{title}: none" if not found else title
            for doubt in found:
                yield f"  {doubt.answer}: {doubt.says}"
                yield f"      {doubt.remedy}"

    def _fit(self, demand: Demand) -> str:
        found = fit(demand, self.answers, self.installation)
        return str(found.mode) if found.mode else f"does not fit: {found.why}"

    def _ways(self, profile: Profile) -> dict[str, list[str]]:
        """The last step of a client, and in which weathers it takes it; a breach is marked."""
        ways: dict[str, list[str]] = {}
        for name, weather in WEATHERS.items():
            last = walk(profile, weather if self.tells else weather.untold(), self.answers)[-1]
            mark = _BREACH if self._breach(last, weather) else ""
            ways.setdefault(str(last.step), []).append(name + mark)
        return ways

    def _breach(self, last: Next, weather: Weather) -> bool:
        """Whether a payload runs without the switch where the site demands one, or after a denial.

        A by-pass that is said is none: the careful client has asked question 4.
        """
        if not last.unseparated or last.step is Step.BYPASS:
            return False
        refused = weather.failure in (Failure.DENIED, Failure.AMBIGUOUS) and last.step is Step.IN_PROCESS
        return refused or Mode.NONE not in offer(self.answers).modes
