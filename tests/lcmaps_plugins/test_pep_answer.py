"""Only a complete, well-formed Permit with all of the account's parts is one; a Deny is a Deny whatever it comes with.

Argus' own C client was observed to take truncated answers for whole ones, up to shortened account names; each of those
is refused here.
"""

import ctypes
import pickle

import pytest

from tests.lcmaps_plugins.pep import (
    ATTRIBUTE,
    DENY,
    MAP,
    NULL,
    PERMIT,
    Reading,
    account,
    assignment,
    items,
    number,
    numbers,
    object_,
    obligation,
    read,
    response,
    status,
    text,
    vector,
)

WHOLE = Reading("permit", "pool001", "pool", ("pool", "poolsec"))
USER = vector(PERMIT).index(b"pool001")
GROUPS = [at for at in range(len(vector(PERMIT))) if vector(PERMIT)[at:].startswith((b"poolz", b"poolsecz"))]


def test_a_permit_as_argus_own_classes_write_it_is_a_permit(pep: ctypes.CDLL) -> None:
    assert read(pep, vector(PERMIT)) == WHOLE
    assert read(pep, response()) == WHOLE


def test_a_deny_as_argus_own_classes_write_it_is_a_deny(pep: ctypes.CDLL) -> None:
    assert read(pep, vector(DENY)) == Reading("denied", why="the service says Deny")


def test_a_permit_that_breaks_off_anywhere_is_none(pep: ctypes.CDLL) -> None:
    whole = vector(PERMIT)
    words = {read(pep, whole[:length]).word for length in range(len(whole))}
    assert words == {"service-broken"}


def test_a_permit_with_something_behind_it_is_none(pep: ctypes.CDLL) -> None:
    assert all(read(pep, vector(PERMIT) + bytes([byte])).word == "service-broken" for byte in range(256))


def test_a_byte_that_is_changed_gives_another_account_only_where_it_is_part_of_the_name(pep: ctypes.CDLL) -> None:
    """All 353 000 changes of one byte. TLS is what keeps anybody from making them; this is about what else stands.

    What of it is still a Permit has the same account, or differs in that one letter: of the user, or of the secondary
    group, which are there once. The primary group is there twice, so that a change of it is noticed.
    """
    whole = vector(PERMIT)
    for at in range(len(whole)):
        for byte in set(range(256)) - {whole[at]}:
            reading = read(pep, whole[:at] + bytes([byte]) + whole[at + 1 :])
            if reading.word == "permit" and reading != WHOLE:
                assert changed(reading) in ((at - USER, "user"), (at - GROUPS[-1], "secondary")), (at, byte, reading)


def changed(reading: Reading) -> tuple[int, str]:
    """Where the one letter is that is different, and in which name; nothing else may be."""
    user, secondary = reading.user, reading.groups[-1]
    assert (reading.group, reading.groups[0]) == ("pool", "pool")
    assert len(reading.groups) == len(WHOLE.groups)
    name, other, kind = (user, WHOLE.user, "user") if user != WHOLE.user else (secondary, WHOLE.groups[-1], "secondary")
    assert len(name) == len(other)
    (at,) = (i for i, (one, two) in enumerate(zip(name, other, strict=True)) if one != two)
    assert kind == "user" or user == WHOLE.user
    return at, kind


@pytest.mark.parametrize(
    ("decision", "word"),
    [
        (0, "denied"),
        (2, "service-undecided"),
        (3, "no-rule"),
        (4, "service-broken"),
        (7, "service-broken"),
        (-1, "service-broken"),
    ],
)
def test_a_decision_is_one_of_four_numbers(pep: ctypes.CDLL, decision: int, word: str) -> None:
    assert read(pep, response(number(decision))).word == word


@pytest.mark.parametrize("decision", [text("1"), b"L" + bytes(7) + b"\1", b"T", NULL, b"D" + bytes(8), b""])
def test_a_decision_that_is_no_integer_is_none(pep: ctypes.CDLL, decision: bytes) -> None:
    assert read(pep, response(decision)).word == "service-broken"


@pytest.mark.parametrize(
    "state", [NULL, b"", object_("Status", message=NULL, statusCode=NULL), status(""), status("ok"), status("urn:x:ok")]
)
def test_a_permit_without_the_status_ok_is_none(pep: ctypes.CDLL, state: bytes) -> None:
    assert read(pep, response(state=state)).word == "service-broken"


@pytest.mark.parametrize("state", [NULL, b"", status("urn:x:strange")])
def test_a_deny_is_a_deny_whatever_its_status(pep: ctypes.CDLL, state: bytes) -> None:
    assert read(pep, response(number(0), state=state)).word == "denied"


