"""Malformed payloads: each is told exactly what is wrong with it, and what was in the queue before is as it was.

All bounds and words are our choice.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from testbed.model.problem import Problem
from testbed.pilot import counter, sandbox
from testbed.pilot.payload import LARGEST_STREAM, Payload, encode
from testbed.pilot.queue import Queue
from testbed.pilot.store import Store
from tests.pilot import tars
from tests.pilot.conftest import Side
from tests.pilot.raw import head, heard, line, posted, read, said

GOOD = Payload("alice", ("/bin/true",))
BARE = {"user": "alice", "argv": ["/bin/true"]}
NOBODY = {"what": "the VO holds no proxy of this user", "expected": "one of alice, alice-production, bob"}
COMMAND = {"what": "a payload needs a command", "expected": "a list of words without NUL"}
LONG = {"what": "a command that is too long", "expected": "at most 131072"}
LIMIT = {"what": "a time limit is a number of seconds", "expected": "above 0, at most 3600"}
PRIORITY = {"what": "a priority is a whole number", "expected": "-1000 to 1000"}
ATTEMPTS = {"what": "the number of attempts is a whole number", "expected": "1 to 10"}
MEMORY = {"what": "memory in MiB is a whole number", "expected": "0 to 16777216"}
MODE = {"what": "no such mode", "expected": "none, log-only, setuid, container, vm"}
KEYS = "user, argv, stdin, limit, slot, vo, roles, priority, needs, attempts, sandbox, outputs"
KEY = {"what": "a payload cannot have this key", "expected": KEYS}
ROLES = {"what": "roles are a list", "expected": "at most 100 words"}
SHORT = "'" + "x" * 27 + "..." + "x" * 28 + "'"
JSON = {
    "what": "a request that is no JSON",
    "expected": "one object in UTF-8, each key once, numbers that are some (RFC 8259)",
}


@pytest.fixture
def untouched(standing: Side) -> Iterator[str]:
    """A good payload from before, of which nobody notices anything, and another afterwards; nothing else is there."""
    known = {each.ident for each in standing.vo.list()}
    before = standing.vo.submit(GOOD)
    found = standing.vo.history(before)
    yield before
    assert standing.vo.history(before) == found
    after = standing.vo.submit(GOOD)
    assert {each.ident for each in standing.vo.list()} - known == {before, after}


def short(what: str) -> str:
    return f"{what} is a short text without control characters"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"user": "nobody"}, NOBODY | {"found": "nobody"}),
        ({"user": "alcie"}, NOBODY | {"found": "alcie", "remedy": "did you mean 'alice'?"}),
        ({"user": "pilot"}, NOBODY | {"found": "pilot"}),
        ({"user": "../../etc/passwd"}, NOBODY | {"found": "../../etc/passwd"}),
        ({"user": "alice\n"}, {"what": short("a user"), "found": "'alice\\n'"}),
        ({"user": 5}, {"what": "JSON data of another shape: user", "found": "5", "expected": "str"}),
        ({"user": None}, {"what": "JSON data of another shape: user", "found": "None", "expected": "str"}),
        ({"argv": []}, COMMAND | {"found": "[]"}),
        ({"argv": "id"}, {"what": "JSON data of another shape: argv", "found": "'id'", "expected": "list"}),
        ({"argv": [""]}, COMMAND | {"found": "['']"}),
        ({"argv": ["a\0b"]}, COMMAND | {"found": "['a\\x00b']"}),
        ({"argv": ["/bin/echo", 5]}, COMMAND | {"found": "['/bin/echo', 5]"}),
        ({"argv": ["\ud800"]}, {"what": "a command that is no text"}),
        ({"argv": ["x" * 200_000]}, LONG | {"found": "200001 bytes"}),
        ({"argv": ["x"] * 1_000_000}, LONG | {"found": "2000000 bytes"}),
        ({"stdin": "é"}, {"what": "an input travels as base64", "found": "'é'"}),
        ({"stdin": 5}, {"what": "an input travels as base64", "found": "5"}),
        (
            {"stdin": encode(bytes(LARGEST_STREAM + 1))},
            {"what": "an input that is too large", "found": "1048577 bytes", "expected": "at most 1048576"},
        ),
        ({"limit": -1}, LIMIT | {"found": "-1"}),
        ({"limit": True}, LIMIT | {"found": "True"}),
        ({"limit": "NaN"}, LIMIT | {"found": "'NaN'"}),
        ({"limit": 10**400}, LIMIT | {"found": "1" + "0" * 17 + "..." + "0" * 19}),
        ({"priority": 10**30}, PRIORITY | {"found": str(10**30)}),
        ({"priority": 1.5}, PRIORITY | {"found": "1.5"}),
        ({"attempts": 0}, ATTEMPTS | {"found": "0"}),
        ({"attempts": 1000}, ATTEMPTS | {"found": "1000"}),
        ({"needs": {"memory": -5}}, MEMORY | {"found": "-5"}),
        ({"needs": {"memory": 2**70}}, MEMORY | {"found": str(2**70)}),
        ({"needs": {"memory": True}}, MEMORY | {"found": "True"}),
        ({"needs": {"mode": "setiud"}}, MODE | {"found": "'setiud'", "remedy": "did you mean 'setuid'?"}),
        ({"needs": {"mode": "x" * 7_000_000}}, MODE | {"found": SHORT}),
        (
            {"needs": {"cores": 4}},
            {"what": "needs cannot have this key", "found": "'cores'", "expected": "memory, mode"},
        ),
        ({"needs": []}, {"what": "needs of another shape", "found": "[]", "expected": "an object"}),
        ({"prioritiy": 5}, KEY | {"found": "'prioritiy'", "remedy": "did you mean 'priority'?"}),
        ({"state": "ended"}, KEY | {"found": "'state'"}),
        (
            {"vo": "beta"},
            {
                "what": "this user is not of this VO",
                "where": "alice",
                "found": "beta",
                "expected": "none: /DC=org/DC=testbed/O=People/CN=Alice Tester",
            },
        ),
        (
            {"roles": ["production"]},
            {
                "what": "this user's proxy does not have this role",
                "where": "alice",
                "found": "production",
                "expected": "none",
            },
        ),
        ({"roles": "production"}, ROLES | {"found": "'production'"}),
        ({"roles": [["production"]]}, {"what": short("a role"), "found": "['production']"}),
        ({"roles": ["a"] * 101}, ROLES | {"found": "['a', 'a', 'a', 'a', 'a', 'a', ...]"}),
        ({"roles": ["a", "a"]}, {"what": "roles are a list without repetition", "found": "['a', 'a']"}),
        ({"slot": "x" * 1000}, {"what": short("a slot"), "found": SHORT}),
        ({"slot": "\x1b[2J"}, {"what": short("a slot"), "found": "'\\x1b[2J'"}),
        ({"sandbox": "%%%"}, {"what": "a sandbox travels as base64", "found": "'%%%'"}),
        ({"sandbox": "\ud800"}, {"what": "a sandbox travels as base64", "found": "'\\ud800'"}),
        ({"asked": "x" * 1000}, {"what": short("a word of the asker's"), "found": SHORT}),
        ({"asked": ["x"]}, {"what": short("a word of the asker's"), "found": "['x']"}),
    ],
    ids=lambda value: str(value)[:40] if "what" not in value else "",
)
def test_a_malformed_payload_is_told_what_is_wrong(
    standing: Side, change: Mapping[str, Any], problem: Mapping[str, str]
) -> None:
    answer = said(standing.vo, posted("/payloads", BARE | change))
    assert (answer.status, {**answer.problem, "cause": ""}) == (409, {**problem, "cause": ""})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"{", "Expecting property name"),
        (b"\x00", "Expecting value"),
        (b"\xff", "can't decode byte 0xff"),
        (b"[" * 100_000, "recursion"),
        (b'{"a":' * 50_000, "recursion"),
        (b"9" * 1_000_000, "Exceeds the limit"),
        (b"{}" * 10, "Extra data"),
        (b'{"user": "alice", "user": "bob", "argv": ["/bin/true"]}', "a key that is there twice"),
        (b'{"user": "alice", "argv": ["/bin/true"], "needs": {"mode": "", "mode": "vm"}}', "a key that is there twice"),
        (b'{"user": "alice", "argv": ["/bin/true"], "limit": NaN}', "NaN is no number"),
        (b'{"user": "alice", "argv": ["/bin/true"], "limit": -Infinity}', "-Infinity is no number"),
        (b'{"user": "alice", "argv": ["/bin/true"], "limit": 1e999}', "1e999 is no number"),
        (json.dumps(BARE).encode("utf-16"), "can't decode byte 0xff"),
        (b"\xef\xbb\xbf" + json.dumps(BARE).encode(), "BOM"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else "",
)
def test_a_body_that_others_would_read_differently_is_no_request(standing: Side, body: bytes, cause: str) -> None:
    answer = said(standing.vo, posted("/payloads", body))
    assert (answer.status, {**answer.problem, "cause": ""}) == (400, {**JSON, "cause": ""})
    assert cause in answer.problem["cause"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"[]", 400, {"what": "a request that is no JSON object", "found": "[]"}),
        (b"null", 400, {"what": "a request that is no JSON object", "found": "None"}),
        (b"", 409, {"what": "JSON data of another shape: user", "found": "None"}),
        (
            b'{"user":' + b"[" * 900 + b"]" * 900 + b', "argv": ["/bin/true"]}',
            409,
            {"what": "JSON data of another shape: user", "found": "[[[[[...]]]]]"},
        ),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else "",
)
def test_json_that_says_nothing_sensible_is_told_so(
    standing: Side, body: bytes, status: int, problem: Mapping[str, str]
) -> None:
    answer = said(standing.vo, posted("/payloads", body))
    assert answer.status == status
    assert answer.problem.items() >= problem.items()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", tars.BAD)
def test_a_sandbox_that_reaches_elsewhere_is_refused_by_name(standing: Side, case: str) -> None:
    make, what = tars.BAD[case]
    answer = said(standing.vo, posted("/payloads", BARE | {"sandbox": encode(make())}))
    assert answer.status == 409
    assert what in str(Problem(**answer.problem))
    assert len(str(answer.problem)) < 1000


@pytest.mark.usefixtures("untouched")
def test_a_sandbox_of_one_gigabyte_is_refused_before_it_is_sent_and_before_it_is_read(
    standing: Side, tmp_path: Path
) -> None:
    big = tmp_path / "big.tar"
    with big.open("wb") as file:
        file.truncate(1 << 30)
    for place in (big, tmp_path):
        with pytest.raises(Problem, match="too large") as raised:
            counter.files(place)
        assert (raised.value.where, raised.value.found) == (str(place), f"{1 << 30} bytes")
    with line(standing.vo) as connection:
        connection.sendall(head("POST", "/payloads", f"Content-Length: {1 << 30}"))
        assert read(heard(connection)).status == 413
    answer = said(standing.vo, posted("/payloads", BARE | {"sandbox": encode(bytes(sandbox.LARGEST + 1))}))
    assert answer.problem == {
        "what": "a sandbox that is too large",
        "found": f"{sandbox.LARGEST + 1} bytes",
        "expected": f"at most {sandbox.LARGEST}",
    }


def test_what_a_payload_brings_along_lies_apart_so_that_lists_need_not_read_it() -> None:
    store = Store(None)
    queue = Queue(store)
    whole = Payload("alice", ("/bin/cat",), bytes(LARGEST_STREAM), sandbox=tars.member("a", bytes(1 << 20)))
    ident = queue.submit(whole)
    assert queue.payload(ident) == whole
    assert store.connection.execute("SELECT length(payload) FROM payloads").fetchone()[0] < 1000


def test_a_role_that_the_proxy_has_is_believed_and_its_vo_is_noted(standing: Side) -> None:
    ident = standing.vo.submit(Payload("alice-production", ("/bin/true",), roles=("production",)))
    assert standing.vo.history(ident)[0].vo == "alpha"
