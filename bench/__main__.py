"""Measures the switch: ``bench/switch``. 0 when every goal is met, 1 when one is missed, 2 when nothing can be said."""

import argparse
import contextlib
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import goals, image, race, report
from bench.crowd import newcomers
from bench.load import AT_ONCE, under_load
from bench.place import Place
from bench.sites import ACCOUNTS
from bench.speed import BLOCK, CONTESTS, timed
from testbed.lab.layout import PILOT, WORKER_NODE
from testbed.lab.machine.phases import phase, tell
from testbed.lab.pool import Pool
from testbed.lab.session import IMAGES, opened
from testbed.model.problem import Problem
from testbed.report.results import writing

WORLDS = {WORKER_NODE: image.MEASURED.reference, PILOT: IMAGES[PILOT]}
POOL, VOMS = CONTESTS[0], CONTESTS[-1]
"""Where the race is run, and where the load is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        image.have(tell)
        return _measure(options)
    except Problem as problem:
        print(f"bench/switch: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nbench/switch: interrupted; nothing is left behind", file=sys.stderr)
    return 2


def _measure(options: argparse.Namespace) -> int:
    with contextlib.ExitStack() as held:
        lab = held.enter_context(opened(VOMS.site.vos))
        pool = Pool(lab.engine, lab.run, lab.grid, WORLDS)
        held.callback(pool.close)
        crowd = newcomers(lab.grid, options.newcomers)
        proxies = crowd | {"alice": lab.grid.read(lab.grid.bearer("alice").file)}
        with phase("worlds") as going:
            places = {each.prefix: Place(held.enter_context(pool.lease(each.site))) for each in CONTESTS}
            for place in places.values():
                place.furnish(proxies)
            going.detail = f"{len(places)} worker nodes"
        with phase("speed") as going:
            series = timed(places, options.rounds)
            going.detail = f"{len(series)} commands, {options.rounds} rounds in blocks of {BLOCK}"
        with phase("race") as going:
            racers = (race.through_the_switch, race.plain_lcmaps)
            races = [run(places[POOL.prefix], list(crowd), options.races) for run in racers]
            going.detail = f"{len(crowd)} newcomers, {options.races} rounds, twice"
        with phase("load") as going:
            load = under_load(places[VOMS.prefix].world, options.seconds, options.callers)
            going.detail = f"{options.callers} callers, {load.calls} calls"
        version = lab.engine.version
    found = [*goals.of_speed(series), *goals.of_load(load), *goals.of_race(races)]
    for line in report.table(series, load, races, found):
        tell(line)
    if options.json:
        conditions = {"cores": os.cpu_count(), "kernel": platform.release(), "engine": f"Docker {version}"}
        text = json.dumps({"conditions": conditions, **report.data(series, load, races, found)}, indent=1)
        with writing(options.json):
            options.json.write_text(text + "\n")
    return 0 if all(goal.met for goal in found) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/switch", description=__doc__)
    rounds = f"of timing single calls, {2 * BLOCK} at least (default: 200)"
    parser.add_argument("--rounds", type=_rounds, default=200, help=rounds)
    parser.add_argument("--seconds", type=_count, default=60, help="of many callers at once (default: 60)")
    parser.add_argument("--callers", type=_count, default=AT_ONCE, help=f"at once (default: {AT_ONCE})")
    parser.add_argument("--races", type=_count, default=25, help="for first accounts (default: 25)")
    parser.add_argument("--newcomers", type=_count, default=12, help=f"in each race, up to {ACCOUNTS} (default: 12)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, each single time included")
    return parser


def _count(text: str) -> int:
    return _at_least(1, text)


def _rounds(text: str) -> int:
    return _at_least(2 * BLOCK, text)  # one block tells nothing of the noise


def _at_least(lowest: int, text: str) -> int:
    if not text.isdecimal() or int(text) < lowest:
        raise argparse.ArgumentTypeError(f"a whole number, {lowest} at least")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
