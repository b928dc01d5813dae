"""A Permit that lost its end: however much of it is left, it is no Permit."""

from testbed.model.effect import refused
from testbed.model.fault import Fault
from testbed.plugin import matrix

PATIENT = 2.0
"""Seconds for one answer: none of these is waited for."""

BROKEN = refused(203, "unavailable", "service-broken")
LONGEST = 1 << 16
"""Bytes: no answer is longer."""
ENDS, SPREAD = (1, 2, 3, 5, 8, 21), 12
"""Cut so many bytes from the end, and at so many places over the last part, where account and groups stand."""
PART = 1500


@matrix(mode="setuid", authority="argus scas gums")
def test_no_part_of_a_permit_is_a_permit(switch, world, impatient):
    """The old Argus client takes many cut Permits, some with a shortened name (observed); fail closed: our choice."""

    def cut(at: int) -> None:
        for host in world.authorities:
            host.control.break_with(Fault.TRUNCATED, at=at)

    def runs(at: int) -> bool:
        cut(at)
        return switch.call("/usr/bin/true", proxy=switch.placed("alice")).code == 0

    with impatient(PATIENT):
        shortest, longest = 0, LONGEST
        assert runs(longest)
        while longest - shortest > 1:
            middle = (shortest + longest) // 2
            shortest, longest = (shortest, middle) if runs(middle) else (middle, longest)
        places = {longest - each for each in ENDS} | {longest - 1 - PART * step // SPREAD for step in range(1, SPREAD)}
        seen = {}
        for at in sorted(place for place in places if place > 0):
            cut(at)
            seen[at] = switch.tries()
        assert seen == dict.fromkeys(seen, BROKEN)
        for host in world.authorities:
            host.control.heal()
        assert switch.tries() == switch.runs()
