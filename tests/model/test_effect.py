"""Effects are equal when all that is documented is, and what differs is shown side by side."""

import dataclasses

import pytest

from testbed.model.effect import Cause, Effect, Recorded, ran, refused, unlike

RUN = Recorded("pilot01", ".alpha", "/CN=Alice", "/usr/bin/true")
GOOD = ran(0, ".alpha", RUN)
SEEN = dataclasses.replace(GOOD, observed=True, said="hello\n", seconds=0.1)


def test_what_is_for_the_reader_makes_no_difference():
    assert SEEN == GOOD


@pytest.mark.parametrize(
    "change",
    [
        {"code": 1},
        {"code": None},
        {"cause": Cause("denied", "banned")},
        {"ran": ()},
        {"ran": ("pilot01",)},
        {"ran": (".alpha", ".alpha")},
        {"ran": (".alpha (Uid 50001 50001 0 50001)",)},
        {"recorded": ()},
        {"recorded": (RUN, RUN)},
        {"recorded": (dataclasses.replace(RUN, dn="/CN=Bob"),)},
        {"recorded": (dataclasses.replace(RUN, end=""),)},
    ],
)
def test_each_single_thing_that_is_documented_makes_a_difference(change):
    assert dataclasses.replace(SEEN, **change) != GOOD


def test_causes_count_only_where_both_sides_tell_them():
    silent = Effect(203, tells=False, observed=True)
    assert silent == refused(203, "denied", "banned")
    assert Effect(203, observed=True) != refused(203, "denied", "banned")
    assert Effect(202, tells=False, observed=True) != refused(203, "denied", "banned")


def test_a_difference_is_shown_with_both_sides_and_the_last_words():
    lines = unlike(dataclasses.replace(SEEN, ran=("pilot01",), code=3), GOOD)
    assert lines == [
        "the effect is not the documented one",
        "  code, documented: 0",
        "  code, observed:   3",
        "  cause is as documented: none",
        "  ran, documented: .alpha",
        "  ran, observed:   pilot01",
        f"  recorded is as documented: {RUN}",
        "  it said: hello",
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_table_only_what_differs_is_shown(turned):
    seen = {"a": SEEN, "b": dataclasses.replace(SEEN, code=3)}
    sides = (seen, {"a": GOOD, "b": GOOD})
    lines = unlike(*(reversed(sides) if turned else sides))
    assert lines[:3] == ["b: the effect is not the documented one", "  code, documented: 0", "  code, observed:   3"]


def test_a_call_that_only_one_table_has_is_said():
    assert unlike({"a": SEEN}, {}) == [f"a: one side has no such call: {SEEN} | None"]
