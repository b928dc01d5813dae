"""What a SCAS or GUMS server answers: only a whole Permit that names an account is one."""

import pytest

from tests.lcmaps_plugins.saml import (
    GUMS_OK,
    ID,
    OK,
    SECONDARY,
    SUCCESS,
    UIDGID,
    USERNAME,
    VECTORS,
    answer,
    assignment,
    body,
    changed,
    element,
    gums,
    obligation,
    read,
)

PERMIT = answer(UIDGID, SECONDARY)
NUMBERS = {"uid": "50001", "gid": "50000", "gids": ("51000", "52000")}
GUMS_GROUPS = obligation(
    *("account", assignment("username", "alpha001")),
    *(assignment("primary-groupname", "alpha"), assignment("secondary-groupname", "alphaprd")),
)


def test_a_permit_of_scas_names_uid_gid_and_secondary_gids(saml):
    found = read(saml, PERMIT)
    assert (found.decision, found.account) == ("Permit", NUMBERS)


def test_the_reference_servers_permit_is_read(saml):
    """Observed: the 2009 Globus library's own server."""
    found = read(saml, body("scas-response-reference.http"))
    assert (found.decision, found.account) == ("Permit", {"user": "test"})


def test_the_reference_servers_fault_is_no_decision(saml):
    found = read(saml, (VECTORS / "scas-soapfault.xml").read_bytes())
    assert (found.decision, found.message) == ("Indeterminate", "no mapping")


@pytest.mark.parametrize("decision", ["Deny", "NotApplicable", "Indeterminate"])
def test_the_other_decisions_are_those_and_name_no_account(saml, decision):
    found = read(saml, answer(UIDGID, decision=decision, message="why"))
    assert (found.decision, found.account, found.message) == (decision, {}, "why")


def test_a_deny_is_one_whatever_stands_beside_it(saml):
    assert read(saml, answer(decision="Deny", code="")).decision == "Deny"
    assert read(saml, answer(UIDGID, UIDGID, obligation("anything", on="Deny"), decision="Deny")).decision == "Deny"


def test_a_deny_is_one_when_saml_failed_as_well(saml):
    """Another server must not be asked for a yes because the one that said no also stumbled."""
    assert read(saml, answer(decision="Deny", saml="urn:oasis:names:tc:SAML:2.0:status:Responder")).decision == "Deny"
    assert read(saml, answer(decision="Deny", saml="")).decision == "Deny"


class TestGums:
    """Its habits, as read in its source."""

    @pytest.mark.parametrize(
        ("obligations", "account"),
        [
            ([USERNAME], {"user": "alpha001"}),
            (
                [USERNAME, obligation("uidgid", assignment("posix-gid", "50000"))],
                {"user": "alpha001", "gid": "50000"},
            ),
            ([USERNAME, GUMS_GROUPS], {"user": "alpha001", "group": "alpha", "groups": ("alphaprd",)}),
            ([GUMS_GROUPS], {"user": "alpha001", "group": "alpha", "groups": ("alphaprd",)}),
        ],
    )
    def test_a_permit_names_a_user_and_perhaps_a_group(self, saml, obligations, account):
        found = read(saml, gums(*obligations))
        assert (found.decision, found.account) == ("Permit", account)

    def test_a_deny_has_an_empty_username(self, saml):
        found = read(saml, gums(obligation("username", assignment("username", "")), decision="Deny"))
        assert (found.decision, found.account) == ("Deny", {})

    def test_an_error_is_no_decision(self, saml):
        error = "http://oasis/names/tc/xacml/1.0/status/error"
        assert read(saml, gums(decision="Indeterminate", code=error)).decision == "Indeterminate"

    def test_no_saml_status_is_for_gums_only(self, saml):
        assert read(saml, answer(UIDGID, saml="")).problem == "has no SAML status, and is not from GUMS"
        assert read(saml, answer(UIDGID, saml="", code=GUMS_OK)).decision == "Permit"

    def test_two_users_are_none(self, saml):
        other = obligation("username", assignment("username", "alpha002"))
        assert read(saml, gums(other, GUMS_GROUPS)).problem == "names two users"


