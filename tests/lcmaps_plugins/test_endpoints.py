"""Which service is asked, in which order, and when the asking ends."""

import ctypes
from collections.abc import Sequence

import pytest

from tests.lcmaps_plugins.pep import RULINGS, EndpointsFields, FindingFields

NAMES = ["https://a/", "https://b/", "https://c/"]
TROUBLE = ["service-unreachable", "service-silent", "service-untrusted", "service-broken", "service-undecided"]
FINAL = ["no-rule", "denied", "account-missing", "account-refused", "permit"]

ASK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(FindingFields))
TELL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(FindingFields))


def listed(
    pep: ctypes.CDLL, strategy: str = "round-robin", again: int = 0, names: Sequence[str] = NAMES
) -> EndpointsFields:
    """Endpoints to ask."""
    endpoints = EndpointsFields(again=again)
    pep.endpoints_add.restype = pep.endpoints_strategy.restype = ctypes.c_char_p
    assert pep.endpoints_strategy(ctypes.byref(endpoints), strategy.encode()) is None
    for name in names:
        assert pep.endpoints_add(ctypes.byref(endpoints), name.encode()) is None
    return endpoints


def ask(pep: ctypes.CDLL, endpoints: EndpointsFields, *words: str) -> tuple[str, list[str], int]:
    """What is found when the calls end so, one after the other; who was asked; and how many troubles were told of."""
    asked: list[str] = []
    told: list[str] = []

    def answer(_context: object, url: bytes, finding: "ctypes._Pointer[FindingFields]") -> None:
        finding.contents.ruling = RULINGS.index(words[len(asked)])
        finding.contents.why = b"because"
        asked.append(url.decode())

    def tell(_context: object, finding: "ctypes._Pointer[FindingFields]") -> None:
        told.append(finding.contents.why.decode())

    finding = FindingFields()
    pep.endpoints_ask(ctypes.byref(endpoints), ASK(answer), TELL(tell), None, ctypes.byref(finding))
    assert not asked or finding.why.decode().endswith("/: because")
    return finding.word, asked, len(told)


@pytest.mark.parametrize("word", FINAL)
def test_a_decision_ends_the_search(pep: ctypes.CDLL, word: str) -> None:
    """A Deny above all: nobody else is asked until somebody says yes."""
    assert ask(pep, listed(pep), word) == (word, NAMES[:1], 0)
    assert ask(pep, listed(pep), "service-silent", word) == (word, NAMES[:2], 1)


@pytest.mark.parametrize("word", TROUBLE)
def test_trouble_goes_on_to_the_next(pep: ctypes.CDLL, word: str) -> None:
    assert ask(pep, listed(pep), word, "permit") == ("permit", NAMES[:2], 1)
    assert ask(pep, listed(pep), word, word, word) == (word, NAMES, 2)


def test_of_several_troubles_the_one_that_got_furthest_is_told(pep: ctypes.CDLL) -> None:
    assert ask(pep, listed(pep), *TROUBLE[2:])[0] == "service-undecided"
    assert ask(pep, listed(pep), *reversed(TROUBLE[2:]))[0] == "service-undecided"
    assert ask(pep, listed(pep), "service-unreachable", "service-silent", "service-unreachable")[0] == "service-silent"


def test_one_in_trouble_is_asked_again_first(pep: ctypes.CDLL) -> None:
    a, b, _ = NAMES
    endpoints = listed(pep, again=1)
    assert ask(pep, endpoints, "service-broken", "permit") == ("permit", [a, a], 1)
    assert ask(pep, endpoints, *["service-broken"] * 2, "service-silent", "denied") == ("denied", [a, a, b, b], 3)


def test_a_random_start_keeps_the_order(pep: ctypes.CDLL) -> None:
    endpoints = listed(pep, "round-robin-random-start")
    orders = {"".join(ask(pep, endpoints, *["service-silent"] * 3)[1]) for _ in range(200)}
    rings = {"".join(NAMES[start:] + NAMES[:start]) for start in range(3)}
    assert orders == rings


def test_a_random_order_asks_each_once(pep: ctypes.CDLL) -> None:
    endpoints = listed(pep, "random")
    orders = [ask(pep, endpoints, *["service-silent"] * 3)[1] for _ in range(300)]
    assert all(sorted(order) == NAMES for order in orders)
    assert len({tuple(order) for order in orders}) == 6


def test_with_nobody_to_ask_there_is_no_permit(pep: ctypes.CDLL) -> None:
    assert ask(pep, listed(pep, names=[])) == ("service-unreachable", [], 0)


NO = ["no-rule", "denied", "credential-refused", "account-refused"]


@pytest.mark.parametrize("word", RULINGS)
def test_a_definite_no_of_one_service_outweighs_trouble_with_another(pep: ctypes.CDLL, word: str) -> None:
    """A policy may ask a second module where the first one failed; what is told of both is the no."""
    pep.ruling_is_told.restype = ctypes.c_bool
    told = {earlier: pep.ruling_is_told(RULINGS.index(word), earlier.encode()) for earlier in RULINGS}
    assert told == {earlier: word in NO or earlier not in NO for earlier in RULINGS}
    assert pep.ruling_is_told(RULINGS.index(word), None)
