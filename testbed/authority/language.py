"""Reads Argus' simplified policy language; what cannot be read is named by line, column and what was expected there.

Sources: the grammar of argus-pap (bwparser.jj) and Argus' documentation of the language. Of the two the documentation
knows more: empty obligations, and ``-``, ``/`` and the like in words without quotation marks. Our choice: a comment
goes from ``#`` to the end of its line (in that grammar a second ``#`` ends it too), and a file without a resource is a
policy without rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.authority.policy import QUOTED, Action, Effect, Kind, Obligation, Policy, Resource, Rule, faulty
from testbed.model.problem import Problem, nearest

KEYWORDS = frozenset(("permit", "deny", "description", "obligation", "action", "rule", "resource", "private"))
_BLANK = re.compile(r"(?:[ \t\n\r\f]|#[^\n]*)*")
_WORD = re.compile(r"[A-Za-z0-9_./:*@-]+")
_IN_RESOURCE = ("description", "obligation", "action", "private")
_IN_ACTION = ("description", "obligation", "rule")


def parse(text: str, source: str = "policy") -> Policy:
    """The policy that a text says. ``source`` is what a `Problem` calls the file."""
    return _Reader(text, source).policy()


@dataclass(frozen=True, slots=True)
class _Token:
    """A keyword, a word, a value in quotation marks, a sign, or the end (empty)."""

    text: str
    at: int
    value: str | None = None
    """What a value says; None for keywords and signs."""

    def __str__(self) -> str:
        return self.text.split("\n")[0][:60] or "the end of the file"


class _Reader:
    """Reads from the front to the back; looks one token ahead."""

    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._source = source
        self._tokens = self._split()
        self._next = next(self._tokens)

    def policy(self) -> Policy:
        resources = []
        while self._next.text:
            self._word("resource")
            resources.append(self._resource())
        return Policy(tuple(resources))

    def _resource(self) -> Resource:
        value = self._pattern()
        actions: list[Action] = []
        obligations: list[Obligation] = []
        description = ""
        self._sign("{")
        empty = True
        while empty or self._next.text != "}":
            match self._word(*_IN_RESOURCE, closed=not empty).text:
                case "description":
                    description = self._value("a text").value or ""
                case "obligation":
                    obligations.append(self._obligation())
                case "private":
                    self._word("action")
                    actions.append(self._action(private=True))
                case _:
                    actions.append(self._action())
            empty = False
        self._sign("}")
        return Resource(value, tuple(actions), tuple(obligations), description)

    def _action(self, private: bool = False) -> Action:
        value = self._pattern()
        rules: list[Rule] = []
        obligations: list[Obligation] = []
        description = ""
        self._sign("{")
        empty = True
        while empty or self._next.text != "}":
            match self._word(*_IN_ACTION, closed=not empty).text:
                case "description":
                    description = self._value("a text").value or ""
                case "obligation":
                    obligations.append(self._obligation())
                case _:
                    rules.append(self._rule())
            empty = False
        self._sign("}")
        return Action(value, tuple(rules), tuple(obligations), description, private)

    def _rule(self) -> Rule:
        effect = Effect(self._word(*Effect).text)
        attributes: list[tuple[Kind, str]] = []
        self._sign("{")
        while not attributes or self._next.text != "}":
            name = self._value(f"an attribute: {', '.join(Kind)}" + (', or "}"' if attributes else ""))
            if name.value not in list(Kind):
                meant = nearest(name.value or "", list(Kind))
                raise self._problem(name, f"one of {', '.join(Kind)}", f"say {meant}" if meant else "")
            kind = Kind(name.value)
            self._sign("=")
            given = self._value("a value")
            if expected := faulty(kind, given.value or ""):
                raise self._problem(given, expected)
            attributes.append((kind, given.value or ""))
        self._sign("}")
        return Rule(effect, tuple(attributes))

    def _obligation(self) -> Obligation:
        name = self._value("the name of an obligation").value or ""
        attributes = []
        self._sign("{")
        while self._next.text != "}":
            attribute = self._value('an attribute, or "}"').value or ""
            self._sign("=")
            attributes.append((attribute, self._value("a value").value or ""))
        self._sign("}")
        return Obligation(name, tuple(attributes))

    def _pattern(self) -> str:
        token = self._value("a value, or a regular expression such as .*")
        try:
            re.compile(token.value or "")
        except re.error as error:
            raise self._problem(token, f"a regular expression ({error})") from None
        return token.value or ""

    def _value(self, expected: str) -> _Token:
        if self._next.value is None:
            raise self._problem(self._next, expected)
        return self._take()

    def _word(self, *words: str, closed: bool = False) -> _Token:
        if self._next.text not in words:
            expected = " or ".join([*words, '"}"'] if closed else words)
            meant = nearest(self._next.text, words) if self._next.text else ""
            raise self._problem(self._next, expected, f"say {meant}" if meant else "")
        return self._take()

    def _sign(self, sign: str) -> None:
        if self._next.text != sign:
            raise self._problem(self._next, f'"{sign}"')
        self._take()

    def _take(self) -> _Token:
        token = self._next
        if token.text:
            self._next = next(self._tokens)
        return token

    def _split(self) -> Iterator[_Token]:
        at = 0
        while True:
            match = _BLANK.match(self._text, at)
            token = self._token(match.end() if match else at)
            yield token
            at = token.at + len(token.text)

    def _token(self, at: int) -> _Token:
        sign = self._text[at : at + 1]
        if not sign or sign in "{}=":
            return _Token(sign, at)
        if match := QUOTED.match(self._text, at):
            return _Token(match[0], at, match[0][1:-1])
        if match := _WORD.match(self._text, at):
            return _Token(match[0], at, None if match[0] in KEYWORDS else match[0])
        if sign in "\"'":
            wrong = _Token(self._text[at:].split("\n")[0], at)
            raise self._problem(
                wrong, f"another {sign} on this line, and backslashes only before n t b r f \\ ' \" 0-7"
            )
        raise self._problem(_Token(sign, at), "a keyword, a value, or one of { } =")

    def _problem(self, token: _Token, expected: str, remedy: str = "") -> Problem:
        line = self._text.count("\n", 0, token.at) + 1
        column = token.at - (self._text.rfind("\n", 0, token.at) + 1) + 1
        return Problem(
            "this is no policy",
            where=f"{self._source}, line {line}, column {column}",
            found=str(token),
            expected=expected,
            remedy=remedy,
        )