def test_no_beginning_of_a_permit_is_one(saml):
    """Every truncation point. Observed: the C client of Argus takes many of those for a Permit."""
    for text in (PERMIT, gums(USERNAME, GUMS_GROUPS), body("scas-response-reference.http").rstrip()):
        whole = text.encode()
        assert read(saml, whole).decision == "Permit"
        accepted = [end for end in range(len(whole)) if read(saml, whole[:end]).decision != "broken"]
        assert accepted == []


def without(name: str) -> str:
    """A Permit without this element."""
    return changed(PERMIT, element(PERMIT, name), "")


def twice(name: str) -> str:
    """A Permit with this element twice."""
    return changed(PERMIT, element(PERMIT, name), element(PERMIT, name) * 2)


ONCE = ["S:Body", "sp:Response", "sp:Status", "s:Assertion", "s:Statement", "C:Response"]
ONCE += ["C:Result", "C:Decision", "C:Status", "P:Obligations"]


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("broken", [without, twice])
def test_every_part_is_there_once(saml, name, broken):
    assert read(saml, broken(name)).decision == "broken"


def test_a_deny_beside_a_permit_is_neither(saml):
    """The fault two-assertions, and the same one level deeper."""
    deny = element(answer(decision="Deny"), "s:Assertion")
    permit = element(PERMIT, "s:Assertion")
    for two in (deny + permit, permit + deny):
        found = read(saml, changed(PERMIT, permit, two))
        assert found.problem == "has a response with something else in it, or twice the same"
    result = element(PERMIT, "C:Result")
    two = changed(PERMIT, result, element(answer(decision="Deny"), "C:Result") + result)
    assert read(saml, two).problem == "has not exactly one result"


def test_a_statement_says_that_it_is_a_decision(saml):
    """Observed: without xsi:type the reference client crashes."""
    typed = ' xsi:type="A:XACMLAuthzDecisionStatementType"'
    problem = "has a statement that is not of the type of an authorisation decision"
    for instead in (
        "",
        ' xsi:type="XACMLAuthzDecisionStatementType"',
        ' xsi:type="s:XACMLAuthzDecisionStatementType"',
        ' xsi:type="unbound:XACMLAuthzDecisionStatementType"',
        ' xsi:type="A:AuthzDecisionStatementType"',
        ' xsi:type=""',
        ' xsi:type=":XACMLAuthzDecisionStatementType"',
        ' type="A:XACMLAuthzDecisionStatementType"',
        f' xsi:type="{"A" * 4000}:XACMLAuthzDecisionStatementType"',
    ):
        assert read(saml, changed(PERMIT, typed, instead)).problem == problem
    for prefix in ("q:", ""):
        bound = f' xmlns{":q" if prefix else ""}="urn:oasis:names:tc:xacml:2.0:profile:saml2.0:v2:schema:assertion"'
        same = changed(PERMIT, typed, f'{bound} xsi:type="{prefix}XACMLAuthzDecisionStatementType"')
        assert read(saml, same).decision == "Permit"


@pytest.mark.parametrize("space", ["S", "s", "sp", "C", "P", "A"])
def test_a_namespace_that_is_another_one_makes_other_elements(saml, space):
    old = PERMIT.partition(f"xmlns:{space}=")[2].split('"')[1]
    assert read(saml, changed(PERMIT, f'xmlns:{space}="{old}"', f'xmlns:{space}="{old}x"')).decision == "broken"


def test_saml_that_failed_does_not_permit(saml):
    """Observed: the reference client takes this for a Permit."""
    for code in ("Responder", "Requester", "success", ""):
        status = f"urn:oasis:names:tc:SAML:2.0:status:{code}"
        found = read(saml, answer(UIDGID, saml=status))
        assert found.problem == "has a decision, but its SAML status is not success"
    code = f'<sp:StatusCode Value="{SUCCESS}"/>'
    assert read(saml, changed(PERMIT, code, f"<sp:StatusCode>{code}</sp:StatusCode>")).decision == "broken"


def test_a_result_that_is_not_ok_does_not_permit(saml):
    for code in (OK + "x", OK.replace("ok", "processing-error"), GUMS_OK.replace("ok", "error"), ""):
        assert read(saml, answer(UIDGID, code=code)).problem == "permits, but the result's status is not ok"


