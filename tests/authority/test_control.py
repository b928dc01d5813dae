"""The control port: its token, bans, policies, lifetimes, the log; and what pepdctl finds."""

import http.client
from collections.abc import Iterator

import pytest

from testbed.authority.sabotage import PAGE
from tests.authority.live import POLICY, Live, Refused, folder, running

ALICE = "/DC=org/DC=testbed/O=People/CN=Alice Archer"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with running(folder(tmp_path_factory.mktemp("authority"))) as live:
        yield live


@pytest.fixture
def live(service: Live) -> Live:
    service.control("POST", "/reset")
    return service


def decision(live: Live) -> str:
    live.ask()
    return str(live.log("decision")[-1]["decision"])


@pytest.mark.parametrize("token", ["", "u" * 32, "t" * 31, "t" * 33, "\xe9"])
def test_who_lacks_the_token_gets_nothing(live: Live, token: str) -> None:
    for method, path in (("GET", "/log"), ("PUT", "/fault"), ("GET", "/ready"), ("GET", "/nothing")):
        status, text = live.control_raw(method, path, {"fault": "deny"}, token)
        assert status == 401
        assert "wants its token" in text
    assert live.control("GET", "/fault")["fault"] == "none"


def test_it_is_ready(live: Live) -> None:
    assert live.control("GET", "/ready") == {"ready": True}


def test_a_fault_is_told_set_and_taken_back(live: Live) -> None:
    assert live.control("PUT", "/fault", {"fault": "dribble", "seconds": 2})["seconds"] == 2
    assert live.control("GET", "/fault")["fault"] == "dribble"
    assert live.control("DELETE", "/fault")["fault"] == "none"
    assert [(line["event"], line["fault"]) for line in live.log()] == [("set", "dribble"), ("cleared", "none")]


def test_the_control_port_stays_well_whatever_is_broken(live: Live) -> None:
    for fault in ("refused", "hang-before-accept", "queue-full", "tls-expired", "html"):
        live.put(fault)
        assert live.control("GET", "/fault")["fault"] == fault
    live.control("DELETE", "/fault")


def test_a_ban_bites_once_the_caches_are_told_and_no_earlier(live: Live) -> None:
    assert decision(live) == "Permit"
    live.control("POST", "/ban", {"kind": "subject", "value": ALICE})
    assert decision(live) == "Permit"
    live.control("POST", "/refresh-cache")
    live.control("POST", "/reload-policy")
    assert decision(live) == "Permit"
    assert live.log("decision")[-1]["cached"] is True
    live.control("POST", "/clear-response-cache")
    assert decision(live) == "Deny"
    live.control("POST", "/unban", {"kind": "subject", "value": ALICE})
    live.control("POST", "/reload-policy")
    live.control("POST", "/clear-response-cache")
    assert decision(live) == "Permit"
    assert [line["event"] for line in live.log("control")][:2] == ["ban", "refresh-cache"]


def test_lifetimes_of_zero_make_a_ban_bite_at_once(live: Live) -> None:
    zero = {"pap_poll": 0, "pdp_retention": 0, "pepd": 0}
    assert live.control("PUT", "/lifetimes", zero) == zero
    assert decision(live) == "Permit"
    live.control("POST", "/ban", {"kind": "subject", "value": ALICE})
    assert decision(live) == "Deny"


def test_another_policy_counts_until_the_reset(live: Live) -> None:
    live.control("POST", "/policy", {"text": POLICY.replace("permit", "deny")})
    live.control("POST", "/reload-policy")
    assert decision(live) == "Deny"
    live.control("POST", "/reset")
    assert decision(live) == "Permit"


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/ban", {"kind": "subjct", "value": ALICE}, "nobody can be banned by this"),
        ("/ban", {"kind": "subject"}, "a part of the request is missing"),
        ("/ban", {"kind": "subject", "value": ALICE, "where": "here"}, "no such part of a request"),
        ("/unban", {"kind": "subject", "value": "/CN=Nobody"}, "ban"),
        ("/policy", {"text": "resource {"}, "policy"),
    ],
)
def test_what_cannot_be_done_is_said(live: Live, path: str, body: object, what: str) -> None:
    with pytest.raises(Refused, match=what) as refused:
        live.control("POST", path, body)
    assert refused.value.status == 409
    assert decision(live) == "Permit"


def test_what_is_no_json_object_is_said(live: Live) -> None:
    with pytest.raises(Refused, match="no JSON object"):
        live.control("PUT", "/fault", ["deny"])
    with pytest.raises(Refused, match="no lifetime"):
        live.control("PUT", "/lifetimes", {"pepd": "long"})
    assert live.control_raw("GET", "/log?since=x")[0] == 400


def test_the_log_is_read_from_where_one_was(live: Live) -> None:
    for _ in range(3):
        live.ask()
    numbers = [line["seq"] for line in live.log()]
    assert len(numbers) == 3
    status, text = live.control_raw("GET", f"/log?since={numbers[1]}")
    assert (status, text.count("\n")) == (200, 1)
    assert f'"seq": {numbers[2]}' in text


def test_pepdctl_finds_status_and_clears_the_cache(live: Live) -> None:
    assert decision(live) == "Permit"
    assert decision(live) == "Permit"
    admin = http.client.HTTPConnection("127.0.0.1", live.ports["admin"], timeout=5)
    admin.request("GET", "/status")
    page = dict(line.split(": ", 1) for line in admin.getresponse().read().decode().splitlines())
    assert (page["service"], page["status"]) == ("Argus PEP Server", "ok")
    assert int(page["total_requests"]) >= 2
    admin.request("GET", "/clearResponseCache")
    response = admin.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert decision(live) == "Permit"
    assert [line["cached"] for line in live.log("decision")] == [False, True, False]
    admin.close()


def test_the_status_page_is_at_the_service_port_too_and_no_fault_of_answers_touches_it(live: Live) -> None:
    live.put("html")
    connection = http.client.HTTPSConnection("localhost", live.ports["argus"], context=live.context(), timeout=5)
    connection.request("GET", "/status")
    assert b"status: ok" in connection.getresponse().read()
    connection.close()
    assert live.ask().body == PAGE
