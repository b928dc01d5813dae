"""Under which conditions a run was made: what a reader needs to know before comparing it with another."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from testbed.model.answers import Answers, parse


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of one run, as ``run.json`` holds them."""

    started: datetime
    """With its time zone."""
    site: str
    answers: Answers
    switch: str = "reference"
    """The switch on the worker nodes: its name, where it came from, what it is made of."""
    engine: str = ""
    """The container engine and its version: ``Docker 20.10.24``."""
    kernel: str = ""
    """The release of the kernel that the worlds share: ``6.1.0-18-amd64``."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The kernel settings that change what is expected: ``kernel.yama.ptrace_scope``, ``fs.protected_hardlinks``..."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of what took part: the testbed, Python, LCMAPS."""
    commit: str = ""
    """The git commit of the testbed's own tree, where it is one."""
    finished: datetime | None = None
    """``None`` as long as the run goes on, and for ever when it was cut short."""

    def json(self) -> str:
        """The conditions as readable JSON."""
        fields = dataclasses.asdict(self)
        fields["settings"], fields["versions"] = dict(self.settings), dict(self.versions)
        return json.dumps(fields, indent=2, ensure_ascii=False, default=datetime.isoformat) + "\n"

    @classmethod
    def parse(cls, text: str) -> "Conditions":
        """The conditions of their JSON. Raises ValueError, KeyError or TypeError when it is not that."""
        fields = json.loads(text)
        fields["answers"] = parse(fields["answers"])
        fields["started"] = datetime.fromisoformat(fields["started"])
        fields["finished"] = datetime.fromisoformat(fields["finished"]) if fields["finished"] else None
        return cls(**fields)

    @property
    def held(self) -> str:
        """Which switch was held to the scenarios, where it was not the reference."""
        return "" if self.switch == "reference" else f"held to it: the switch {self.switch}"

    def lines(self) -> list[tuple[str, str]]:
        """Every condition as name and value, in words, for the foot of a report."""
        answers = [(f"answer: {name.replace('_', ' ')}", text) for name, text in self.answers.words().items()]
        return [
            ("site", self.site),
            ("switch", self.switch),
            *answers,
            ("started", self.started.isoformat(sep=" ", timespec="seconds")),
            (
                "finished",
                self.finished.isoformat(sep=" ", timespec="seconds") if self.finished else "cut short",
            ),
            ("engine", self.engine or "unknown"),
            ("kernel", self.kernel or "unknown"),
            *self.settings.items(),
            *((f"version: {name}", version) for name, version in self.versions.items()),
            ("commit", self.commit or "unknown"),
        ]
