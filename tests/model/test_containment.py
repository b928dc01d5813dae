"""Known ways of containers: each differs from the usual one, and none by a slip of the pen."""

import pytest

from testbed.model.containment import USUAL, VARIANTS, checked
from testbed.model.problem import Problem


def test_every_variant_changes_something_and_cites_its_source() -> None:
    for name, variant in VARIANTS.items():
        assert name == variant.name
        assert variant.options
        assert all(USUAL[option] != value for option, value in variant.options.items())
        assert variant.says
        assert variant.source
        assert checked(variant.options) == variant.options


def test_every_option_has_a_variant() -> None:
    assert {option for variant in VARIANTS.values() for option in variant.options} == set(USUAL)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "make no sense"),
        ({"pids": "own"}, "no such option"),
        ({"pid": "mine"}, "means nothing: pid"),
        ({"pid": True}, "means nothing: pid"),
        ({"new_session": "own"}, "means nothing: new_session"),
        ({"new_session": 1}, "means nothing: new_session"),
    ],
)
def test_options_that_no_launcher_understands_are_refused(options: object, says: str) -> None:
    with pytest.raises(Problem, match=says):
        checked(options)
