"""Which class breaks what."""

from testbed.faults.config import NoConfig
from testbed.faults.fault import Breakage
from testbed.model.fault import Fault

FAULTS: dict[Fault, Breakage] = {Fault.NO_CONFIG: NoConfig()}
"""Every fault but ``none``."""
