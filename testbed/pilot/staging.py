"""How each stage is set, and how a counter-measure is taken meanwhile."""

from collections.abc import Callable, Mapping

from testbed.model.attack import Stage
from testbed.model.measure import Measure
from testbed.pilot.desk import Desk
from testbed.pilot.raid import Raid
from testbed.pilot.stages.after import after
from testbed.pilot.stages.again import again
from testbed.pilot.stages.beside import beside
from testbed.pilot.stages.call import call
from testbed.pilot.stages.credential import credential
from testbed.pilot.stages.launch import launch
from testbed.pilot.stages.load import load
from testbed.pilot.stages.record import record
from testbed.pilot.stages.reused import reused
from testbed.pilot.stages.saved import saved
from testbed.pilot.stages.within import within

Staged = Callable[[Desk, Measure | None], Raid]
"""Sets a stage at a desk, with a counter-measure of the pilot's or of what it runs, and lets its attacks be tried."""

STAGES: Mapping[Stage, Staged] = {
    Stage.BESIDE: beside,
    Stage.LAUNCH: launch,
    Stage.AFTER: after,
    Stage.REUSED: reused,
    Stage.AGAIN: again,
    Stage.SAVED: saved,
    Stage.LOAD: load,
    Stage.RECORD: record,
    Stage.CALL: call,
    Stage.CREDENTIAL: credential,
    Stage.WITHIN: within,
}
