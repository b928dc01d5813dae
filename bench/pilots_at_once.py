"""Measures a crowd of light pilots on a worker node. Ends with 0: all is accounted for, 1: not so, 2: unknown."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence

from bench.speed import percentile
from testbed.lab.machine.phases import phase, tell
from testbed.lab.session import opened
from testbed.lab.world import LeasedWorld
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.crowd import Result, let_loose
from testbed.pilot.kill.spare import Spare
from testbed.site.load import example

SITE = "setuid-argus"
USERS = ("alice", "bob", "carol", "alice-production")
LEASE = 600.0
LIMIT = 280.0
"""Seconds for the whole crowd."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="bench/pilots", description=__doc__)
    parser.add_argument("--pilots", type=int, default=2000, help="let loose within a second (default: 2000)")
    parser.add_argument("--at-once", type=int, default=64, help="switches at work at a time (default: 64)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    site = example(SITE)
    try:
        with opened(site.vos, site.authority_hosts) as lab, lab.pool.lease(site) as world:
            with phase("pilots") as going, Spare.opened(world, LEASE) as spare:
                result = let_loose(
                    *(world, spare.vo, Mode.SETUID, USERS, options.pilots), at_once=options.at_once, limit=LIMIT
                )
                going.detail = f"{options.pilots} pilots, {options.at_once} switches at a time"
            return _told(result, world)
    except Problem as problem:
        print(f"bench/pilots: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nbench/pilots: interrupted; nothing is left behind", file=sys.stderr)
    return 2


def _told(result: Result, world: LeasedWorld) -> int:
    bad = dict(_bad(result, world))
    starts, calls = result.starts, [run.call for run in result.runs if run.call]
    tell("")
    tell(f"{len(result.wanted)} payloads in {result.seconds:.1f} s: {len(result.wanted) / result.seconds:.0f} a second")
    if result.begun:
        heard = max(result.heard, default=0.0) - min(result.begun)
        tell(f"first calls to the VO within {result.rush:.2f} s, all answered {heard:.2f} s after the first")
    for name, times in (("start", starts), ("call", calls)):
        if not times:
            continue  # nothing started; what became of it follows
        figures = [percentile(times, 50), percentile(times, 95), max(times)]
        tell("{:<8}  p50 {:6.1f}  p95 {:6.1f}  longest {:6.1f}  s".format(name, *figures))
    tell(
        f"internal errors of the switch: {result.internal}; questions to the VO that were asked again: {_again(result)}"
    )
    for what, found in bad.items():
        tell(f"{what:<32} {len(found)}{': ' if found else ''}{', '.join(found[:5])}")
    return 1 if any(bad.values()) else 0


def _again(result: Result) -> int:
    return sum({run.pilot: run.again for run in result.runs}.values())


def _bad(result: Result, world: LeasedWorld) -> Iterator[tuple[str, Sequence[str]]]:
    yield "lost", result.unheard
    yield "run twice", result.twice
    yield "run as somebody else", result.strangers(world.site, world.grid.bearer)
    yield "not one to one in the log", result.misjoined()
    yield "pilots that gave up", result.gave_up


if __name__ == "__main__":
    sys.exit(main())
