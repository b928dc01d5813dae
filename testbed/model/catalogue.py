"""The catalogue of attacks as a whole."""

from collections.abc import Mapping

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.threats.beside import BESIDE
from testbed.model.threats.credential import CREDENTIAL
from testbed.model.threats.evidence import CALL, RECORD
from testbed.model.threats.launch import LAUNCH
from testbed.model.threats.leftover import AFTER, AGAIN, OWN_AFTER, REUSED
from testbed.model.threats.load import LOAD
from testbed.model.threats.saved import SAVED

CATALOGUE: Mapping[Attack, Threat] = {
    threat.attack: threat
    for group in (BESIDE, LAUNCH, AFTER, OWN_AFTER, REUSED, AGAIN, SAVED, LOAD, RECORD, CALL, CREDENTIAL)
    for threat in group
}


def of_stage(stage: Stage) -> tuple[Threat, ...]:
    """The attacks that are tried in one stage, in order."""
    return tuple(threat for threat in CATALOGUE.values() if threat.stage is stage)
