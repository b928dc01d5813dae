"""The image of the measured worker node: the usual one and sudo, built when there is something to be measured."""

from testbed.lab.engine_images import DockerImages
from testbed.lab.images import TAG, WORKER_NODE, Image, ensure
from testbed.lab.machine.phases import Say, phase
from testbed.lab.machine.ready import make_ready

MEASURED = Image(
    f"glexec-testbed/bench:{TAG}",
    "bench/worker-node/Dockerfile",
    ("bench/worker-node",),
    base=WORKER_NODE.reference,
)


def have(say: Say) -> None:
    """Have this machine ready, and the image."""
    ready = make_ready(say, with_compose=False)
    with phase("sudo", say) as going:
        going.detail = ensure(DockerImages(ready.address), [MEASURED])