def test_a_decision_is_one_of_four_words_exactly(saml):
    for word in (
        "permit",
        "PERMIT",
        " Permit",
        "Permit\n",
        "Permi",
        "Permit1",
        "1",
        "",
        "Per<!-- -->mit",
        "<b>Permit</b>",
    ):
        assert read(saml, answer(UIDGID, decision=word)).problem == "has a decision that is none of the four"
    assert read(saml, answer(UIDGID, decision="<![CDATA[Permit]]>")).decision == "Permit"
    assert read(saml, answer(UIDGID, decision="&#80;ermit")).decision == "Permit"


def test_an_answer_to_somebody_else_is_none(saml):
    for other in (ID + "0", ID[:-1], "", "ID-1"):
        assert read(saml, answer(UIDGID, to=other)).problem == "is an answer to another question"
    assert read(saml, changed(PERMIT, f' InResponseTo="{ID}"', "")).problem == "is an answer to another question"
    assert read(saml, PERMIT, to="ID-0000000000000000").decision == "broken"


@pytest.mark.parametrize(
    ("obligations", "problem"),
    [
        ([], "permits, but names no account"),
        ([SECONDARY], "permits, but names no account"),
        ([UIDGID, obligation("afs-token", assignment("afs-token", "AAAA"))], "that this node cannot fulfil"),
        ([UIDGID, obligation("root-and-home-paths", assignment("rootpath", "/"))], "that this node cannot fulfil"),
        ([UIDGID, obligation("uidgid-2")], "that this node cannot fulfil"),
        ([UIDGID, UIDGID], "has an obligation twice"),
        ([USERNAME, USERNAME], "has an obligation twice"),
        ([UIDGID, SECONDARY, SECONDARY], "has an obligation twice"),
        ([obligation("uidgid", on="Permit")], "has an obligation uidgid without a gid"),
        ([obligation("uidgid", assignment("posix-uid", "50001"))], "has an obligation uidgid without a gid"),
        ([obligation("uidgid", assignment("posix-gid", "50000"))], "permits, but names no account"),
        ([USERNAME, obligation("uidgid")], "has an obligation uidgid without a gid"),
        ([UIDGID, obligation("secondary-gids")], "has an obligation secondary-gids without one"),
        ([UIDGID, obligation("username")], "has an obligation username without one"),
        ([UIDGID, obligation("account")], "has an obligation account without a username"),
        ([obligation("username", assignment("username", ""))], "has an attribute without a value"),
        ([obligation("username", assignment("username", "<b>x</b>"))], "has an attribute without a value"),
        ([obligation("username", assignment("username", "root<!-- -->01"))], "has an attribute without a value"),
        ([obligation("username", assignment("posix-uid", "50001"))], "an attribute that does not belong to it"),
        ([obligation("username", assignment("username", "x", "base64Binary"))], "neither text nor number"),
        ([UIDGID.replace("posix-gid", "posix-uid")], "twice the same attribute"),
        ([UIDGID.replace('"Permit"', '"Deny"')], "has an obligation that is not for a Permit"),
        ([UIDGID.replace(' FulfillOn="Permit"', "")], "has an obligation that is not for a Permit"),
        ([UIDGID, "and more"], "has something else among its obligations"),
        ([UIDGID, "<P:Other/>"], "has something else among its obligations"),
        ([UIDGID.replace("</P:Obligation>", "text</P:Obligation>")], "something else in it than attributes"),
    ],
)
def test_a_permit_has_the_obligations_that_can_be_fulfilled_each_once_and_whole(saml, obligations, problem):
    text = answer(*obligations) if obligations else answer(decision="Permit")
    found = read(saml, text)
    assert found.problem.endswith(problem)
    assert found.account == {}


def test_secondary_groups_have_a_bound(saml):
    def groups(count):
        return obligation("secondary-gids", *(assignment("posix-gid", str(60000 + i)) for i in range(count)))

    assert len(read(saml, answer(UIDGID, groups(64))).account["gids"]) == 64
    assert read(saml, answer(UIDGID, groups(65))).problem == "has too many secondary groups"


