"""The catalogue of attacks: whole, with a sentence for each mode."""

import re

import pytest

from testbed.model.attack import ORDER, Attack, Chance, Stage, Threat
from testbed.model.catalogue import CATALOGUE, of_stage
from testbed.model.kernel import Kernel
from testbed.model.measure import REMEDIES, Measure
from testbed.model.mode import Mode


def test_every_attack_is_in_it_once_and_every_stage_has_some() -> None:
    assert set(CATALOGUE) == set(Attack)
    assert [stage for stage in Stage if not of_stage(stage)] == [Stage.WITHIN]
    assert set(ORDER) == set(Mode)


@pytest.mark.parametrize("threat", CATALOGUE.values(), ids=str)
def test_an_attack_says_what_it_comes_to_in_every_mode_and_why(threat: Threat) -> None:
    assert re.fullmatch(r"[SB-]{5}", threat.letters)
    assert re.fullmatch(r"A\d\d", threat.number)
    assert threat.says
    assert threat.why


@pytest.mark.parametrize("threat", CATALOGUE.values(), ids=str)
def test_a_probe_is_proved_in_a_mode_that_lets_it_through_where_there_is_one(threat: Threat) -> None:
    if threat.proved_in is None:
        assert "S" not in threat.letters
    else:
        assert threat.chance(threat.proved_in, Kernel()) is Chance.SUCCEEDS


def test_who_has_no_control_would_need_one() -> None:
    assert [threat.attack for threat in CATALOGUE.values() if threat.no_control and "B" not in threat.letters[3:]] == []


@pytest.mark.parametrize("threat", CATALOGUE.values(), ids=str)
def test_a_counter_measure_blocks_what_would_succeed_without_it(threat: Threat) -> None:
    for measure, modes in threat.measures.items():
        for mode in modes:
            assert threat.chance(mode, Kernel()) is Chance.SUCCEEDS
            assert threat.chance(mode, Kernel(), measure) is Chance.BLOCKED


def test_every_counter_measure_is_in_words_and_helps_against_something() -> None:
    assert set(REMEDIES) == set(Measure)
    assert {measure for threat in CATALOGUE.values() for measure in threat.measures} == set(Measure)


def test_the_kernels_settings_change_what_is_expected() -> None:
    traced, core, set_id = (
        CATALOGUE[attack] for attack in (Attack.BOBS_MEMORY, Attack.PILOTS_CORE, Attack.LEFT_SET_ID_FILE)
    )
    assert traced.chance(Mode.NONE, Kernel(ptrace_scope=1)) is Chance.BLOCKED
    assert CATALOGUE[Attack.BOBS_DESCRIPTOR].chance(Mode.NONE, Kernel(ptrace_scope=1)) is Chance.SUCCEEDS
    assert core.chance(Mode.NONE, Kernel(core_pattern="|/usr/lib/systemd/systemd-coredump")) is Chance.MEANINGLESS
    assert set_id.chance(Mode.SETUID, Kernel(tmp_nosuid=True)) is Chance.BLOCKED
    hidden = CATALOGUE[Attack.PILOTS_COMMAND_LINE]
    assert hidden.chance(Mode.SETUID, Kernel(hidepid=True)) is Chance.BLOCKED
    assert hidden.chance(Mode.NONE, Kernel(hidepid=True)) is Chance.SUCCEEDS


def test_what_is_done_anyway_counts_as_what_is_done_for_a_raid() -> None:
    loopback = CATALOGUE[Attack.PILOTS_LOOPBACK]
    for taken in ((Measure.NETWORK_NAMESPACE,), (None, Measure.NETWORK_NAMESPACE), (Measure.LIMITS, *Measure)):
        assert loopback.chance(Mode.CONTAINER, Kernel(), *taken) is Chance.BLOCKED
    assert loopback.chance(Mode.CONTAINER, Kernel(), None, Measure.LIMITS) is Chance.SUCCEEDS