def test_obligations_under_a_deny_make_no_permit_of_it(pep: ctypes.CDLL) -> None:
    assert read(pep, response(number(0))) == Reading("denied", why="the service says Deny")
    assert (
        read(pep, response(number(0), [obligation(account(), on=0), obligation([], id="urn:unknown")])).word == "denied"
    )


@pytest.mark.parametrize(
    ("duties", "why"),
    [
        ([], "no obligation"),
        ([obligation([], MAP)], "was to map"),
        ([obligation(account()), obligation([], "urn:unknown")], "unknown"),
        ([obligation([], "urn:unknown"), obligation(account())], "unknown"),
        ([obligation(account()), obligation(account())], "more than one account"),
        ([obligation(account(), on=0)], "another decision"),
        ([obligation(account("nobody", "nogroup", ["nogroup"])), obligation(account())], "more than one account"),
    ],
)
def test_a_permit_has_one_obligation_and_it_is_the_account(pep: ctypes.CDLL, duties: list[bytes], why: str) -> None:
    reading = read(pep, response(obligations=duties))
    assert reading.word == "service-broken"
    assert why in reading.why


UIDGID = numbers("uidgid", posix_uid="50001", posix_gid="50000")
GIDS = numbers("secondary-gids", posix_gid=["51000", "52000"])
USERNAME = numbers("username", username="pool001")


@pytest.mark.parametrize(
    ("duties", "reading"),
    [
        ([UIDGID], Reading("permit", uid="50001", gid="50000")),
        ([UIDGID, GIDS], Reading("permit", uid="50001", gid="50000", gids=("51000", "52000"))),
        ([USERNAME, UIDGID], Reading("permit", "pool001", uid="50001", gid="50000")),
    ],
)
def test_an_account_in_numbers_is_one_too(pep: ctypes.CDLL, duties: list[bytes], reading: Reading) -> None:
    """The profile authz-interop; that a PEP daemon sends it is inferred."""
    assert read(pep, response(obligations=duties)) == reading


@pytest.mark.parametrize(
    "duties",
    [
        [USERNAME],
        [GIDS],
        [USERNAME, GIDS],
        [UIDGID, UIDGID],
        [UIDGID, obligation(account())],
        [obligation(account()), USERNAME],
        [obligation(account()), GIDS],
        [UIDGID, numbers("secondary-gids")],
        [UIDGID, numbers("username")],
        [UIDGID, numbers("afs-token", afs_token="x")],
        [numbers("uidgid", posix_uid="50001")],
        [numbers("uidgid", posix_gid="50000")],
        [numbers("uidgid", posix_uid=["50001", "50002"], posix_gid="50000")],
        [numbers("uidgid", posix_uid="50001", posix_gid="50000", username="pool001")],
        [UIDGID, numbers("secondary-gids", posix_gid=["51000"] * 129)],
    ],
)
def test_numbers_are_whole_and_of_one_account(pep: ctypes.CDLL, duties: list[bytes]) -> None:
    assert read(pep, response(obligations=duties)).word == "service-broken"


@pytest.mark.parametrize("on", [2, 7, -1])
def test_an_obligation_goes_with_a_permit_or_a_deny(pep: ctypes.CDLL, on: int) -> None:
    assert read(pep, response(obligations=[obligation(account(), on=on)])).word == "service-broken"


@pytest.mark.parametrize(
    "attributes",
    [
        account()[1:],
        account()[:1] + account()[2:],
        account()[:2],
        account(groups=["poolsec"]),
        account() + account()[:1],
        account() + account()[1:2],
        account(""),
        account("a" * 256),
        account(groups=["pool"] + ["more"] * 128),
        [*account(), assignment(ATTRIBUTE + "home", "/root")],
        [
            assignment(ATTRIBUTE + "user-id", "pool001", text("http://www.w3.org/2001/XMLSchema#integer")),
            *account()[1:],
        ],
        [object_("AttributeAssignment", attributeId=text(ATTRIBUTE + "user-id"), value=NULL), *account()[1:]],
        [
            object_("AttributeAssignment", attributeId=text(ATTRIBUTE + "user-id"), values=items(text("pool001"))),
            *account()[1:],
        ],
    ],
)
def test_an_account_has_each_of_its_parts_as_the_profile_says(pep: ctypes.CDLL, attributes: list[bytes]) -> None:
    assert read(pep, response(obligations=[obligation(attributes)])).word == "service-broken"


@pytest.mark.parametrize("kind", [NULL, b""])
def test_a_type_that_is_left_out_is_a_string(pep: ctypes.CDLL, kind: bytes) -> None:
    user = assignment(ATTRIBUTE + "user-id", "pool001", kind)
    assert read(pep, response(obligations=[obligation([user, *account()[1:]])])) == WHOLE


