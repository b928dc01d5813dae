"""The whole examination of a machine: everything is tried, at the same time where it may be, within seconds."""

from concurrent.futures import ThreadPoolExecutor

from testbed.lab.doctor import containers, engines, firewall, guests, namespaces, network, resources, set_id
from testbed.lab.doctor.finding import Check, Finding
from testbed.lab.doctor.settings import settings, settings_here
from testbed.lab.engine import Engine, Errand
from testbed.lab.images import WORKER_NODE
from testbed.lab.run import running

ENGINE = Check("engine", engines.check_engine, needed=True)
IMAGES = Check("images", engines.check_images, needed=True)
ROOM = "room on disk"
STRENGTH = "cores and memory"
HERE = (
    Check("compose", engines.check_compose),
    Check("python", resources.check_python, needed=True),
    Check("user namespaces here", namespaces.check_here),
)
"""What needs no engine."""
WITHOUT_ENGINE = (
    Check(ROOM, resources.check_room_here, needed=True),
    Check(STRENGTH, resources.check_strength_here),
)
"""What is looked at here as long as there is no engine to be asked."""
IN_CONTAINERS = (
    Check("virtual machines", guests.check_emulation, modes=("vm",)),  # the longest, so it begins first
    Check("KVM", guests.check_kvm, modes=("vm",)),
    Check("addresses", network.check, needed=True),
    Check("set-id programs", set_id.check, modes=("setuid",)),
    Check("user namespaces", namespaces.check_containers),
    Check("containers", containers.check, modes=("container",)),
    Check("iptables", firewall.check),
    Check(ROOM, resources.check_room, needed=True),
)
"""What is tried in throw-away containers of the worker node's image."""


def examination() -> tuple[list[Finding], dict[str, str]]:
    """What this machine can do, and the kernel settings that change what is expected of payloads."""
    with ThreadPoolExecutor() as workers:
        here = workers.map(Check.finding, HERE)
        found = [ENGINE.finding()]
        if not found[0].good:
            return [*found, *here, *(check.finding() for check in WITHOUT_ENGINE)], settings_here()
        engine = engines.connected()
        strength = Check(STRENGTH, resources.check_strength).finding(engine.facts())
        found += [strength, IMAGES.finding(engine)]
        if not found[-1].good:
            return [*found, *here, WITHOUT_ENGINE[0].finding()], settings_here()
        inside, seen = _inside(engine)
        return [*found, *here, *inside], seen


def _inside(engine: Engine) -> tuple[list[Finding], dict[str, str]]:
    """What containers can do, tried in as many at the same time as there are checks."""
    with running(engine) as run, ThreadPoolExecutor(len(IN_CONTAINERS) + 1) as workers:
        errand = Errand(WORKER_NODE.reference, (), run.labels)
        findings = [workers.submit(check.finding, engine, errand) for check in IN_CONTAINERS]
        seen = workers.submit(settings, engine, errand)
        return [finding.result() for finding in findings], seen.result()
