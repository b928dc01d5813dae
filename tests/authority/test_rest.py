"""The lcmaps-rest face."""

import json
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from testbed.authority.answer import Account, Answer
from testbed.authority.face import Call, Unreadable, Untrusted
from testbed.authority.faces.rest import Rest
from testbed.authority.question import Question
from testbed.model.fault import Fault
from tests.authority.conversation import DENY, INDETERMINATE, JANE, NOT_APPLICABLE, PERMIT, nobody_verifies

REST = Rest()
MORE = ["subjectdn=CN=Eve", "format=yaml", "&".join("a" * 40)]
NAME = "subjectdn=" + quote("/O=Grid/CN=Jane Doe", safe="")


def get(query: str = NAME, accept: str = "", path: str = "/lcmaps/mapping/rest") -> Call:
    return Call("GET", path, query, {"accept": accept} if accept else {}, b"")


def asked(call: Call | None = None, face: Rest = REST) -> Question:
    return face.question(call or get(), nobody_verifies)


def test_a_name_is_asked_for_and_nobody_checked_it() -> None:
    subject = asked(get(NAME + "&fqan=/atlas")).subject
    assert (subject.dn, subject.fqans, subject.verified) == ("/O=Grid/CN=Jane Doe", (), False)


def test_attributes_count_where_a_site_wants_what_is_documented() -> None:
    assert asked(get(NAME + "&fqan=/atlas&fqan=/atlas/x"), Rest(fqans=True)).subject.fqans == ("/atlas", "/atlas/x")


def test_the_other_path_is_for_who_made_the_connection() -> None:
    call = replace(get("", path="/lcmaps/mapping/ssl"), asker=JANE)
    assert asked(call).subject == JANE
    with pytest.raises(Unreadable, match="no client certificate"):
        asked(replace(call, asker=None))


def test_the_account_is_json_in_numbers() -> None:
    reply = REST.reply(asked(), PERMIT)
    posix = {"uid": {"id": 12001}, "pgid": {"id": 12000}, "sgid": [{"id": 12100}]}
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert json.loads(reply.body) == {"lcmaps": {"mapping": {"posix": posix}}}


def test_what_there_is_none_of_is_left_out() -> None:
    alone = replace(PERMIT, account=Account("pool001", 12001, "pool", 12000))
    assert "sgid" not in json.loads(REST.reply(asked(), alone).body)["lcmaps"]["mapping"]["posix"]


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (get(), "application/json"),
        (get(NAME + "&format=xml"), "application/xml"),
        (get(NAME + "&format=html"), "text/html; charset=utf-8"),
        (get(accept="application/xml"), "application/xml"),
        (get(accept="image/png, text/html;q=0.9"), "text/html; charset=utf-8"),
        (get(NAME + "&format=json", accept="application/xml"), "application/json"),
        (get(accept="*/*"), "application/json"),
    ],
)
def test_the_client_chooses_the_format(call: Call, kind: str) -> None:
    assert REST.reply(asked(call), PERMIT).content_type == kind


def test_xml_says_the_same() -> None:
    root = etree.fromstring(REST.reply(asked(get(NAME + "&format=xml")), PERMIT).body)
    assert [each.text for each in root.iter("id")] == ["12001", "12000", "12100"]
    assert root.findtext("mapping/posix/uid/id") == "12001"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (DENY, 403),
        (NOT_APPLICABLE, 403),
        (replace(PERMIT, account=None), 403),
        (replace(INDETERMINATE, reason="pool-exhausted"), 403),
        (INDETERMINATE, 503),
    ],
)
def test_errors_are_pages_for_people_whatever_the_format(answer: Answer, status: int) -> None:
    reply = REST.reply(asked(get(NAME + "&format=json")), answer)
    assert (reply.status, reply.content_type) == (status, "text/html; charset=utf-8")
    assert html.document_fromstring(reply.body).xpath("//p")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "subjectdn=",
        "subjectdn=Jane",
        NAME + "&" + NAME,
        NAME + "&format=yaml",
        "subjectdn=%ff%fe",
        "&".join("a" * 40),
    ],
)
def test_what_is_no_question_is_a_bad_request(query: str) -> None:
    call = get(query)
    with pytest.raises(Unreadable) as caught:
        asked(call)
    assert REST.apology(call, caught.value).status == 400


def test_an_error_text_is_no_markup() -> None:
    assert b"<script" not in REST.apology(get(), Unreadable("<script>")).body
    assert REST.apology(get(), Untrusted("expired")).status == 403
    assert REST.apology(get(), RuntimeError("mistake")).status == 500


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_query_is_a_question_or_a_bad_request(query: str, accept: str) -> None:
    try:
        question = asked(get(query, accept))
    except Unreadable:
        return
    assert REST.reply(question, PERMIT).status == 200


@pytest.mark.parametrize("twist", REST.twists)
def test_the_answer_of_every_twist_differs_and_none_makes_a_permit_of_a_refusal(twist: str) -> None:
    assert REST.reply(asked(), PERMIT, twist) != REST.reply(asked(), PERMIT)
    for refused in (DENY, NOT_APPLICABLE, INDETERMINATE):
        assert REST.reply(asked(), refused, twist).status in (403, 503)


def test_twisted_accounts_are_numbers_as_they_are() -> None:
    def uid(twist: Fault) -> int:
        found = json.loads(REST.reply(asked(), PERMIT, twist).body)["lcmaps"]["mapping"]["posix"]["uid"]["id"]
        assert isinstance(found, int)
        return found

    assert [uid(Fault.ACCOUNT_ROOT), uid(Fault.ACCOUNT_MINUS_ONE), uid(Fault.ACCOUNT_OVERFLOW)] == [0, -1, 2**32]