def bomb(depth: int) -> str:
    """Entities that unfold to ten to the power of depth."""
    lines = [f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, depth)]
    return "".join(["<!DOCTYPE x [", '<!ENTITY e0 "alpha001">', *lines, "]>"])


@pytest.mark.parametrize(
    "kind",
    [
        '<!DOCTYPE S:Envelope SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY user "root">]>',
        '<!DOCTYPE x [<!ENTITY user SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY % all SYSTEM "http://127.0.0.1:9/dtd"> %all;]>',
        "<!DOCTYPE x []>",
        bomb(10),
    ],
)
def test_a_document_type_ends_the_reading(saml, kind):
    """Before anything that it declares is looked at."""
    text = changed(PERMIT, '<?xml version="1.0" encoding="UTF-8"?>\n', f'<?xml version="1.0"?>{kind}')
    assert read(saml, text).problem == "has a document type, which SOAP forbids"


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b" ", b"<", b"<html><body>It works!</body></html>", b"OK", b"\x00" * 100, b"\xff\xfe<\x00", b"{}"),
        PERMIT.encode("utf-16"),
        PERMIT.encode() + b"<more/>",
        PERMIT.encode() + b"\x00",
        PERMIT.encode() * 2,
        PERMIT.replace("UTF-8", "ISO-8859-1").encode(),
        PERMIT.replace("UTF-8", "UTF-7").encode(),
        PERMIT.replace("50001", "&uid;").encode(),
        PERMIT.replace("50001", "\udcff").encode(errors="surrogateescape"),
        PERMIT.replace("<s:Issuer>", "<undeclared:Issuer>").replace("</s:Issuer>", "</undeclared:Issuer>").encode(),
        PERMIT.replace("<S:Body>", "<?php echo 1 ?><S:Body>").encode(),
        PERMIT.replace("<S:Body>", "text<S:Body>").encode(),
        PERMIT.replace("S:Envelope", "S:Letter").encode(),
        b"<a>" * 100_000,
        b"<a>" * 40 + b"</a>" * 40,
        PERMIT.encode() + b" " * 300_000,
    ],
)
def test_what_is_no_soap_message_of_ours_is_no_answer(saml, text):
    assert read(saml, text).decision == "broken"


@pytest.mark.parametrize("attribute", ["a{}=''", "xmlns:a{}='urn:a'"])
def test_an_element_has_a_bounded_number_of_attributes(saml, attribute):
    """Each is compared with all others: without a bound 200 kB of them took half a second."""

    def crowded(count):
        more = " ".join(attribute.format(i) for i in range(count))
        return changed(PERMIT, "<S:Body>", f"<S:Body {more}>")

    assert read(saml, crowded(64)).decision == "Permit"
    assert read(saml, crowded(65)).problem == "has an element with too many attributes"


def test_a_header_counts_only_when_it_has_to_be_understood(saml):
    def headed(attribute):
        return changed(PERMIT, "<S:Body>", f'<S:Header><w:To xmlns:w="urn:w" {attribute}>us</w:To></S:Header><S:Body>')

    assert read(saml, headed("")).decision == "Permit"
    assert read(saml, headed('S:mustUnderstand="0"')).decision == "Permit"
    assert read(saml, headed('S:mustUnderstand="1"')).problem == "has a SOAP header that has to be understood"


def test_a_fault_beside_a_response_is_neither(saml):
    fault = "<S:Fault><faultcode>S:Server</faultcode><faultstring>no</faultstring></S:Fault>"
    assert read(saml, changed(PERMIT, "</S:Body>", f"{fault}</S:Body>")).decision == "broken"


@pytest.mark.parametrize("name", ["Юрий Гагарин", "ابن سينا", "Zażółć", "🙂"])
def test_an_echo_of_any_script_does_no_harm(saml, name):
    """Observed: the Argus C client fails on Cyrillic and Arabic letters."""
    request = f"<C:Request><C:Subject>{name}</C:Subject></C:Request>"
    echoed = changed(PERMIT, "</C:Response>", f"</C:Response>{request}")
    assert read(saml, echoed).account == NUMBERS
