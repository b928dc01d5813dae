"""The catalogue of attacks as a whole."""

from collections.abc import Mapping

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.threats.beside import BESIDE
from testbed.model.threats.evidence import CALL, RECORD
from testbed.model.threats.launch import LAUNCH
from testbed.model.threats.leftover import AFTER, AGAIN, OWN_AFTER, REUSED
from testbed.model.threats.load import LOAD

CATALOGUE: Mapping[Attack, Threat] = {
    threat.attack: threat for threat in (*BESIDE, *LAUNCH, *AFTER, *OWN_AFTER, *REUSED, *AGAIN, *LOAD, *RECORD, *CALL)
}


def of_stage(stage: Stage) -> tuple[Threat, ...]:
    """The attacks that are tried in one stage, in order."""
    return tuple(threat for threat in CATALOGUE.values() if threat.stage is stage)
