"""How each stage is set, and how a counter-measure is taken meanwhile."""

from collections.abc import Callable, Mapping

from testbed.model.attack import Stage
from testbed.model.measure import Measure
from testbed.pilot.desk import Desk
from testbed.pilot.raid import Raid
from testbed.pilot.stages.beside import beside
from testbed.pilot.stages.call import call
from testbed.pilot.stages.launch import launch
from testbed.pilot.stages.record import record

Staged = Callable[[Desk, Measure | None], Raid]
"""Sets a stage at a desk, with a counter-measure of the pilot's or of what it runs, and lets its attacks be tried."""

STAGES: Mapping[Stage, Staged] = {
    Stage.BESIDE: beside,
    Stage.LAUNCH: launch,
    Stage.RECORD: record,
    Stage.CALL: call,
}
"""The stages of attacks: each lets payloads run, has one of them try its attacks, and says what each achieved."""
