"""Every mutant is one, every mutant is caught, and what would keep that from being noticed is noticed."""

import ast
from pathlib import Path

import pytest

from tests.mutants import hold
from tests.mutants.__main__ import control_line, line_of, lines
from tests.mutants.build import Builder
from tests.mutants.table import ROOT, SOURCES, Edit, Mutant, Unfit, read

QUICK = ("scenarios/preflight", "scenarios/contract/test_exit_codes.py")
FIRST = "contract/test_exit_codes.py::test_the_exit_code_of_the_payload_is_passed_on"
HARMLESS = (Edit("keeper.c", "int keeper_code(int status)\n{", "int keeper_code(int status)\n{\n    ;"),)
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


def mutant(name: str, edits: tuple[Edit, ...]) -> Mutant:
    return Mutant(name, "a defect, or none", edits, FIRST)


@pytest.mark.held
def test_a_defect_that_nothing_catches_survives_and_says_so(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "SUITE", QUICK)
    line = line_of(mutant("survivor", HARMLESS), builder, tmp_path)
    assert (line.good, line.end) == (False, "SURVIVES")


@pytest.mark.held
def test_a_defect_that_another_scenario_catches_is_caught(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "SUITE", QUICK)
    line = line_of(mutant("loud", LOUD), builder, tmp_path)
    assert line.good
    assert "test_a_payload_ended_by_a_signal_is_128_and_the_signal" in line.end
    assert f"(not by {FIRST})" in line.end


@pytest.mark.held
def test_a_control_that_fails_is_no_control(builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "SUITE", QUICK)
    spoilt = builder.build("spoilt", LOUD)
    line = control_line(spoilt, tmp_path, "setuid")
    assert not line.good
    assert line.end.startswith("FAILS")


@pytest.mark.held
def test_every_mutant_is_caught_and_the_reference_passes_all() -> None:
    wrong = [f"{line.name}: {line.end}" for line in lines() if not line.good]
    assert not wrong, "\n".join(wrong)
