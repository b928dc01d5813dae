"""Rows as runs leave them: the oracle's expectations of real cells, observed as documented unless said otherwise."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from testbed.model.answers import Answers, MultiUser, OnInternalError, Stance
from testbed.model.attack import Attack
from testbed.model.cell import cells
from testbed.model.oracle import expected
from testbed.model.row import Row, Verdict
from testbed.report.conditions import Conditions

MODES = "none log-only setuid vm"
THEFTS = (
    Attack.BOBS_PROXY,
    Attack.BOBS_FILE,
    Attack.BOBS_ENVIRONMENT,
    Attack.BOBS_PROCESS,
    Attack.PILOTS_PROXY,
    Attack.PILOTS_ENVIRONMENT,
    Attack.PILOTS_PROCESS,
)


@pytest.fixture
def conditions() -> Conditions:
    """Those of a run on a site with the shipped answers."""
    return Conditions(
        started=datetime(2021, 3, 4, 17, 0, 5, tzinfo=UTC),
        site="setuid-gridmap",
        answers=Answers(MultiUser.YES, Stance.REQUIRE, Stance.NO, OnInternalError.DEPENDS),
        engine="Docker 20.10.24",
        kernel="6.1.0-18-amd64",
        settings={"kernel.yama.ptrace_scope": "0", "fs.protected_hardlinks": "1"},
        versions={"testbed": "0.1.0", "lcmaps": "1.6.6"},
    )


@pytest.fixture
def rows() -> list[Row]:
    """A whole run in which everything behaves as documented."""
    return list(_run())


def _run() -> Iterator[Row]:
    yield from _scenario("scenarios/separation/test_identity.py", "the payload runs as who the oracle says", mode=MODES)
    yield from _scenario(
        "scenarios/separation/test_theft.py",
        "a payload reaches what is not its own",
        mode=MODES,
        attack=" ".join(THEFTS),
    )
    yield from _scenario("scenarios/policy/test_mapping.py", "who is not mapped is not run", mode=MODES, user="dave")
    yield from _scenario(
        "scenarios/failure/test_config.py",
        "a missing glexec.conf never means yes unless the site says so",
        mode=MODES,
        fault="no-config",
        on_internal_error="no depends yes",
    )
    for code in (201, 202, 203, 204, 126):
        yield Row(
            scenario="scenarios/contract/test_codes.py::test_every_documented_exit_code_is_seen",
            title="every documented exit code is seen",
            cell=f"exit-{code}",
            mode="",
            verdict=Verdict.CONFORMS,
            expected=f"code {code}",
            observed=f"code {code}",
            evidence=f"evidence/exit-{code}",
        )


def _scenario(file: str, title: str, **axes: str) -> Iterator[Row]:
    name = "test_" + title.replace(" ", "_").replace(".", "_")
    for cell in cells(**axes):
        expectation = expected(cell, None if cell.user == "dave" else "alpha")
        outcome = expectation.outcome
        yield Row(
            scenario=f"{file}::{name}",
            title=title,
            cell=cell.id,
            mode=cell.mode,
            verdict=Verdict.CONFORMS if outcome else Verdict.NOT_APPLICABLE,
            expected=str(outcome or ""),
            observed=str(outcome or ""),
            protects=outcome.protects if outcome else None,
            reason=expectation.meaningless,
            rule=f"{expectation.rule.name} ({expectation.rule.source})",
            seconds=0.25,
            evidence=f"evidence/{name}/{cell.id}" if outcome else "",
        )
