"""Names of the test grid against what OpenSSL makes of them."""

import pytest

from testbed.credentials import der
from testbed.credentials import name as names


def test_a_ca_is_found_under_the_hashes_that_openssl_computes() -> None:
    # openssl x509 -noout -subject_hash -subject_hash_old, OpenSSL 3.5.7
    authority = names.of_authority()
    assert names.subject_hash(authority) == "642ce08f"
    assert names.subject_hash_old(authority) == "0689b744"


def test_the_new_hash_knows_no_case_and_no_double_blanks() -> None:
    loud = names.subject_hash(names.of_person("  ALICE   Archer "))
    assert loud == names.subject_hash(names.of_person("alice archer"))
    assert loud != names.subject_hash(names.of_person("bob baker"))


def test_a_name_is_written_on_one_line_as_the_grid_does() -> None:
    assert names.one_line(names.of_person("Alice Archer")) == "/DC=org/DC=testbed/O=People/CN=Alice Archer"
    assert names.one_line(names.of_host("pilot")) == "/DC=org/DC=testbed/O=Hosts/CN=pilot"
    assert names.one_line(names.of_person("José")).endswith(r"/CN=Jos\xC3\xA9")


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [("2.5.4.3", "0603550403"), ("1.3.6.1.4.1.3536.1.1.1.9", "060b2b060104019b5001010109")],
)
def test_object_identifiers_are_encoded_as_x690_says(dotted: str, encoded: str) -> None:
    assert der.oid(dotted).hex() == encoded


def test_long_contents_and_high_numbers_are_encoded_as_x690_says() -> None:
    assert der.tlv(der.SEQUENCE, bytes(300))[:4].hex() == "3082012c"
    assert der.integer(0).hex() == "020100"
    assert der.integer(128).hex() == "02020080"
