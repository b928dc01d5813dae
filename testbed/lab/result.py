"""What a command on a host did: a value, never an exception, even when it gave no answer."""

from dataclasses import dataclass

from testbed.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one command.

    ``code`` is its exit code, 128+n when signal n ended it, ``None`` when nobody knows: it hung, or the connection
    broke. ``out`` and ``err`` hold what had arrived until then. ``seconds`` is the wall-clock time seen from here.
    """

    command: tuple[str, ...]
    code: int | None
    out: bytes = b""
    err: bytes = b""
    hung: bool = False
    seconds: float = 0.0

    def check(self) -> "Result":
        """This result, when the command succeeded; a `Problem` that shows both streams otherwise."""
        if self.code != 0:
            raise Problem(
                "a command on a host failed",
                where=" ".join(self.command),
                found=self.ending + "\n" + (self.err + self.out).decode(errors="replace")[-2000:],
                expected="exit code 0",
            )
        return self

    @property
    def text(self) -> str:
        """Standard output as text without its last newline. Implies success, see `check`."""
        self.check()
        return self.out.decode(errors="replace").removesuffix("\n")

    @property
    def ending(self) -> str:
        """How it ended, in words: ``exit code 3``, ``hung for 2.0 s``, ``no answer``."""
        if self.hung:
            return f"hung for {self.seconds:.1f} s"
        return "no answer" if self.code is None else f"exit code {self.code}"
