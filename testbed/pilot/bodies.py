"""What a request says: the JSON object of its body, or its query; strict, so that it says the same to every reader."""

import contextlib
import json
import math
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from testbed.model.problem import Problem, shown

MOST = 20
"""Parts of a query."""
EXPECTED = "one object in UTF-8, each key once, numbers that are some (RFC 8259)"


def parsed(text: bytes) -> Mapping[str, Any]:
    """The object in a body; nothing at all is an empty one. Raises `Problem`."""
    try:
        body = json.loads(
            text.decode() or "{}", object_pairs_hook=_once, parse_float=_finite, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise Problem("a request that is no JSON", cause=str(error)[:200], expected=EXPECTED) from None
    if not isinstance(body, dict):
        raise Problem("a request that is no JSON object", found=shown(body), expected=EXPECTED)
    return body


def query(text: str) -> Mapping[str, Any]:
    """The parts of a query, each of them once. Raises `Problem`."""
    try:
        body = _once(urllib.parse.parse_qsl(text, max_num_fields=MOST)) if text else {}
    except ValueError as error:
        raise Problem("a query that cannot be read", cause=str(error)[:200], expected=f"at most {MOST} parts") from None
    if "limit" in body:
        with contextlib.suppress(ValueError):  # what is no number is refused where it is used
            body["limit"] = float(body["limit"])
    return body


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which one of two they take."""
    said = dict(pairs)
    if len(said) < len(pairs):
        raise ValueError("a key that is there twice")
    return said


def _finite(word: str) -> float:
    number = float(word)
    if math.isinf(number):
        _no_number(word[:20])
    return number


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number that there is")
