"""What a mode costs: an empty payload from the queue to its end, memory on the node, a short computation."""

from testbed.pilot.stay import figures, start
from testbed.plugin import matrix

LARGEST = {"none": 64, "log-only": 64, "setuid": 64, "container": 96, "vm": 768}
"""MiB that one payload may take on the node; a machine has 256 (docs/vm.md), and QEMU its own."""


@matrix(mode="none log-only setuid container vm")
def test_what_one_payload_costs(stayed, pilot, expect, cell, notes):
    """Measured in this run, on whatever machine it is, beside whatever else runs: to be compared with each other."""
    ran, seconds = start(pilot)
    assert ran == expect
    assert 0 < stayed.memory <= LARGEST[cell.mode]
    assert stayed.seconds > 0
    notes.figures.update(figures(stayed, seconds))
