"""How a call of the switch ended, which a scenario judges: a call that ends badly deviates, it blocks nothing."""

from dataclasses import dataclass, fields

from testbed.lab.result import Result


@dataclass(frozen=True, slots=True)
class Answer(Result):
    """A result whose good end is a claim of the scenario."""

    @classmethod
    def of(cls, result: Result) -> "Answer":
        """The result as an answer of the switch."""
        return cls(**{field.name: getattr(result, field.name) for field in fields(Result)})

    def check(self) -> "Answer":
        """This answer, when the call succeeded; a failed assertion when it did not; a `Problem` when nobody knows."""
        if self.code is None and not self.hung:
            Result.check(self)
        assert self.code == 0, f"{self.ending}: {self.err.decode(errors='replace').strip()}"
        return self
