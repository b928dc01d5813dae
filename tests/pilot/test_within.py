"""The payload that is both sides: it tries what is to be controlled, and knows its victims by their own words."""

import json
import os

import pytest

from testbed.model.attack import ENCLOSING, Attack, Chance
from testbed.model.catalogue import CATALOGUE
from testbed.model.kernel import Kernel
from testbed.node.probes.within import filled
from testbed.pilot.probes import probe
from testbed.pilot.stages.after import OWN
from testbed.pilot.stages.bystander import felt_by_victim
from testbed.pilot.stages.estate import Estate
from testbed.pilot.stages.within import KEY, MARK, PARTS, PLACE, Said, all_targets, orders
from tests.pilot.probing import run
from tests.pilot.test_leftover_probes import ALICE, HOME, PYTHON, become, on_a_node

HERE = Estate(None, MARK, PLACE, KEY)  # type: ignore[arg-type]  # there is no world around it


def test_every_attack_that_is_to_be_controlled_in_a_container_or_machine_is_tried_there() -> None:
    tried = {
        attack for each in all_targets("a key", HERE, "a token", "another").values() for attack in each
    } | OWN.keys()
    asked = {attack for attack, threat in CATALOGUE.items() if any(map(threat.controlled_in, ENCLOSING))}
    assert asked - tried == set()


def test_an_attack_that_has_no_control_says_why_or_no_mode_lets_it_through() -> None:
    blocked = {attack: threat for attack, threat in CATALOGUE.items() if "B" in threat.letters[3:]}
    without = {attack for attack, threat in blocked.items() if not any(map(threat.controlled_in, ENCLOSING))}
    assert {attack for attack in without if not blocked[attack].no_control} == {
        attack for attack, threat in blocked.items() if threat.proved_in is None
    }


def test_a_target_gets_what_its_victim_says_wherever_it_is_left_open() -> None:
    his = Said("victim")
    target = {"kind": "read", "paths": [his["secret"], "/etc"], "pid": his["pid"], "of": {"marker": his["secret"]}}
    assert filled(target, {"victim": {"secret": "/tmp/secret", "pid": 7}}) == {
        "kind": "read",
        "paths": ["/tmp/secret", "/etc"],
        "pid": 7,
        "of": {"marker": "/tmp/secret"},
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="accounts and namespaces are root's to take")
@pytest.mark.parametrize("executes", [True, False])
def test_an_attack_that_cannot_work_in_a_place_does_not_succeed_there_and_all_others_do(executes: bool) -> None:
    """Where everybody may write nothing can be executed: a program that is left there says nothing to anybody."""
    away = "" if executes else "for each in /tmp /var/tmp /dev/shm; do mount -o remount,noexec $each; done\n"
    proxy = f"echo 'a key, a PRIVATE KEY-----' >{HOME}/proxy.pem; chown {ALICE} {HOME}/proxy.pem\n"
    runs = f'{become(ALICE)} X509_USER_PROXY={HOME}/proxy.pem {PYTHON} "$1" "$2"\n'
    told = json.dumps(orders("a key", HERE, "a token", "another"))
    (said,) = on_a_node(f"cd /; {away}{proxy}{runs}", probe("within", *PARTS).decode(), told)
    kernel = Kernel.parse(run("kernel"))
    failed = {attack for attack, finding in said["findings"].items() if finding["attempt"] != "succeeded"}
    by_kernel = {
        attack
        for attack, threat in CATALOGUE.items()
        if threat.proved_in and threat.chance(threat.proved_in, kernel) is not Chance.SUCCEEDS
    }
    cannot = set() if executes else {Attack.LEFT_SET_ID_FILE, Attack.PAYLOAD_CALLS_SWITCH, Attack.BORROWED_PROXY}
    assert failed - by_kernel == cannot, said["findings"]
    felt = felt_by_victim(said["felt"]["victim"])
    assert felt == dict.fromkeys(felt, True), said["felt"]
