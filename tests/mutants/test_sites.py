"""Every misconfiguration is one, every one is noticed, and a site without one is not."""

import dataclasses
from pathlib import Path

import pytest

from testbed.model.attack import ORDER, Attack, Stage
from testbed.model.catalogue import CATALOGUE
from testbed.model.mode import Mode
from testbed.model.outcome import Attempt, End, Outcome
from testbed.pilot.raid import Raid
from tests.mutants.notice import IDENTITY, Noticed, _compared, noticed
from tests.mutants.sites import NodeEdit, SiteMutant, controls, read
from tests.mutants.table import ROOT
from tests.mutants.table import read as read_switches

QUICK = [mutant for mutant in read() if mutant.quick]
HARMLESS = SiteMutant(
    "harmless", "nothing that matters", Mode.SETUID, (Attack.BOBS_FILE,), script="touch /root/harmless"
)
WRONG_INSTALLATION = "log-only-program-set-id"
"""In log-only everything succeeds: this one is noticed by who the payload runs as."""
UNFIT = dataclasses.replace(HARMLESS, name="unfit", script="", edits=(NodeEdit("agent/vo.py", "no such text", ""),))


def wrong(held: list[Noticed]) -> list[str]:
    return [f"{each.mutant.name}: {each.by} {dict(each.differs)}" for each in held if not each.good]


def test_there_are_twenty_each_with_its_sentence_and_source() -> None:
    assert len(read()) >= 20
    assert all(mutant.sentence and mutant.source and mutant.defective for mutant in read())


def test_what_is_tried_each_time_has_a_part_in_every_stage_in_which_something_is_blocked_from_outside() -> None:
    others = {Stage.REUSED, Stage.SAVED, Stage.WITHIN}
    assert {stage for mutant in QUICK for stage in mutant.stages} >= set(Stage) - others
    assert len(QUICK) == 6


def test_each_mode_that_separates_has_some() -> None:
    assert {mutant.mode for mutant in read()} >= {Mode.SETUID, Mode.CONTAINER, Mode.VM}


def test_every_replacement_stands_once_in_a_file_of_the_node() -> None:
    for mutant in read():
        for edit in mutant.edits:
            text = (ROOT / "testbed" / "node" / edit.file).read_text()
            assert text.count(edit.old) == 1, f"{mutant.name}: {edit.old!r}"


def test_the_switches_are_those_of_the_other_table() -> None:
    assert {mutant.switch for mutant in read()} - {""} <= {mutant.name for mutant in read_switches()}


def test_each_is_to_be_noticed_by_an_attack_that_is_blocked_without_it() -> None:
    letters = {
        mutant.name: [CATALOGUE[attack].letters[ORDER.index(mutant.mode)] for attack in mutant.notices]
        for mutant in read()
    }
    assert [name for name, found in letters.items() if "B" not in found] == [WRONG_INSTALLATION]


def test_an_attack_that_no_mode_lets_through_is_let_through_by_a_defect() -> None:
    """Else its probe may be one that never works."""
    unproved = {threat.attack for threat in CATALOGUE.values() if threat.proved_in is None}
    assert unproved - {attack for mutant in read() for attack in mutant.notices} == set()


def test_who_the_payload_runs_as_notices_only_what_no_attack_can() -> None:
    broken = {IDENTITY: "returned to the queue"}
    assert not Noticed(HARMLESS, broken).good
    assert Noticed(HARMLESS, broken | {"bobs-file": "succeeded"}).good
    assert Noticed(dataclasses.replace(HARMLESS, identity=True), broken).good
    assert not Noticed(dataclasses.replace(HARMLESS, script=""), broken).good


def test_each_attack_that_is_said_to_notice_it_has_to() -> None:
    """The table in docs/separation.md says so, and some probes are proved by nothing else."""
    both = dataclasses.replace(HARMLESS, notices=(Attack.CUT_RECORD, Attack.SUPPRESSED_END))
    assert Noticed(both, {"cut-record": "succeeded", "suppressed-end": "succeeded"}).good
    held = Noticed(both, {"cut-record": "succeeded"})
    assert (held.good, held.by) == (False, "NOT BY suppressed-end: as without it")


def test_one_that_is_like_another_mode_is_noticed_by_every_attack_or_by_none() -> None:
    """Where one of them stays blocked though nothing separates anybody, its probe proves nothing in this mode."""
    like = dataclasses.replace(HARMLESS, like=Mode.LOG_ONLY, notices=(Attack.BOBS_FILE, Attack.LEFT_FILE))
    both = {"bobs-file": "succeeded", "left-file": "succeeded"}
    assert Noticed(like, both | {IDENTITY: "pilot"}).good
    held = Noticed(like, {"bobs-file": "succeeded", IDENTITY: "pilot"}, {"left-file": "no such daemon"})
    assert not held.good
    assert held.by == "NOT BY left-file: no such daemon"
    assert not Noticed(like, {"bobs-file": "succeeded"}).good


def test_a_launcher_that_launches_nothing_is_held_to_all_that_log_only_lets_through() -> None:
    """But for accounts that are leased anew, which neither has, and what only a pilot does."""
    for mutant in (each for each in read() if each.like):
        lets = {each.attack for each in CATALOGUE.values() if each.letters[ORDER.index(Mode.LOG_ONLY)] == "S"}
        hindered = {each.attack for each in CATALOGUE.values() if each.letters[ORDER.index(mutant.mode)] == "B"}
        assert lets & hindered == set(mutant.notices)


def test_an_attack_notices_by_what_it_comes_to_itself() -> None:
    """Who does not run as documented may be attacked in vain all the same."""
    usual = Outcome(End.SEPARATED, 0, "pool alpha")
    raid = Raid(Outcome(End.UNSEPARATED, 0, "pilot"), {Attack.BOBS_FILE: (Attempt.BLOCKED, "Permission denied")})
    differs, untried = _compared(
        raid, [Attack.BOBS_FILE], usual, lambda attack: dataclasses.replace(usual, attack=Attempt.BLOCKED)
    )
    assert (differs.keys(), untried) == ({IDENTITY}, {})


@pytest.mark.held
def test_of_some_every_one_is_noticed_and_what_is_none_is_not(tmp_path: Path) -> None:
    """The sites without any defect are the scenarios' own cells: who runs all of these has run those."""
    *held, harmless, unfit = noticed([*QUICK, HARMLESS, UNFIT], tmp_path)
    assert not wrong(held), "\n".join(wrong(held))
    assert (harmless.by, harmless.good) == ("NOBODY", False)
    assert not unfit.good
    assert unfit.by.startswith("NOT JUDGED: agent/vo.py has 0 times")


@pytest.mark.slow
def test_every_one_is_noticed(tmp_path: Path) -> None:
    held = list(noticed([*controls(read()), *read()], tmp_path))
    assert not wrong(held), "\n".join(wrong(held))
