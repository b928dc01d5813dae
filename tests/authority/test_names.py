"""Names compare as Argus compares them, in whatever form they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.authority.dn import canonical, is_dn, rfc2253, slashed
from testbed.authority.fqan import fqan
from testbed.model.person import long_form

JANE = "/DC=org/DC=testbed/O=People/CN=Jane Doe"


@pytest.mark.parametrize(
    "other",
    [
        "CN=Jane Doe,O=People,DC=testbed,DC=org",
        "CN=Jane Doe, O=People, DC=testbed, DC=org",
        "cn=jane  doe,o=PEOPLE,dc=testbed,dc=org",
        'CN="Jane Doe",O=People,DC=testbed,DC=org',
        r"CN=Jane\20Doe,O=People,DC=testbed,DC=org",
        "2.5.4.3=Jane Doe,O=People,0.9.2342.19200300.100.1.25=testbed,DC=org",
        "/dc=org/dc=testbed/o=people/cn=jane doe",
    ],
)
def test_one_person_has_many_spellings(other: str) -> None:
    assert canonical(other) == canonical(JANE)


@pytest.mark.parametrize(
    "other",
    [
        "/CN=Jane Doe/O=People/DC=testbed/DC=org",
        JANE + "/CN=proxy",
        "/DC=org/DC=testbed/CN=Jane Doe",
        "/DC=org/DC=testbed/O=People/CN=JaneDoe",
    ],
)
def test_another_person_is_another_person(other: str) -> None:
    assert canonical(other) != canonical(JANE)


@pytest.mark.parametrize("name", ["", "/", "Jane Doe", "/alpha/Role=pilot", "CN=Jane,Doe"])
def test_what_is_no_name_equals_nobody(name: str) -> None:
    assert canonical(name) == ()


def test_a_slash_in_a_host_name_begins_no_new_part() -> None:
    assert canonical("/O=Grid/CN=host/node.example.org") == canonical("CN=host/node.example.org,O=Grid")


def test_a_name_with_another_one_inside_is_not_the_other() -> None:
    inside = slashed("CN=Eve/CN=Jane,O=Grid")
    assert inside == r"/O=Grid/CN=Eve\/CN=Jane"
    assert canonical(inside) == canonical("CN=Eve/CN=Jane,O=Grid") != canonical("/O=Grid/CN=Eve/CN=Jane")


def test_letters_beyond_ascii_are_printed_as_openssl_prints_them() -> None:
    printed = "/O=Grid/CN=\\xD0\\x9F\\xD1\\x91\\xD1\\x82\\xD1\\x80"
    assert slashed("CN=Пётр,O=Grid") == slashed("/O=Grid/CN=Пётр") == printed
    assert rfc2253(printed) == "CN=Пётр,O=Grid"
    assert canonical(printed) == canonical("CN=Пётр,O=Grid") == canonical("/O=Grid/CN=Пётр") != ()


def test_names_that_are_no_utf_8_stay_apart() -> None:
    latin, other = "/O=Grid/CN=Ren\\xE9", "/O=Grid/CN=Ren\\xE8"
    assert canonical(latin) != canonical(other)
    assert slashed("CN=Ren\\E9,O=Grid") == latin
    assert rfc2253(latin) == "CN=Ren\N{REPLACEMENT CHARACTER},O=Grid"


def test_mail_addresses_have_several_types() -> None:
    assert (
        canonical("/CN=Jane/emailAddress=j@x.org")
        == canonical("/CN=Jane/E=j@x.org")
        == canonical("Email=j@x.org,CN=Jane")
    )


VALUES = st.text('aZ ,+"\\;<>=#éЖ0', min_size=1).map(str.strip).filter(lambda value: value and value[-1] != "\\")


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_both_forms_of_a_name_tell_the_same(values: list[str]) -> None:
    name = "".join(f"/CN={value}" for value in values)
    assert slashed(rfc2253(name)) == slashed(name)
    assert canonical(rfc2253(name)) == canonical(name) != ()


def test_an_fqan_is_told_from_a_dn_by_its_first_part() -> None:
    assert [is_dn(name) for name in (JANE, "CN=Jane,O=x", "/alpha/Role=pilot", "/alpha")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("pattern", "fits", "misses"),
    [
        (
            "/alpha",
            ["/alpha", "/alpha/Role=NULL", "/alpha/Role=NULL/Capability=NULL"],
            ["/alpha/Role=pilot", "/alphabet"],
        ),
        ("/alpha/Role=NULL/Capability=NULL", ["/alpha"], ["/alpha/sub", "/beta", "/Alpha"]),
        (
            "/alpha/Role=pilot",
            ["/alpha/Role=pilot", "/alpha/Role=pilot/Capability=x"],
            ["/alpha", "/alpha/sub/Role=pilot"],
        ),
        ("/alpha/Role=*", ["/alpha", "/alpha/Role=pilot"], ["/alpha/sub", "/alpha/sub/Role=pilot"]),
        ("/alpha/Role=prod*", ["/alpha/Role=prod", "/alpha/Role=production"], ["/alpha/Role=pro", "/alpha"]),
        ("/alpha/*", ["/alpha", "/alpha/sub", "/alpha/sub/sub"], ["/alpha/Role=pilot", "/alphabet"]),
        ("/alpha/*/Role=*", ["/alpha", "/alpha/sub/Role=x", "/alpha/Role=pilot"], ["/beta"]),
        ("/alpha/Role=production", ["/alpha/Role=production"], ["/alpha/Role=prod"]),
    ],
)
def test_a_pattern_means_the_attributes_that_argus_says(pattern: str, fits: list[str], misses: list[str]) -> None:
    meant = fqan(pattern)
    assert meant
    assert {name: _meant(meant.fits, name) for name in (*fits, *misses)} == dict.fromkeys(fits, True) | dict.fromkeys(
        misses, False
    )


def _meant(fits: object, name: str) -> bool:
    attribute = fqan(name)
    assert attribute
    assert callable(fits)
    return bool(fits(attribute))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alpha",
        "/",
        "/Role=x",
        "/alpha/Role=x/sub",
        "/a*",
        "/*",
        "/a/*/b",
        "/a/Role=*x",
        "/a/Role=x/Role=y",
        "/a/X=y",
    ],
)
def test_what_is_no_attribute_is_none(text: str) -> None:
    assert fqan(text) is None


@given(st.from_regex(r"(/[a-z]{1,3}){1,3}(/Role=[a-z]{1,4})?", fullmatch=True))
def test_an_attribute_fits_itself_in_the_long_form(name: str) -> None:
    meant, long = fqan(name), fqan(long_form(name))
    assert meant
    assert long
    assert meant == long
    assert meant.fits(long)
