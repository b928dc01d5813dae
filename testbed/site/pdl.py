"""Reads lcmaps.db, the policy language of LCMAPS 1.6: modules, policies, rules, each with its line."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.site.ini import Flaw

_TOKEN = re.compile(
    r'(?P<blank>[ \t\r]+|#[^\n]*)|(?P<end>\n)|(?P<text>"[^"\n]*")|(?P<sign>->|[=:|~])|(?P<word>[^\s"=:|~#]+)'
)


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
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # a quote that is never closed
            end = text.find("\n", at)
            at = end if end >= 0 else len(text)
            yield _Token("flaw", "has a quote that is not closed", line)
            continue
        at = match.end()
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
            if token.kind == "word" and following == "=":
                self._module(token)
            elif token.kind == "word" and following == ":":
                self._next()
                self.policies.append((token.text, [], token.line))
            elif token.kind == "word" and following == "->":
                self._rule(token.text, token.line)
            elif token.text == "~" and self._peek().kind == "word":
                self._rule("~" + self._next().text, token.line)
            else:
                what = token.text if token.kind == "flaw" else f"is no module, policy or rule, at {token.text!r}"
                self._skip_line(token.line, what)

    def _module(self, alias: _Token) -> None:
        self._next()
        texts: list[str] = []
        while self._peek().kind == "text" or (self._peek().kind == "word" and not texts):
            texts.append(self._next().text.strip('"'))
        if alias.text == "path":
            return
        if not texts:
            self.flaws.append(Flaw(alias.line, f"names no module for {alias.text}"))
            return
        words = " ".join(texts[1:])
        try:
            arguments = shlex.split(words)
        except ValueError:
            arguments = words.split()
        self.modules.append(Module(alias.text, texts[0].strip(), tuple(arguments), alias.line))

    def _rule(self, state: str, line: int) -> None:
        if self._next().text != "->" or self._peek().kind != "word":
            self._skip_line(line, "has no plugin on the right of ->")
            return
        then = self._next().text
        otherwise = None
        if self._peek().text == "|":
            self._next()
            if self._peek().kind != "word":
                self._skip_line(line, "has no plugin on the right of |")
                return
            otherwise = self._next().text
        if not self.policies:
            self.flaws.append(Flaw(line, "is a rule before the first policy name"))
            return
        self.policies[-1][1].append(Rule(state.removeprefix("~"), then, otherwise, line))

    def _skip_line(self, line: int, what: str) -> None:
        self.flaws.append(Flaw(line, what))
        while self._peek().kind != "over" and self._peek().line == line:
            self._next()

    def _peek(self) -> _Token:
        return self.tokens[self.at]

    def _next(self) -> _Token:
        token = self.tokens[self.at]
        if token.kind != "over":
            self.at += 1
        return token
