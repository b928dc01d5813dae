"""Reads lcmaps.db, the policy language of LCMAPS 1.6: modules, policies, rules, each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.site.ini import Flaw

_TOKEN = re.compile(
    r"(?P<blank>[ \t]+|#[^\n]*)"
    r"|(?P<end>\n)"
    r'|(?P<text>"[^"\n]*")'
    r"|(?P<label>[A-Za-z0-9_./]+:)"
    r"|(?P<word>[A-Za-z0-9_./]+)"
    r"|(?P<sign>->|[=|~])"
    r"|(?P<flaw>[^\n])"
)
"""As LCMAPS 1.6.6 splits a file, tried against it: names have no hyphen, a label no blank before its colon."""

_FLAWS = {'"': "has a quote that is not closed", "\r": "ends in a carriage return (line ends of another system)"}


@dataclass(frozen=True, slots=True)
class Module:
    """``alias = "module.mod" "arguments"``."""

    alias: str
    file: str
    arguments: tuple[str, ...]
    line: int

    def argument(self, name: str) -> str | None:
        """What follows an option: ``-gridmapfile /etc/grid-security/grid-mapfile``."""
        for index, word in enumerate(self.arguments):
            if word == name and index + 1 < len(self.arguments):
                return self.arguments[index + 1]
            if word.startswith(name + "="):
                return word.removeprefix(name + "=")
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """``state -> then | otherwise``, or ``~state -> then``."""

    state: str
    then: str
    otherwise: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A label and its rules; the first rule's left side is where it starts."""

    name: str
    rules: tuple[Rule, ...]
    line: int

    @property
    def aliases(self) -> frozenset[str]:
        """Every plugin that its rules name."""
        return frozenset(
            alias for rule in self.rules for alias in (rule.state, rule.then, rule.otherwise) if alias is not None
        )


@dataclass(frozen=True, slots=True)
class Database:
    """A whole lcmaps.db, and what is wrong with its lines."""

    modules: tuple[Module, ...]
    policies: tuple[Policy, ...]
    flaws: tuple[Flaw, ...]

    def arguments(self, name: str) -> Iterator[tuple[str, Module]]:
        """Every value of an option, with the module that has it."""
        for module in self.modules:
            if (value := module.argument(name)) is not None:
                yield value, module


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def parse(content: bytes) -> Database:
    """The database; never fails, lines that LCMAPS would refuse are among its flaws."""
    reader = _Reader(list(_tokens(content.decode("utf-8", "replace"))))
    reader.read()
    policies = tuple(Policy(name, tuple(rules), line) for name, rules, line in reader.policies)
    return Database(tuple(reader.modules), policies, tuple(reader.flaws))


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "end":
            line += 1
        elif match.lastgroup != "blank":
            yield _Token(str(match.lastgroup), match[0], line)
    yield _Token("over", "", line)


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.modules: list[Module] = []
        self.policies: list[tuple[str, list[Rule], int]] = []
        self.flaws: list[Flaw] = []

    def read(self) -> None:
        while (token := self._next()).kind != "over":
            following = self._peek().text
            if token.kind == "label":
                self.policies.append((token.text.removesuffix(":"), [], token.line))
            elif token.kind == "word" and following == "=":
                self._module(token)
            elif token.kind == "word" and following == "->":
                self._rule(token)
            elif token.text == "~" and self._peek().kind == "word":
                self._rule(self._next())
            else:
                self._flaw(token, "is no module, policy or rule")

    def _module(self, alias: _Token) -> None:
        self._next()
        first = self._next()
        if first.kind not in ("text", "word"):
            self._flaw(first, f"names no module for {alias.text}")
            return
        words = first.text.strip('"').split()
        while self._peek().kind == "text":
            words += self._next().text.strip('"').split()
        if alias.text != "path":
            self.modules.append(Module(alias.text, "".join(words[:1]), tuple(words[1:]), alias.line))

    def _rule(self, state: _Token) -> None:
        arrow, then = self._next(), self._next()
        if arrow.text != "->" or then.kind != "word":
            self._flaw(then, "has no plugin on the right of ->")
            return
        otherwise = None
        if self._peek().text == "|":
            self._next()
            if (other := self._next()).kind != "word":
                self._flaw(other, "has no plugin on the right of |")
                return
            otherwise = other.text
        if self.policies:
            self.policies[-1][1].append(Rule(state.text, then.text, otherwise, state.line))
        else:
            self.flaws.append(Flaw(state.line, "is a rule before the first policy name"))

    def _flaw(self, token: _Token, what: str) -> None:
        """Note what is wrong at a token, and go on with the next line."""
        if token.kind == "flaw":
            what = _FLAWS.get(token.text, f"has a character that means nothing here: {token.text}")
        self.flaws.append(Flaw(token.line, what))
        while self._peek().kind != "over" and self._peek().line == token.line:
            self._next()

    def _peek(self) -> _Token:
        return self.tokens[self.at]

    def _next(self) -> _Token:
        token = self.tokens[self.at]
        if token.kind != "over":
            self.at += 1
        return token
