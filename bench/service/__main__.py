"""Measures the authorization service: ``bench/authority``. 0: every goal is met, 1: one is missed, 2: nothing known."""

import argparse
import contextlib
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import image
from bench.place import Place
from bench.service import goals, report, rush, sites, throughput, upkeep, whole
from bench.service.generator import Generator
from bench.service.report import Found
from bench.speed import BLOCK, Series
from testbed.lab.layout import WORKER_NODE
from testbed.lab.machine.phases import phase, tell
from testbed.lab.pool import Pool
from testbed.lab.session import IMAGES, opened
from testbed.lab.world import LeasedWorld
from testbed.model.problem import Problem
from testbed.report.results import writing

WORLDS = IMAGES | {WORKER_NODE: image.MEASURED.reference}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        image.have(tell)
        return _measure(options)
    except Problem as problem:
        print(f"bench/authority: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nbench/authority: interrupted; nothing is left behind", file=sys.stderr)
    return 2


def _measure(options: argparse.Namespace) -> int:
    crowded = sites.crowded()
    examples = {authority: sites.asked(authority) for authority in sites.EXAMPLES}
    hosts = [host for site in examples.values() for host in site.authority_hosts]
    with contextlib.ExitStack() as held:
        lab = held.enter_context(opened(crowded.vos, hosts))
        pool = Pool(lab.engine, lab.run, lab.grid, WORLDS)
        held.callback(pool.close)
        proxies = {name: lab.grid.read(lab.grid.bearer(name).file) for name in (whole.USER, whole.PILOT)}
        with phase("whole calls") as going, contextlib.ExitStack() as worlds:
            places = {name: Place(worlds.enter_context(pool.lease(site))) for name, site in examples.items()}
            for place in places.values():
                place.furnish(proxies)
                for host in place.world.authorities:
                    host.control.lifetimes(pepd=0)  # everybody is asked for the first time
            series = whole.timed(places, options.rounds)
            going.detail = f"{len(places)} worlds, {options.rounds} rounds"
        pool.close()
        world = held.enter_context(pool.lease(crowded))
        found = _service(world, options, proxies[whole.PILOT], series)
        version = lab.engine.version
    judged = [
        *goals.of_decisions(found.asked),
        *goals.of_whole(found.series),
        *goals.of_rush(found.light, found.real),
        *goals.of_upkeep(found.memory, found.resets),
    ]
    for line in report.table(found, judged):
        tell(line)
    if options.json:
        conditions = {"cores": os.cpu_count(), "kernel": platform.release(), "engine": f"Docker {version}"}
        text = json.dumps({"conditions": conditions, **report.data(found, judged)}, indent=1)
        with writing(options.json):
            options.json.write_text(text + "\n")
    return 0 if all(goal.met for goal in judged) else 1


def _service(world: LeasedWorld, options: argparse.Namespace, pilot: bytes, series: dict[str, Series]) -> Found:
    """All that is measured of one Argus that knows a crowd."""
    generator = Generator(world, pilot)
    generator.pin()
    with phase("decisions") as going:
        callers = (throughput.PUBLISHED,) if options.short else throughput.CALLERS
        asked = [
            one
            for face in throughput.FACES
            for one in throughput.measured(world, generator, face, options.calls, callers)
        ]
        going.detail = f"{len(asked)} times {options.calls} questions"
    with phase("rush") as going:
        light, real = rush.light(world, generator, options.callers), rush.real(world, options.switches)
        going.detail = f"{options.callers} callers, {options.switches} switches"
    with phase("upkeep") as going:
        ban, resets = upkeep.ban(world, generator), upkeep.resets(world, generator, options.resets)
        going.detail = f"{len(resets)} resets, a ban"
    with phase("memory") as going:
        memory = upkeep.memory(world, generator, options.questions // 4, options.questions)
        going.detail = f"{options.questions} questions"
    return Found(asked, series, light, real, memory, resets, ban)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/authority", description=__doc__)
    parser.add_argument("--rounds", type=_Whole(2 * BLOCK), default=100, help="of whole calls (default: 100)")
    parser.add_argument("--calls", type=_Whole(1), default=2000, help="for each number of callers (default: 2000)")
    most = sites.CROWD.count
    parser.add_argument("--callers", type=_Whole(1, most), default=most, help=f"in a second (default: {most})")
    parser.add_argument("--switches", type=_Whole(1, 500), default=200, help="at once (default: 200)")
    parser.add_argument("--questions", type=_Whole(100), default=100_000, help="for memory (default: 100000)")
    parser.add_argument("--resets", type=_Whole(1), default=20, help="after some questions each (default: 20)")
    few = f"only {throughput.PUBLISHED} callers for decisions per second"
    parser.add_argument("--short", action="store_true", help=few)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, each single time included")
    return parser


class _Whole:
    """Reads a whole number of an option."""

    def __init__(self, lowest: int, highest: int = 10_000_000) -> None:
        self._lowest, self._highest = lowest, highest

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or not self._lowest <= int(text) <= self._highest:
            raise argparse.ArgumentTypeError(f"a whole number from {self._lowest} to {self._highest}")
        return int(text)


if __name__ == "__main__":
    sys.exit(main())
