"""Reads [answers] of site.toml: the four answers, the conditions of "depends", the site's reasons."""

from collections.abc import Sequence
from dataclasses import replace

from testbed.model.answers import QUESTIONS, Answers, MultiUser, OnInternalError, Stance
from testbed.model.condition import CAUSES, Condition, Window
from testbed.model.problem import Problem, nearest
from testbed.model.reasons import CLASS_OF
from testbed.site.reader import Table

PILOTS_OWN = "pilot"
"""The word for the pilot's owner where owners are named."""
KEYS = (*QUESTIONS, "because", "multi_user_pilots_if", "on_internal_error_if")
_OF_PILOTS = ("vos", "pilots_at_most", "windows", "because")
_OF_PAYLOADS = (
    "causes",
    "owners",
    "roles",
    "vos",
    "well_within",
    "pilots_at_most",
    "runs_at_most",
    "windows",
    "because",
)
_WINDOW = ("from", "until")
_MOST = 100_000
_MOST_CONDITIONS = 100
_WHY_NOT = {
    "denied": "a user who is refused is not run, whatever question 4 says",
    "caller": "that is the pilot's own mistake, which the pilot has to mend",
    "untraceable": "what nobody could record fulfils no condition",
    "account-missing": "an account that the node does not have is nobody's to run as, whatever question 4 says",
}


def of(table: Table, vos: Sequence[str]) -> Answers:
    """The answers of a site that serves these VOs; what is impossible is a `Problem` with file and line."""
    pilots = table.choice("multi_user_pilots", MultiUser)
    setuid, log_only = table.choice("setuid", Stance), table.choice("log_only", Stance)
    error = table.choice("on_internal_error", OnInternalError)
    because = table.table("because", tuple(QUESTIONS)) if "because" in table else None
    return Answers(
        pilots,
        setuid,
        log_only,
        error,
        _conditions(table, "multi_user_pilots", pilots, _OF_PILOTS, vos),
        _conditions(table, "on_internal_error", error, _OF_PAYLOADS, vos),
        {name: because.word(name) for name in QUESTIONS if name in because} if because else {},
    )


def _conditions(
    table: Table, question: str, answer: str, keys: Sequence[str], vos: Sequence[str]
) -> tuple[Condition, ...]:
    key = f"{question}_if"
    if key not in table:
        return ()
    if answer != "depends":
        raise table.problem(
            key,
            "is never looked at",
            found=f'{question} = "{answer}"',
            expected=f'{question} = "depends"',
            remedy=f'write {question} = "depends", or leave the conditions out',
        )
    conditions: dict[Condition, Condition] = {}
    for each in table.tables(key, keys):
        if len(conditions) == _MOST_CONDITIONS:
            raise Problem(f"{key} are too many", where=each.where(), expected=f"at most {_MOST_CONDITIONS}")
        condition = _condition(each, keys, vos)
        if replace(condition, because="") in conditions:
            raise Problem(f"{key} has the same condition twice", where=each.where(), remedy="leave one out")
        conditions[replace(condition, because="")] = condition
    return tuple(conditions.values())


def _condition(table: Table, keys: Sequence[str], vos: Sequence[str]) -> Condition:
    owners = _owners(table)
    condition = Condition(
        causes=_causes(table),
        owners=tuple(owner for owner in owners if owner != PILOTS_OWN),
        own_payload=PILOTS_OWN in owners,
        roles=_roles(table),
        vos=_one_of(table, "vos", vos, "the site serves "),
        well_within=table.number("well_within", 1, _MOST) if "well_within" in table else None,
        pilots_at_most=table.number("pilots_at_most", 1, _MOST) if "pilots_at_most" in table else None,
        runs_at_most=table.number("runs_at_most", 1, _MOST) if "runs_at_most" in table else None,
        windows=_windows(table),
        because=table.word("because", ""),
    )
    if not condition.states:
        raise Problem(
            "a condition that states nothing would always hold",
            where=table.where(),
            expected="at least one of " + ", ".join(key for key in keys if key != "because"),
            remedy='say on what it depends, or answer "yes"',
        )
    if condition.owners and condition.own_payload:
        raise table.problem(
            "owners",
            "names people and the pilot's owner, and a condition holds only as a whole",
            remedy=f'write a second condition with owners = ["{PILOTS_OWN}"]',
        )
    return condition


def _causes(table: Table) -> tuple[str, ...]:
    causes = table.texts("causes") if "causes" in table else ()
    for index, cause in enumerate(causes):
        why_not = _WHY_NOT.get(cause) or _WHY_NOT.get(CLASS_OF.get(cause, cause))
        if cause not in CAUSES and why_not:
            raise table.item("causes", index, "cannot be a condition", found=cause, cause=why_not)
    return _one_of(table, "causes", CAUSES, "a class or a reason: ")


def _owners(table: Table) -> tuple[str, ...]:
    owners = table.texts("owners") if "owners" in table else ()
    for index, owner in enumerate(owners):
        if owner != PILOTS_OWN and not (owner.startswith("/") and owner.isprintable()):
            expected = f'a DN, which begins with a slash, or "{PILOTS_OWN}" for the pilot\'s owner'
            raise table.item("owners", index, "is nobody's name", found=repr(owner), expected=expected)
    return owners


def _roles(table: Table) -> tuple[str, ...]:
    roles = table.texts("roles") if "roles" in table else ()
    for index, role in enumerate(roles):
        if "/" in role or "=" in role:
            bare = role.partition("Role=")[2].partition("/")[0]
            remedy = f'write "{bare}"' if bare else ""
            expected = "the bare word: production"
            raise table.item("roles", index, "is no role", found=repr(role), expected=expected, remedy=remedy)
    return roles


def _one_of(table: Table, key: str, words: Sequence[str], who: str) -> tuple[str, ...]:
    values = table.texts(key) if key in table else ()
    for index, value in enumerate(values):
        if value not in words:
            near = nearest(value, words)
            raise table.item(
                key,
                index,
                "means nothing",
                found=repr(value),
                expected=who + ", ".join(words),
                remedy=f'write "{near}"' if near else "leave it out",
            )
    return values


def _windows(table: Table) -> tuple[Window, ...]:
    windows = []
    for each in table.tables("windows", _WINDOW) if "windows" in table else ():
        window = Window(each.moment("from"), each.moment("until"))
        if window.end <= window.start:
            raise each.problem(
                "until", "is not after from", found=str(window), remedy="change the two, or leave it out"
            )
        windows.append(window)
    return tuple(windows)
