"""[answers] of site.toml: the short form, conditions and reasons; an impossible answer is named with its line."""

import dataclasses
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance, parse
from testbed.model.condition import Condition, Window
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.site import check, load_site, toml
from testbed.site.answers import KEYS as READ
from testbed.site.answers import of
from testbed.site.choice import Choice
from testbed.site.reader import Table

ANSWER = 'on_internal_error = "no"        # glexec is broken: may the pilot run the payload?   no, depends, yes\n'
DEPENDS = 'on_internal_error = "depends"\n'
WHOLE = """
[answers.because]
setuid = "users share our nodes"

[[answers.on_internal_error_if]]
causes = ["service-unreachable", "service-silent"]
roles = ["production"]
vos = ["alpha"]
well_within = 30
pilots_at_most = 8
runs_at_most = 3
because = "the production team answers for its jobs"

[[answers.on_internal_error_if]]
owners = ["pilot"]
windows = [
    { from = 2026-11-26T02:00:00+01:00, until = 2026-11-26T04:00:00+01:00 },
]
"""
EAST = timezone(timedelta(hours=1))


def with_conditions(draft: Any, text: str, answer: str = DEPENDS) -> Any:
    site = draft()
    site.swap(ANSWER, answer + text)
    return site


def test_the_short_form_stays_valid(draft) -> None:
    assert load_site(draft().folder).answers == Answers(MultiUser.YES, Stance.REQUIRE, Stance.NO, OnInternalError.NO)


def test_conditions_and_reasons_are_read(draft) -> None:
    answers = load_site(with_conditions(draft, WHOLE).folder).answers
    assert answers == Answers(
        MultiUser.YES,
        Stance.REQUIRE,
        Stance.NO,
        OnInternalError.DEPENDS,
        on_internal_error_if=(
            Condition(
                causes=("service-unreachable", "service-silent"),
                roles=("production",),
                vos=("alpha",),
                well_within=30,
                pilots_at_most=8,
                runs_at_most=3,
                because="the production team answers for its jobs",
            ),
            Condition(
                own_payload=True,
                windows=(
                    Window(
                        datetime(2026, 11, 26, 2, tzinfo=EAST),
                        datetime(2026, 11, 26, 4, tzinfo=EAST),
                    ),
                ),
            ),
        ),
        because={"setuid": "users share our nodes"},
    )


def test_answers_survive_their_way_as_json(draft) -> None:
    answers = load_site(with_conditions(draft, WHOLE).folder).answers
    text = json.dumps(dataclasses.asdict(answers), default=datetime.isoformat)
    assert parse(json.loads(text)) == answers


def test_answers_of_a_run_before_there_were_conditions_are_read() -> None:
    old = {"multi_user_pilots": "yes", "setuid": "require", "log_only": "no", "on_internal_error": "no"}
    assert parse(old) == Answers(MultiUser.YES, Stance.REQUIRE, Stance.NO, OnInternalError.NO)


@pytest.mark.parametrize("damage", ["x", 5, [5], ["x"], [{}], [{"windows": [5]}], [{"windows": [], "what": 1}]])
def test_answers_that_were_damaged_are_no_answers(damage: object) -> None:
    old = {"multi_user_pilots": "yes", "setuid": "require", "log_only": "no", "on_internal_error": "depends"}
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse({**old, "on_internal_error_if": damage})


def test_the_example_of_the_documentation_is_read(draft) -> None:
    page = (Path(__file__).parents[2] / "docs" / "site.md").read_text()
    (block,) = (block for block in page.split("```toml\n")[1:] if block.startswith("[answers]"))
    site = draft()
    text = (site.folder / "site.toml").read_text()
    head, rest = text.split("[answers]\n")[0], text.partition("[switch]")[2]
    (site.folder / "site.toml").write_text(head + block.partition("```")[0] + "\n[switch]" + rest)
    assert len(load_site(site.folder).answers.on_internal_error_if) == 2


def condition(text: str) -> str:
    return f"[[answers.on_internal_error_if]]\n{text}\n"


