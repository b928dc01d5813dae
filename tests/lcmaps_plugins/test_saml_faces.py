"""The module against the service's faces: each reads what the other writes, and no twist passes for a Permit."""

import re

import pytest

from testbed.authority.answer import Decision
from testbed.authority.faces.gums import Groups, Gums
from testbed.authority.faces.scas import Scas
from testbed.authority.question import EXECUTE_NOW, WORKER_NODE
from testbed.model.fault import Fault
from tests.authority.conversation import ACCOUNT, CHAIN, DENY, INDETERMINATE, JANE, NOT_APPLICABLE, PERMIT, post, verify
from tests.lcmaps_plugins.saml import read
from tests.lcmaps_plugins.test_saml_question import party, voms, write

SCAS, GUMS = Scas(), Gums()
NUMBERS = {"user": ACCOUNT.user, "uid": str(ACCOUNT.uid), "gid": str(ACCOUNT.gid), "gids": ("12100",)}

UNHARMED = {Fault.CYRILLIC_ECHO, Fault.ARABIC_ECHO}
"""Twists that stand where nothing is read."""
ANOTHER_ACCOUNT = {
    *(Fault.ACCOUNT_UNKNOWN, Fault.ACCOUNT_ROOT, Fault.ACCOUNT_MINUS_ONE, Fault.ACCOUNT_OVERFLOW),
    *(Fault.ACCOUNT_SHORTENED, Fault.SECONDARY_GROUP_UNKNOWN),
}
"""Twists that are for the node's own accounts to notice."""
DECISIONS = {
    Fault.DENY: "Deny",
    Fault.OBLIGATIONS_UNDER_DENY: "Deny",
    Fault.INDETERMINATE: "Indeterminate",
    Fault.SERVICE_POOL_EXHAUSTED: "Indeterminate",
}


def asked(saml, face):
    """The module's question as the face understands it, and its ID."""
    subject = party(dn=JANE.dn, issuer=JANE.issuer, chain=CHAIN)
    pilot = party(dn=JANE.dn, issuer=JANE.issuer, chain=CHAIN)
    message = write(saml, subject, voms(JANE.fqans, vouched="/O=Grid/CN=voms"), pilot)
    return face.question(post(message), verify), re.search(rb' ID="([^"]+)"', message)[1].decode()


def answered(saml, face, answer, twist=""):
    """What the module makes of the face's answer to its question."""
    question, id = asked(saml, face)
    return read(saml, face.reply(question, answer, twist).body, to=id)


def test_scas_understands_all_of_the_question(saml):
    question, _ = asked(saml, SCAS)
    assert (question.subject, question.pilot) == (JANE, JANE)
    assert (question.resource, question.action) == (WORKER_NODE, EXECUTE_NOW)
    assert question.host == "wn1.example.org"
    assert [each.rpartition("/")[2] for each in question.supported] == [
        *("secondary-gids", "uidgid", "username", "account")
    ]


def test_gums_understands_whom_it_is_about(saml):
    question, _ = asked(saml, GUMS)
    assert (question.subject.dn, question.subject.fqans) == (JANE.dn, JANE.fqans[:1])
    assert question.host == "wn1.example.org"


def test_attributes_that_nobody_vouches_for_are_none_to_gums(saml):
    issuer = "http://authz-interop.org/xacml/issuer/none"
    message = write(saml, party(dn=JANE.dn), voms(JANE.fqans, vouched=issuer))
    assert GUMS.question(post(message), verify).subject.fqans == ()


def test_the_account_of_a_permit_arrives(saml):
    assert answered(saml, SCAS, PERMIT).account == NUMBERS
    assert answered(saml, GUMS, PERMIT).account == {"user": "pool001"}
    assert answered(saml, Gums(Groups.NUMBER), PERMIT).account == {"user": "pool001", "gid": "12000"}
    names = {"user": "pool001", "group": "pool", "groups": ("poolsec",)}
    assert answered(saml, Gums(Groups.NAME), PERMIT).account == names


def test_a_no_and_a_failure_arrive_as_what_each_service_makes_of_them(saml):
    """SCAS has a fault for what it cannot say (observed), GUMS a Deny for everybody that it does not know."""
    said = {
        (face.name, answer.decision): answered(saml, face, answer).decision
        for face in (SCAS, GUMS)
        for answer in (DENY, NOT_APPLICABLE, INDETERMINATE)
    }
    assert said == {
        ("scas", Decision.DENY): "Deny",
        ("scas", Decision.NOT_APPLICABLE): "Indeterminate",
        ("scas", Decision.INDETERMINATE): "Indeterminate",
        ("gums", Decision.DENY): "Deny",
        ("gums", Decision.NOT_APPLICABLE): "Deny",
        ("gums", Decision.INDETERMINATE): "Indeterminate",
    }


@pytest.mark.parametrize("twist", [twist for twist in SCAS.twists if twist != Fault.NOT_APPLICABLE])
@pytest.mark.parametrize("face", [SCAS, GUMS], ids=["scas", "gums"])
def test_no_twist_of_a_permit_gets_an_account_that_was_not_granted(saml, face, twist):
    found = answered(saml, face, PERMIT, twist)
    if twist in UNHARMED or (face is GUMS and twist == Fault.SECONDARY_GROUP_UNKNOWN):  # GUMS names no groups here
        assert found == answered(saml, face, PERMIT)
    elif twist in ANOTHER_ACCOUNT:
        assert found.decision == "Permit"
        assert found.account != answered(saml, face, PERMIT).account
    else:
        assert (found.decision, found.account) == (DECISIONS.get(twist, "broken"), {})
