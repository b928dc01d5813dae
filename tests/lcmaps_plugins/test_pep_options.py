"""The words behind lcmaps_c_pep.mod: every documented one, ours, and that one which is not understood stops LCMAPS."""

import ctypes
from pathlib import Path

import pytest

from tests.lcmaps_plugins.pep import OptionFields, options

URL = ("--pep-daemon-endpoint-url", "https://argus.example.org:8154/authz")
BAD_LIMITS = ("0", "0.0", "301", "300.1", "-1", ".5", "1.", "1.55", "1,5", "5s", "01", "4294967297", "")
INTEROP = "http://authz-interop.org/xacml/"


def taken(pep: ctypes.CDLL, *words: str) -> OptionFields:
    """What they mean; they are right."""
    found = options(pep, *URL, *words)
    assert isinstance(found, OptionFields), found
    return found


@pytest.mark.parametrize(("value", "milliseconds"), [("0.1", 100), ("1", 1000), ("1.5", 1500), ("300", 300_000)])
def test_a_time_limit_is_seconds_or_tenths_of_one(pep: ctypes.CDLL, value: str, milliseconds: int) -> None:
    assert taken(pep, "--timeout", value).https.timeout == milliseconds


def test_what_holds_when_only_the_endpoint_is_said(pep: ctypes.CDLL) -> None:
    found = taken(pep)
    assert found.endpoints.urls == [URL[1]]
    assert found.resource.decode() == INTEROP + "resource/resource-type/wn"
    assert found.action.decode() == "http://glite.org/xacml/action/execute"
    assert found.profile.decode() == "http://glite.org/xacml/profile/grid-wn/1.0"
    assert (found.https.capath, found.https.cafile) == (b"/etc/grid-security/certificates", b"")
    assert (found.https.unchecked, found.https.plain, found.https.timeout, found.https.crls) == (
        False,
        False,
        30_000,
        0,
    )
    assert found.certificate == 0


@pytest.mark.parametrize("name", ["pep-daemon-endpoint-url", "endpoint", "endpoints"])
@pytest.mark.parametrize("dashes", ["-", "--"])
def test_endpoints_are_kept_in_the_given_order(pep: ctypes.CDLL, name: str, dashes: str) -> None:
    urls = [f"https://argus{n}.example.org:8154/authz" for n in range(8)]
    found = options(pep, *(word for url in urls for word in (dashes + name, url)))
    assert isinstance(found, OptionFields)
    assert found.endpoints.urls == urls


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("-resourceid", "urn:my:site"), "resource", "urn:my:site"),
        (("--resourcetype", "ce"), "resource", INTEROP + "resource/resource-type/ce"),
        (("--actionid", "urn:my:action"), "action", "urn:my:action"),
        (("-actiontype", "execute-now"), "action", INTEROP + "action/action-type/execute-now"),
        (("-actiontype", "access-file"), "action", INTEROP + "action/action-type/access"),
        (("--profile", "authz-interop/1.1"), "profile", INTEROP + "profile/1.1"),
        (
            ("--profile", "http://glite.org/xacml/profile/grid-wn/1.0"),
            "profile",
            "http://glite.org/xacml/profile/grid-wn/1.0",
        ),
    ],
)
def test_what_is_asked_about(pep: ctypes.CDLL, words: tuple[str, ...], field: str, value: str) -> None:
    assert getattr(taken(pep, *words), field).decode() == value


def test_whom_is_believed(pep: ctypes.CDLL) -> None:
    assert taken(pep, "--cafile", "/etc/ca.pem").https.capath == b"", "a file alone means that file alone"
    both = taken(pep, "--cafile", "/etc/ca.pem", "--capath", "/etc/certs").https
    assert (both.capath, both.cafile) == (b"/etc/certs", b"/etc/ca.pem")
    assert taken(pep, "--no-check-certificates").https.unchecked
    assert not taken(pep, "--check-certificates").https.unchecked
    assert [taken(pep, "--crl-check", word).https.crls for word in ("if-present", "yes", "no")] == [0, 1, 2]


def test_a_pilot_never_says_whom_is_believed(pep: ctypes.CDLL) -> None:
    found = taken(pep, "--use-pilot-proxy-as-cafile").https
    assert (found.capath, found.cafile) == (b"/etc/grid-security/certificates", b"")


def test_with_which_certificate_is_asked(pep: ctypes.CDLL, tmp_path: Path) -> None:
    own = ("--certificate", "/etc/cert.pem", "--key", "/etc/key.pem")
    assert taken(pep, *own).certificate == 1
    assert taken(pep, "--pep-certificate-mode", "explicit", *own, "--pass", "secret").https.password == b"secret"
    assert taken(pep, "--pep-certificate-mode", "none").certificate == 2
    file = tmp_path / "password"
    file.write_text("from a file\nand no more\n")
    assert taken(pep, *own, "--passfile", str(file)).https.password == b"from a file"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--nonsense",), "unknown"),
        (("resourceid", "x"), "unknown"),
        (("---resourceid", "x"), "unknown"),
        (("--resourceid",), "no value"),
        (("--resourceid", ""), "empty"),
        (("--resourceid", "x" * 513), "too long"),
        (("--resourceid", "a b"), "without blanks"),
        (("--resourceid", "x", "--resourceid", "y"), "twice"),
        (("--resourceid", "x", "--resourcetype", "wn"), "exclude"),
        (("--resourcetype", "nothing"), "none of the words"),
        (("--actionid", "x", "--actiontype", "queue"), "exclude"),
        (("--profile", "common-authz"), "none of the words"),
        (("--capath", "certificates"), "begins with /"),
        (("--pep-certificate-mode", "maybe"), "implicit"),
        (("--pep-certificate-mode", "explicit"), "needs --certificate"),
        (("--pep-certificate-mode", "none", "--certificate", "/x"), "explicit"),
        (("--key", "/x"), "explicit"),
        (("--certificate", "/x", "--pass", "a", "--passfile", "/dev/null"), "exclude"),
        (("--certificate", "/x", "--passfile", "/no/such/file"), "cannot be read"),
        (("--certificate", "/x", "--passfile", "password"), "begins with /"),
        (("--crl-check", "perhaps"), "if-present"),
        *((("--timeout", value), "0.1 to 300") for value in BAD_LIMITS),
        (URL, "twice"),
        (("--endpoint", "https://" + "x" * 250), "256"),
        *((("--endpoint", url), "https://") for url in ("http://argus:8154/authz", "argus:8154", "ftp://argus/")),
        *((("--endpoint", url), "host") for url in ("https://", "https:///authz", "https://:8154/")),
        *((("--endpoint", url), "character") for url in ("https://a b/", "https://user@argus/", 'https://a"b/')),
        (tuple(word for n in range(8) for word in ("--endpoint", f"https://a{n}/")), "more than 8"),
    ],
)
def test_a_word_that_is_not_understood_keeps_the_module_from_starting(
    pep: ctypes.CDLL, words: tuple[str, ...], why: str
) -> None:
    found = options(pep, *URL, *words)
    assert isinstance(found, str)
    assert why in found


def test_without_an_endpoint_there_is_nothing_to_ask(pep: ctypes.CDLL) -> None:
    assert options(pep) == "there is no --pep-daemon-endpoint-url"


def test_plain_http_only_where_the_site_says_so_twice(pep: ctypes.CDLL) -> None:
    assert options(pep, "--endpoint", "http://argus:8154/authz") == "a URL begins with https://"
    found = options(pep, "--endpoint", "http://argus:8154/authz", "--allow-plain-http")
    assert isinstance(found, OptionFields)
    assert found.https.plain
