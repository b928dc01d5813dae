"""Distinguished names in both forms."""

import pytest

from testbed.authority.name import openssl, rfc2253

PAIRS = [
    ("CN=Jane Doe,O=Grid", "/O=Grid/CN=Jane Doe"),
    ("CN=Doe\\, Jane,DC=testbed,DC=org", "/DC=org/DC=testbed/CN=Doe, Jane"),
    ("emailAddress=jane@example.org,CN=Jane", "/CN=Jane/emailAddress=jane@example.org"),
    ("CN=host/wn1.example.org,O=Grid", "/O=Grid/CN=host/wn1.example.org"),
    ("CN=Пётр,O=Grid", "/O=Grid/CN=\\xD0\\x9F\\xD1\\x91\\xD1\\x82\\xD1\\x80"),
]


@pytest.mark.parametrize(("comma", "slash"), PAIRS)
def test_a_name_has_one_form_with_commas_and_one_with_slashes(comma: str, slash: str) -> None:
    assert (openssl(comma), rfc2253(slash)) == (slash, comma)


@pytest.mark.parametrize(("comma", "slash"), PAIRS)
def test_a_name_that_has_the_form_already_stays_as_it_is(comma: str, slash: str) -> None:
    assert (openssl(slash), rfc2253(comma)) == (slash, comma)


@pytest.mark.parametrize(
    ("other", "slash"),
    [
        (" cn = Jane , dc=org", "/DC=org/CN=Jane"),
        ('CN="Doe, Jane",O=Grid', "/O=Grid/CN=Doe, Jane"),
        ("CN=P\\C5\\82otr,O=Grid", "/O=Grid/CN=P\\xC5\\x82otr"),
        ("E=jane@example.org,CN=Jane", "/CN=Jane/emailAddress=jane@example.org"),
        ("1.2.3.4=x,CN=Jane", "/CN=Jane/1.2.3.4=x"),
    ],
)
def test_other_ways_to_write_it_are_read(other: str, slash: str) -> None:
    assert openssl(other) == slash


@pytest.mark.parametrize("text", ["", "Jane", "CN=Jane,", "CN=Jane,,O=Grid", 'CN="Jane" Doe', "CN=Jane\\"])
def test_what_is_no_name_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="no distinguished name"):
        openssl(text)
