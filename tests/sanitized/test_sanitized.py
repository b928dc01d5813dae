"""The contract suite on a build with address and undefined-behaviour sanitizers, and that they would be heard."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from testbed.lab.engine import Engine
from testbed.lab.images import ROOT, SANITIZED, TAG, Image
from tests.mutants.hold import SUITE
from tests.mutants.table import Edit
from tests.sanitized.run import run

SPOILT = f"glexec-testbed/switch-spoilt:{TAG}"
ANY = ["scenarios/contract/test_exit_codes.py::test_the_exit_code_of_the_payload_is_passed_on"]


QUICK = ["scenarios/preflight", *(f"scenarios/contract/test_{name}.py" for name in ("exit_codes", "installation"))]
"""What differs most when nothing but the record is there to be made."""
HOSTILE = [
    *(f"scenarios/contract/test_hostile_{whom}.py" for whom in ("callers", "files", "records", "variables")),
    *(f"scenarios/contract/test_{name}.py" for name in ("credential_files", "exit_codes", "inherited", "site_files")),
    *(f"scenarios/lifecycle/test_{name}.py" for name in ("epilogue", "lingering")),
]
"""Where a caller, a credential or a file is not what it should be, and the keeper at work: half of the cells."""


@pytest.mark.parametrize(
    ("mode", "scenarios"),
    [
        pytest.param("setuid", HOSTILE, marks=pytest.mark.held),
        pytest.param("log-only", QUICK, marks=pytest.mark.held),
        pytest.param("setuid", SUITE, marks=pytest.mark.slow),
        pytest.param("log-only", SUITE, marks=pytest.mark.slow),
    ],
)
def test_the_sanitized_reference_passes_its_scenarios_and_nothing_is_reported(
    tmp_path: Path, mode: str, scenarios: Sequence[str]
) -> None:
    outcome = run(tmp_path / "results", scenarios=scenarios, modes=[mode])
    assert outcome.held.code == 0, outcome.held.said
    assert outcome.reports == ()


@pytest.fixture
def spoil(tmp_path: Path) -> Iterator[Image]:
    """The sanitized image of a copy of the sources, which a test changes before it is built."""
    for place in SANITIZED.inputs:
        shutil.copytree(ROOT / place, tmp_path / "copy" / place)
    yield Image(SPOILT, SANITIZED.dockerfile, SANITIZED.inputs, tmp_path / "copy")
    if Engine().has_image(SPOILT):
        Engine().api.remove_image(SPOILT)


FAR = """
    volatile size_t far = sizeof request->pem + 40;
    memset(request->pem + far, 1, 1);"""
LARGE = """
    volatile int large = 0x7fffffff;
    large = large + 1;"""
SPOILINGS = {
    "lcmaps_account": (
        "lcmaps_account.c",
        "request->pem[length] = '\\0';",
        FAR,
        "AddressSanitizer: global-buffer-overflow",
    ),
    "glexec": (
        "request.c",
        'const char *id = run_outer(run, "GLEXEC_ID");',
        LARGE,
        "runtime error: signed integer overflow",
    ),
}
"""In each program: file, line, what is written behind it, and what has to be reported."""


@pytest.mark.held
@pytest.mark.parametrize("program", list(SPOILINGS))
def test_what_a_sanitizer_finds_is_seen_and_fails_the_run(tmp_path: Path, spoil: Image, program: str) -> None:
    file, line, more, expected = SPOILINGS[program]
    Edit(file, line, line + more).apply(spoil.root / "images/worker-node/glexec")
    outcome = run(tmp_path / "results", spoil, ANY)
    assert outcome.held.code == 1, outcome.held.said
    assert any(expected in report for report in outcome.reports), outcome