@pytest.mark.parametrize("name", ["Reply", "response", "Response2", "Result"])
def test_an_object_of_another_class_is_none(pep: ctypes.CDLL, name: str) -> None:
    result = object_("Result", decision=number(1), status=status(), obligations=items(obligation(account())))
    assert read(pep, object_(name, request=NULL, results=items(result))).word == "service-broken"


def test_a_field_that_is_there_twice_or_that_nobody_knows_is_refused(pep: ctypes.CDLL) -> None:
    whole = response()
    decision = text("decision") + number(1)
    assert whole.count(decision) == 1
    assert "twice" in read(pep, whole.replace(decision, decision + decision)).why
    assert "class has not" in read(pep, whole.replace(decision, decision + text("advice") + NULL)).why


def test_one_result_and_no_more(pep: ctypes.CDLL) -> None:
    result = object_("Result", decision=number(0), status=status(), obligations=items())
    assert read(pep, object_("Response", results=items())).word == "service-broken"
    assert read(pep, object_("Response", request=NULL)).word == "service-broken"
    assert read(pep, object_("Response", results=items(result, result))).word == "service-broken"


@pytest.mark.parametrize("count", [0, 1, 3, 2**31 - 1, -2, -(2**31)])
def test_a_list_has_as_many_items_as_it_says(pep: ctypes.CDLL, count: int) -> None:
    two = items(text("one"), text("two"))
    echo = b"Mt\0\1xS\0\1y" + two.replace(b"l\0\0\0\2", b"l" + count.to_bytes(4, "big", signed=True)) + b"z"
    assert read(pep, response(echo=echo)).word == "service-broken"
    assert read(pep, response(echo=b"Mt\0\1xS\0\1y" + two + b"z")) == WHOLE


@pytest.mark.parametrize("name", ["Пётр Иванов", "محمد علي", "Łukasz", "😀"])
def test_a_request_is_echoed_in_any_script(pep: ctypes.CDLL, name: str) -> None:
    """The C client fails on Cyrillic and Arabic (observed). Java counts a character beyond U+FFFF as two (inferred)."""
    assert read(pep, response(echo=b"Mt\0\1xS\0\1y" + text(name) + b"z")) == WHOLE
    java = b"Mt\0\1xS\0\1yS\0\2\xed\xa0\xbd\xed\xb8\x80z"
    assert read(pep, response(echo=java)) == WHOLE


@pytest.mark.parametrize("bad", [b"\xc0\x80", b"\x80", b"\xff", b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"\xc3(", b"\0"])
def test_text_that_is_not_utf_8_or_has_a_nul_is_refused(pep: ctypes.CDLL, bad: bytes) -> None:
    assert read(pep, response(echo=b"Mt\0\1xS\0\1yS\0\1" + bad + b"z")).word == "service-broken"


def test_a_name_with_a_nul_in_it_is_not_cut_there(pep: ctypes.CDLL) -> None:
    assert read(pep, response(obligations=[obligation(account("po\0l001"))])).word == "service-broken"


@pytest.mark.parametrize("kind", [b"R\0\0\0\0", b"d" + bytes(8), b"X\0\1x", b"x\0\1x", b"r\1\0Nz", b"c\1\0z", b"?"])
def test_references_and_other_kinds_are_refused(pep: ctypes.CDLL, kind: bytes) -> None:
    assert read(pep, response(echo=kind)).word == "service-broken"


@pytest.mark.parametrize("deep", [b"V" * 10_000, (b"Mt\0\1xS\0\1y") * 10_000])
def test_nesting_is_bounded(pep: ctypes.CDLL, deep: bytes) -> None:
    assert "too deeply" in read(pep, response(echo=deep)).why


def test_why_it_could_not_decide_is_told_on_one_line_and_cut(pep: ctypes.CDLL) -> None:
    message = "first\nsecond\x1b[31m \u2028" + "x" * 40_000
    split = b"".join(b"s" + len(part).to_bytes(2, "big") + part.encode() for part in (message[:32767],))
    last = message[32767:]
    told = split + b"S" + len(last).to_bytes(2, "big") + last.encode()
    reading = read(pep, response(number(2), [], status("urn:processing-error", told)))
    assert reading.word == "service-undecided"
    assert "\\x0Asecond\\x1B[31m" in reading.why
    assert len(reading.why) < 512


@pytest.mark.parametrize("other", [b"", b"<html>", pickle.dumps({"decision": 1}), b"M", b"N", b"z", b"\x00" * 64])
def test_what_is_no_response_is_none(pep: ctypes.CDLL, other: bytes) -> None:
    assert read(pep, other).word == "service-broken"
