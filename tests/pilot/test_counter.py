"""The queue as people see it: a list, one payload with its history, nothing that commands their terminal."""

import json

from testbed.model.mode import Mode
from testbed.pilot import counter
from testbed.pilot.needs import Needs
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State
from tests.pilot.conftest import Side


def test_the_list_has_a_line_for_each_payload(side: Side) -> None:
    side.vo.submit(Payload("alice", ("/bin/true", "x" * 100), priority=5, attempts=3))
    bobs = side.vo.submit(Payload("bob", ("/bin/true",)))
    side.vo.stop(bobs)
    head, first, second = counter.listed(side.vo, waiting=False, as_json=False)
    assert head.split()[:4] == ["payload", "state", "owner", "prio"]
    assert first.split()[:6] == ["payload-1", "queued", "alice", "5", "3", "-"]
    assert second.split()[:3] == [bobs, "cancelled", "bob"]
    assert len(first) < 160
    assert len(list(counter.listed(side.vo, waiting=True, as_json=False))) == 2
    (told,) = counter.listed(side.vo, waiting=True, as_json=True)
    assert [line["id"] for line in json.loads(told)] == ["payload-1"]


def test_a_payload_is_shown_with_what_happened_to_it_and_what_it_said(side: Side) -> None:
    said = r"printf 'one\n\033[2Jtwo\n'; exit 3"
    needs = Needs(memory=10, mode="none")
    ident = side.vo.submit(Payload("alice-production", ("/bin/sh", "-c", said), priority=2, attempts=3, needs=needs))
    pilot = side.vo.start_pilot(Order(Mode.NONE))
    side.vo.wait(ident, limit=20)
    text = "\n".join(counter.shown(side.vo, ident, as_json=False))
    assert f"{ident} of alice-production (alpha): ended" in text
    assert "memory 10, mode none, priority 2, at most 3 attempts" in text
    assert "code:     3" in text
    assert "means:    your payload ran; how it ended is its own: nobody has to act but for its result" in text
    assert "    one\n    \\x1b[2Jtwo" in text
    for state in ("queued    /DC=org", f"taken     {pilot}: it offered none", f"ended     {pilot}: the payload ran"):
        assert state in text
    assert "    took " in text.partition("the pilot's account:\n")[2]
    assert "\x1b" not in text
    (told,) = counter.shown(side.vo, ident, as_json=True)
    assert [change["state"] for change in json.loads(told)["history"]][:2] == ["queued", "taken"]


def test_a_pilots_words_in_the_history_neither_command_the_terminal_nor_look_like_another_line(side: Side) -> None:
    ident = side.vo.submit(Payload("alice", ("/bin/true",)))
    offer = {"mode": "none", "seconds": 300}
    side.vo._post("/next", {"pilot": "a-pilot", "request": "1", "offer": offer})
    why = "\x1b[2J\n  2026-01-01 00:00:00  ended     a-pilot: the payload ran"
    side.vo._post("/reports", Report(ident, State.RETURNED, "a-pilot", why=why).json())
    lines = list(counter.shown(side.vo, ident, as_json=False))
    assert not [line for line in lines if "\x1b" in line or "\n" in line]
    assert [line for line in lines if "a-pilot: \\x1b[2J\\x0a  2026-01-01" in line]
