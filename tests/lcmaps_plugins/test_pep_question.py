"""What an Argus PEP daemon is sent: as its clients write it, read here by the service's own half of the protocol."""

import base64
import ctypes

import pytest

from testbed.authority import hessian_reader
from testbed.authority.hessian import List, Map
from tests.lcmaps_plugins.pep import question

PEM = "-----BEGIN CERTIFICATE-----\nTm90aGluZw==\n-----END CERTIFICATE-----\n"
PILOT = PEM.replace("Tm90aGluZw", "VGhlIHBpbG")
INTEROP = "http://authz-interop.org/xacml/"
SCHEMA = "http://www.w3.org/2001/XMLSchema#"
VALUES = {
    "subject": PEM,
    "pilot": PILOT,
    "resource": "urn:wn",
    "action": "urn:run",
    "profile": "urn:profile",
    "host": "node7",
}


def written(pep: ctypes.CDLL, **other: str | None) -> Map:
    """The object that is sent."""
    body = question(pep, **{**VALUES, **other})
    value = hessian_reader.decode(base64.b64decode(body.replace("\r\n", ""), validate=True))
    assert isinstance(value, Map)
    return value


def attributes(holder: object) -> list[tuple[object, object, object]]:
    """Identifier, type and value of each attribute of one part."""
    if isinstance(holder, List):
        (holder,) = holder.items
    assert isinstance(holder, Map)
    listed = holder.fields["attributes"]
    assert isinstance(listed, List)
    found = []
    for each in listed.items:
        assert isinstance(each, Map)
        values = each.fields["values"]
        assert isinstance(values, List)
        (value,) = values.items
        found.append((each.fields["id"], each.fields.get("dataType"), value))
    return found


def test_the_user_is_sent_as_a_chain_in_both_words(pep: ctypes.CDLL) -> None:
    """Observed: the authz-interop adapter of Argus' C library sends both, with the same value."""
    assert attributes(written(pep).fields["subjects"]) == [
        (INTEROP + "subject/cert-chain", SCHEMA + "base64Binary", PEM),
        ("urn:oasis:names:tc:xacml:1.0:subject:key-info", SCHEMA + "string", PEM),
    ]


def test_resource_and_action_have_no_type_as_in_the_c_client(pep: ctypes.CDLL) -> None:
    """Observed."""
    sent = written(pep)
    assert attributes(sent.fields["resources"]) == [
        ("urn:oasis:names:tc:xacml:1.0:resource:resource-id", None, "urn:wn"),
        (INTEROP + "resource/dns-host-name", SCHEMA + "string", "node7"),
    ]
    assert attributes(sent.fields["action"]) == [("urn:oasis:names:tc:xacml:1.0:action:action-id", None, "urn:run")]


def test_the_environment_names_the_pilot_and_the_profile(pep: ctypes.CDLL) -> None:
    """Documented that the pilot's chain is there; by which identifier is our choice, after the profile's pilot-job/."""
    profile = ("http://glite.org/xacml/attribute/profile-id", SCHEMA + "anyURI", "urn:profile")
    pilot = (INTEROP + "environment/pilot-job/cert-chain", SCHEMA + "base64Binary", PILOT)
    assert attributes(written(pep).fields["environment"]) == [pilot, profile]
    assert attributes(written(pep, pilot=None).fields["environment"]) == [profile]


@pytest.mark.parametrize("length", [0, 1, 2, 3, 47, 48, 49])
def test_lines_have_64_characters_and_end_with_crlf(pep: ctypes.CDLL, length: int) -> None:
    """Observed with the C client: also the last one."""
    body = question(pep, **{**VALUES, "host": "x" * length})
    assert body.endswith("\r\n")
    lines = body.removesuffix("\r\n").split("\r\n")
    assert {len(line) for line in lines[:-1]} == {64}
    assert 0 < len(lines[-1]) <= 64


@pytest.mark.parametrize("length", [0x7FFE, 0x7FFF, 0x8000, 200_000])
def test_a_chain_of_any_length_is_sent_whole(pep: ctypes.CDLL, length: int) -> None:
    chain = "A" * length
    assert [value for _, _, value in attributes(written(pep, subject=chain).fields["subjects"])] == [chain, chain]