IMPOSSIBLE = {
    "a denial": (condition('causes = ["banned"]'), "causes[1] cannot be a condition", "whatever question 4 says"),
    "a class of denials": (condition('causes = ["site", "denied"]'), "causes[2] cannot", "whatever question 4 says"),
    "a mistake of the pilot": (condition('causes = ["credential-expired"]'), "cannot be a condition", "mend"),
    "an account of nobody": (condition('causes = ["account-missing"]'), "cannot be a condition", "nobody's to run as"),
    "a run without a record": (condition('causes = ["no-record"]'), "cannot be a condition", "nobody could record"),
    "a misspelt cause": (condition('causes = ["service-silnt"]'), "causes[1] means nothing", 'write "service-silent"'),
    "a VO of elsewhere": (condition('vos = ["gamma"]'), "vos[1] means nothing", "alpha, beta"),
    "nothing at all": (condition(""), "states nothing would always hold", 'answer "yes"'),
    "a reason alone": (condition('because = "so"'), "states nothing would always hold", 'answer "yes"'),
    "an empty list": (condition("roles = []"), "roles is empty", "leave roles out"),
    "an empty word": (condition('roles = [""]'), "roles[1] is empty", "leave it out"),
    "a word twice": (condition('roles = ["a", "a"]'), "roles[2] is given twice", "leave one out"),
    "a whole attribute": (condition('roles = ["/alpha/Role=production"]'), "is no role", 'write "production"'),
    "a name that is none": (condition('owners = ["Alice"]'), "owners[1] is nobody's name", "begins with a slash"),
    "a name of two lines": (condition('owners = ["/CN=a\\nb"]'), "owners[1] is nobody's name", "'/CN=a\\nb'"),
    "people and the pilot's owner": (condition('owners = ["pilot", "/CN=x"]'), "holds only as a whole", "second"),
    "no runs": (condition("runs_at_most = 0"), "runs_at_most is out of range", "1 to"),
    "minutes that are words": (condition('well_within = "30"'), "wrong type", "well_within = 30"),
    "a number too large": (condition("well_within = 99999999999999999999"), "out of range", "1 to"),
    "a number far too large": (condition("well_within = 0x" + "f" * 50_000), "out of range", "thousands of digits"),
    "a number that nobody reads": (condition("well_within = " + "9" * 5000), "a number that is too large", "5000"),
    "a window of no day": (
        condition("windows = [{ from = 2026-02-30T00:00:00Z, until = 2026-03-02T00:00:00Z }]"),
        "this is not TOML: invalid date",
        "2026-02-30",
    ),
    "a window of no hour": (
        condition("windows = [{ from = 2026-02-03T25:00:00Z, until = 2026-03-02T00:00:00Z }]"),
        "this is not TOML",
        "25:00:00",
    ),
    "a time of no zone": (
        condition("windows = [{ from = 2026-01-01T00:00:00, until = 2026-01-02T00:00:00Z }]"),
        "from could be any time zone's",
        "distance from UTC",
    ),
    "a date only": (condition("windows = [{ from = 2026-01-01, until = 2026-01-02 }]"), "wrong type", "a time"),
    "a window backwards": (
        condition("windows = [{ from = 2026-01-02T00:00:00Z, until = 2026-01-01T00:00:00Z }]"),
        "until is not after from",
        "change the two",
    ),
    "a key that is none": (condition('cause = ["site"]'), "unknown key 'cause'", "did you mean 'causes'?"),
    "the same condition twice": (
        condition("runs_at_most = 1") * 2,
        "on_internal_error_if has the same condition twice",
        "leave one out",
    ),
    "a table that is no list": ("[answers.on_internal_error_if]\nruns_at_most = 1\n", "wrong type", "a list"),
    "a reason for no answer": ('[answers.because]\nsetuidd = "x"\n', "unknown key 'setuidd'", "did you mean 'setuid'?"),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_an_impossible_answer_is_named_with_its_line(draft, case: str) -> None:
    text, what, rest = IMPOSSIBLE[case]
    site = with_conditions(draft, text)
    with pytest.raises(Problem) as caught:
        load_site(site.folder)
    problem = caught.value
    assert what in problem.what
    assert rest in str(problem)
    first = site.line("[answers.") if "[answers." in text else 0
    line = int(re.split("[:,]", problem.where.partition("site.toml:")[2])[0])
    assert first <= line < first + 3


@pytest.mark.parametrize("answer", ["no", "yes"])
def test_conditions_that_nobody_looks_at_are_a_mistake(draft, answer: str) -> None:
    site = with_conditions(draft, condition("runs_at_most = 1"), f'on_internal_error = "{answer}"\n')
    with pytest.raises(Problem, match="on_internal_error_if is never looked at") as caught:
        load_site(site.folder)
    assert caught.value.remedy.startswith('write on_internal_error = "depends"')
    assert f":{site.line('[[answers.')}," in caught.value.where


def test_question_1_can_depend_on_the_vo_and_not_on_causes(draft) -> None:
    site = draft()
    site.swap('multi_user_pilots = "yes"', 'multi_user_pilots = "depends"')
    site.swap(ANSWER, ANSWER + '[[answers.multi_user_pilots_if]]\nvos = ["alpha"]\npilots_at_most = 4\n')
    answers = load_site(site.folder).answers
    assert answers.multi_user_pilots_if == (Condition(vos=("alpha",), pilots_at_most=4),)
    site.swap('vos = ["alpha"]', 'causes = ["site"]')
    with pytest.raises(Problem, match="unknown key 'causes'"):
        load_site(site.folder)


def test_pilots_that_depend_on_nothing_are_not_allowed(draft) -> None:
    site = draft()
    site.swap('multi_user_pilots = "yes"', 'multi_user_pilots = "depends"')
    found, why = Choice.of_folder(site.folder).site_for(Mode.SETUID)
    assert found is None
    assert "question 1" in why
    site.swap(ANSWER, ANSWER + '[[answers.multi_user_pilots_if]]\nvos = ["alpha"]\n')
    found, _ = Choice.of_folder(site.folder).site_for(Mode.SETUID)
    assert found


def test_a_condition_that_an_attacker_could_bring_about_is_a_warning(draft) -> None:
    site = with_conditions(draft, condition('causes = ["service-untrusted"]\nruns_at_most = 1'))
    (finding,) = check(load_site(site.folder))
    assert "service-untrusted" in finding.message
    assert finding.line == site.line("on_internal_error =")


KEYS = ("causes", "owners", "roles", "vos", "well_within", "pilots_at_most", "runs_at_most", "windows", "because", "x")
LITERALS = st.one_of(
    st.sampled_from(
        [
            "true",
            "1.5",
            "inf",
            "07:32:00",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00Z",
            "[]",
            "{}",
            "[[]]",
            '["alpha"]',
            '["untold", "site"]',
            '["pilot"]',
            "[{ from = 2026-01-01T00:00:00Z, until = 2026-01-02T00:00:00+23:59 }]",
            "[{ from = 0001-01-01T00:00:00+23:59, until = 9999-12-31T23:59:59-23:59 }]",
            "[{ from = 2026-01-01T00:00:00Z }]",
            "[1, 'a']",
        ]
    ),
    st.integers().map(str),
    st.text(max_size=20).map(lambda text: json.dumps(text).replace("\\u007f", "x")),
    st.lists(st.text(max_size=5), max_size=3).map(json.dumps),
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), LITERALS, max_size=4))
def test_whatever_a_condition_is_it_is_read_or_is_a_problem_with_its_place(keys: dict[str, str]) -> None:
    text = '[answers]\nmulti_user_pilots = "yes"\nsetuid = "allow"\nlog_only = "no"\non_internal_error = "depends"\n'
    text += "[[answers.on_internal_error_if]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    problem, answers = None, None
    try:
        document = toml.parse(text.encode("utf-8", "surrogatepass"), "site.toml")
        answers = of(Table(document, ("answers",), READ), ("alpha",))
    except Problem as raised:
        problem = raised
    if answers is None:
        assert problem
        assert problem.where.startswith("site.toml:")
        return
    (condition,) = answers.on_internal_error_if
    assert condition.states
    json_data = json.loads(json.dumps(dataclasses.asdict(answers), default=datetime.isoformat))
    assert parse(json_data) == answers
