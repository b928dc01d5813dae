"""Every mutant is one, every mutant is caught, and what would keep that from being noticed is noticed."""

import ast
from pathlib import Path

import pytest

from tests.mutants import __main__, hold
from tests.mutants.__main__ import controls, line_of, lines, lines_of
from tests.mutants.build import Builder
from tests.mutants.exchange import Program
from tests.mutants.table import ROOT, SOURCES, Edit, Mutant, Unfit, read

QUICK = ("scenarios/preflight", "scenarios/contract/test_exit_codes.py")
FIRST = "contract/test_exit_codes.py::test_the_exit_code_of_the_payload_is_passed_on"
SIGNAL = "contract/test_exit_codes.py::test_a_payload_ended_by_a_signal_is_128_and_the_signal"
HARMLESS = (Edit("keeper.c", "int keeper_code(int status)\n{", "int keeper_code(int status)\n{\n    ;"),)
SPOILING = (
    Edit("keeper.c", "return BY_SIGNAL + WTERMSIG(status);", 'return unlink("/etc/glexec.conf") == 0 ? 1 : 2;'),
)
LOUD = (Edit("keeper.c", "return BY_SIGNAL + WTERMSIG(status);", "return 1;"),)


def test_there_are_many_defects_each_with_its_sentence() -> None:
    mutants = read()
    assert len(mutants) >= 100
    assert all(mutant.sentence and mutant.edits for mutant in mutants)


def test_every_mutant_fits_the_sources() -> None:
    texts = {path.name: path.read_text() for path in SOURCES.glob("*.[ch]")}
    unfit = [
        f"{mutant.name}: {edit.file}: {edit.old!r}"
        for mutant in read()
        for edit in mutant.edits
        if texts.get(edit.file, "").count(edit.old) != 1
    ]
    assert not unfit


def test_the_scenario_that_is_tried_first_exists() -> None:
    for mutant in read():
        file, _, name = mutant.caught_by.partition("[")[0].partition("::")
        tree = ast.parse((ROOT / "scenarios" / file).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, mutant.name


@pytest.mark.parametrize("old", ["no such text", "    return"])
def test_a_replacement_that_does_not_fit_is_no_mutant(tmp_path: Path, old: str) -> None:
    (tmp_path / "keeper.c").write_text((SOURCES / "keeper.c").read_text())
    with pytest.raises(Unfit, match="times, not once"):
        Edit("keeper.c", old, "").apply(tmp_path)


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("builds"))


def test_what_does_not_compile_is_no_mutant(builder: Builder) -> None:
    with pytest.raises(Unfit, match="does not compile"):
        builder.build("broken", [Edit("keeper.c", "int keeper_code(int status)\n{", "int keeper_code(int status)\n{{")])


def test_only_what_was_changed_is_compiled_anew(builder: Builder, tmp_path: Path) -> None:
    program = builder.build("harmless", HARMLESS)
    objects = {path.stem: path.stat().st_mtime_ns for path in program.with_name("reference").glob("build/*.o")}
    changed = {
        path.stem
        for path in program.with_name("harmless.sources").glob("build/*.o")
        if path.stat().st_mtime_ns != objects[path.stem]
    }
    assert changed == {"keeper"}


def mutant(name: str, edits: tuple[Edit, ...], caught_by: str = FIRST) -> Mutant:
    return Mutant(name, "a defect, or none", edits, caught_by)


@pytest.mark.held
def test_a_defect_that_another_scenario_catches_is_caught(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "SUITE", QUICK)
    line = line_of(mutant("loud", LOUD), builder.build("loud", LOUD), tmp_path, builder.control)
    assert line.good
    assert SIGNAL.partition("::")[2] in line.end
    assert f"(not by {FIRST})" in line.end


@pytest.mark.held
def test_of_those_that_share_a_run_each_is_judged_by_itself(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that nothing catches survives and says so, beside one that is caught, before it and after it."""
    monkeypatch.setattr(hold, "SUITE", QUICK)
    names = {"first_of_all": LOUD, "survivor": HARMLESS, "last": LOUD}
    mutants = [mutant(name, edits, SIGNAL) for name, edits in names.items()]
    built = [Program(name, str(builder.build(name, edits)), SIGNAL) for name, edits in names.items()]
    found = {line.name: (line.good, line.end) for line in lines_of(built, mutants, builder.control, tmp_path / "own")}
    assert found == {
        "first_of_all": (True, f"{SIGNAL} log-only-gridmap"),
        "survivor": (False, "SURVIVES"),
        "last": (True, f"{SIGNAL} log-only-gridmap"),
        "control, own": (True, "passes where these were caught"),
    }


@pytest.mark.held
def test_a_control_that_fails_is_no_control(builder: Builder, tmp_path: Path) -> None:
    spoilt = builder.build("spoilt", LOUD)
    built = [Program("as-bad", str(builder.build("as-bad", LOUD)), SIGNAL)]
    *_, line = lines_of(built, [mutant("as-bad", LOUD, SIGNAL)], spoilt, tmp_path / "own")
    assert not line.good
    assert line.end.startswith("FAILS")
    assert SIGNAL in line.end


@pytest.mark.parametrize("code", [0, 1, 2])
def test_who_is_caught_in_worlds_of_its_own_is_so_only_where_the_control_then_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A cell that deviates for whatever reason catches anybody, the harmless as well."""
    held = {"harmless": hold.Held(1, f"scenarios/{FIRST}", "setuid-gridmap"), "control": hold.Held(code)}
    monkeypatch.setattr(__main__, "catch", lambda mutant, program, results: held[program.name])
    monkeypatch.setattr(__main__, "hold", lambda program, results, scenarios: held[program.name])
    line = line_of(mutant("harmless", HARMLESS), Path("harmless"), tmp_path, Path("control"))
    assert line.good is (code == 0)
    assert line.end.startswith(f"{FIRST} setuid-gridmap" if code == 0 else "NOT JUDGED: control does not pass")


@pytest.mark.held
def test_what_a_program_leaves_on_a_node_is_not_the_next_ones(builder: Builder, tmp_path: Path) -> None:
    """Its world is not used again, so that the control passes where it was caught."""
    name = "spoiler"
    cell = f"{SIGNAL}[setuid-gridmap]"  # where it is root that waits for the payload
    built = [Program(name, str(builder.build(name, SPOILING)), cell)]
    found = lines_of(built, [mutant(name, SPOILING, cell)], builder.control, tmp_path / "own")
    assert [(line.name, line.good) for line in found] == [(name, True), ("control, own", True)]


def one_for_each_scenario() -> list[str]:
    """The first mutant of each scenario that catches any."""
    first: dict[str, str] = {}
    for each in read():
        first.setdefault(each.caught_by.partition("[")[0], each.name)
    return list(first.values())


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(one_for_each_scenario(), id="one-for-each-scenario", marks=pytest.mark.held),
        pytest.param([], id="all", marks=pytest.mark.slow),
    ],
)
def test_every_mutant_is_caught_where_the_reference_passes(names: list[str]) -> None:
    wrong = [f"{line.name}: {line.end}" for line in lines(names) if not line.good]
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_the_reference_built_as_mutants_are_passes_all() -> None:
    wrong = [f"{line.name}: {line.end}" for line in controls() if not line.good]
    assert not wrong, "\n".join(wrong)
