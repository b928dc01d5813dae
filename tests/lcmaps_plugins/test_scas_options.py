"""What stands behind lcmaps_scas_client.mod in lcmaps.db: the words that sites wrote, and nothing half understood."""

import pytest

from tests.lcmaps_plugins.scas import options

URL = "https://scas.example.org:8443"
GUMS = "https://gums.example.org:8443/gums/services/GUMSXACMLAuthorizationServicePort"


def test_what_a_site_of_egi_wrote_is_understood(scas):
    """Documented: Quattor's templates for SCAS."""
    words = ["-capath", "/etc/grid-security/certificates", "--endpoints", URL, "-resourcetype", "wn"]
    found = options(scas, *words, "-actiontype", "execute-now")
    assert found.https.capath == b"/etc/grid-security/certificates"
    assert found.endpoints.urls == [URL]
    assert (found.resource, found.action) == (b"wn", b"execute-now")
    assert found.https.certificate == b"", "the pilot's proxy"


def test_what_a_site_of_osg_wrote_is_understood(scas):
    """Documented: GUMS asked with the node's own certificate."""
    words = [
        "-cert",
        "/etc/grid-security/hostcert.pem",
        "-key",
        "/etc/grid-security/hostkey.pem",
        "--cert-owner",
        "root",
    ]
    found = options(scas, *words, "--endpoint", GUMS, "--enable-keepalive")
    assert found.https.certificate == b"/etc/grid-security/hostcert.pem"
    assert (found.https.key, found.owner) == (b"/etc/grid-security/hostkey.pem", b"root")
    assert found.endpoints.urls == [GUMS]


def test_without_options_a_worker_node_asks_to_execute_now(scas):
    found = options(scas, "--endpoint", URL)
    assert (found.resource, found.action, found.only_names) == (b"wn", b"execute-now", False)
    assert (found.https.timeout, found.https.capath) == (30_000, b"/etc/grid-security/certificates")
    assert found.endpoints.again == 1, "documented: one that is in trouble is asked a second time"


def test_endpoints_are_asked_in_the_order_in_which_they_stand(scas):
    found = options(scas, "--endpoint", URL, "--endpoints", f"{URL}/a,{URL}/b", "-endpoint", GUMS)
    assert found.endpoints.urls == [URL, f"{URL}/a", f"{URL}/b", GUMS]


@pytest.mark.parametrize("word", ["round-robin", "round-robin-random-start", "random"])
def test_the_documented_strategies_are_known(scas, word):
    strategies = ["round-robin", "round-robin-random-start", "random"]
    found = options(scas, "--endpoint", URL, "--endpoint-strategy", word)
    assert strategies[found.endpoints.strategy] == word


def test_the_other_words_are_understood(scas):
    words = ["--override-expected-hostname", "scas", "--use-dn-and-fqans", "--disable-keepalive", "--timeout", "5"]
    found = options(scas, "--endpoint", URL, *words, "--crl-check", "yes")
    assert (found.https.hostname, found.only_names, found.https.timeout, found.https.crls) == (b"scas", True, 5_000, 1)


@pytest.mark.parametrize("dashes", ["-", "--"])
@pytest.mark.parametrize("name", ["endpoint", "endpoints"])
def test_one_dash_and_two_mean_the_same(scas, dashes, name):
    assert options(scas, dashes + name, URL).endpoints.urls == [URL]


@pytest.mark.parametrize("resource", ["wn", "ce", "se", "rb"])
@pytest.mark.parametrize("action", ["execute-now", "queue", "access"])
def test_the_documented_types_are_known(scas, resource, action):
    found = options(scas, "--endpoint", URL, "-resourcetype", resource, "-actiontype", action)
    assert (found.resource.decode(), found.action.decode()) == (resource, action)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "no --endpoint is given"),
        (["--endpoint"], "it has no value"),
        (["--endpoint", ""], "https://"),
        (["--endpoint", "http://scas:8443"], "https://"),
        (["--endpoints", f"{URL},"], "https://"),
        (["--endpoints", f"{URL},{URL}"], "twice"),
        (["--endpoints", f"{URL}/{'x' * 300}"], "256"),
        (["--endpoints", ",".join(f"{URL}/{i}" for i in range(9))], "more than 8"),
        (["--endpoint", URL, "--bogus"], "unknown"),
        (["--endpoint", URL, "stray"], "unknown"),
        (["--endpoint", URL, "-capath", "/a", "--capath", "/b"], "twice"),
        (["--endpoint", URL, "-cert", "relative.pem"], "a path begins with /"),
        (["--endpoint", URL, "-key", "/key.pem"], "-key is given without -cert"),
        (["--endpoint", URL, "--cert-owner", "root"], "--cert-owner is given without -cert"),
        (["--endpoint", URL, "-resourcetype", "WN"], "there is no such type"),
        (["--endpoint", URL, "-actiontype", "access-file"], "there is no such type"),
        (["--endpoint", URL, "--endpoint-strategy", "first"], "round-robin"),
        (["--endpoint", URL, "--timeout", "0"], "0.1 to 300"),
        (["--endpoint", URL, "--timeout", "301"], "0.1 to 300"),
        (["--endpoint", URL, "--timeout", "5s"], "0.1 to 300"),
        (["--endpoint", URL, "--crl-check", "maybe"], "if-present"),
    ],
)
def test_what_is_not_understood_keeps_lcmaps_from_starting(scas, words, why):
    said = options(scas, *words)
    assert isinstance(said, str)
    assert why in said
