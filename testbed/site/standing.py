"""The counter-measures that a site takes anyway, as its own files say: what is expected of attacks there goes by them.

Settings of a worker node's kernel, hidepid among them, are no part of this: the node is asked for them.
"""

from testbed.model.measure import Measure
from testbed.site import decision, ini
from testbed.site.folder import CONFIG
from testbed.site.site import Site

MOUNT_UNDER_SCRATCH = "lcmaps_mount_under_scratch.mod"
SHARED = {"/tmp", "/var/tmp", "/dev/shm"}
"""The folders that everybody may write; the measure is in force where a payload has each of them for itself."""


def standing(site: Site) -> tuple[Measure, ...]:
    """What a site has in force.

    Its epilogue is held to what one is for (`testbed.model.measure`), whatever it really does. ``end_leftovers`` is not
    heeded: raids choose that themselves.
    """
    config = site.file(CONFIG)
    has = {
        Measure.NETWORK_NAMESPACE: site.own_network,
        Measure.EPILOGUE: config is not None and ini.parse(config.content).get("epilogue") is not None,
        Measure.PRIVATE_TMP: _private(site) >= SHARED,
    }
    return tuple(measure for measure, taken in has.items() if taken)


def _private(site: Site) -> set[str]:
    modules = (module for module in decision.policy_modules(site) if decision.kind(module) == MOUNT_UNDER_SCRATCH)
    return {path for module in modules for path in module.arguments[1::2]}
