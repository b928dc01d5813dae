"""The probes of testbed/node/probes: programs that payloads run."""

from importlib import resources


def probe(name: str) -> bytes:
    """The source of a probe, to be run by ``python3 -``."""
    return resources.files("testbed.node").joinpath("probes", f"{name}.py").read_bytes()
