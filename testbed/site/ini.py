"""Reads glexec.conf line by line, as strictly as the switch does: only the section [glexec] counts."""

from dataclasses import dataclass

SECTION = "glexec"


@dataclass(frozen=True, slots=True)
class Option:
    """One line ``name = value``."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """A line that cannot be read, and why; line 0 is the file as a whole."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Config:
    """The options of glexec.conf in file order, and what is wrong with the lines."""

    options: tuple[Option, ...]
    flaws: tuple[Flaw, ...]

    def get(self, name: str) -> Option | None:
        """An option, if it is given."""
        return next((option for option in self.options if option.name == name), None)

    def value(self, name: str, default: str) -> str:
        """The value of an option, or what the switch takes without it."""
        option = self.get(name)
        return option.value if option else default


def parse(content: bytes) -> Config:
    """The configuration; never fails, what the switch would refuse is among its flaws."""
    options: dict[str, Option] = {}
    flaws: list[Flaw] = []
    section = None
    seen = False
    for number, raw in enumerate(content.decode("utf-8", "replace").split("\n"), 1):
        line = raw.strip()
        if "\r" in raw:
            flaws.append(Flaw(number, "ends in a carriage return (line ends of another system)"))
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            section = line.removeprefix("[").removesuffix("]").strip()
            if section == SECTION and seen:
                flaws.append(Flaw(number, "begins section [glexec] a second time"))
            seen = seen or section == SECTION
        elif section is None:
            flaws.append(Flaw(number, "is an option before the first section"))
        elif section == SECTION:
            name, equals, value = (part.strip() for part in line.partition("="))
            if not equals or not name:
                flaws.append(Flaw(number, "is no name = value"))
            elif name in options:
                flaws.append(Flaw(number, f"gives {name} a second time, after line {options[name].line}"))
            else:
                options[name] = Option(name, value, number)
    if not seen:
        flaws.append(Flaw(0, "has no section [glexec]"))
    return Config(tuple(options.values()), tuple(flaws))
