"""Measures the virtual machines of mode vm: ``bench/vm``. 0: every goal is met, 1: one is missed, 2: nothing known."""

import argparse
import contextlib
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from bench.machines import goals, report
from bench.machines.found import Found
from testbed.lab.layout import NODE, PYTHON
from testbed.lab.machine.phases import phase, tell
from testbed.lab.pool import Pool
from testbed.lab.session import IMAGES, opened
from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, folder
from testbed.model.problem import Problem
from testbed.report.results import writing
from testbed.site.load import example

SITE = "logonly-gridmap"
LAUNCHER = [*PYTHON, f"{NODE}/vm"]
PLACE = "/tmp/bench"
LONGEST = 30.0
"""Seconds that one machine may take on average, and the crowd as a whole four times."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _measure(options)
    except Problem as problem:
        print(f"bench/vm: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nbench/vm: interrupted; nothing is left behind", file=sys.stderr)
    return 2


def _measure(options: argparse.Namespace) -> int:
    site = example(SITE)
    with contextlib.ExitStack() as held:
        lab = held.enter_context(opened(site.vos))
        pool = Pool(lab.engine, lab.run, lab.grid, IMAGES)
        held.callback(pool.close)
        with phase("world") as going:
            world = held.enter_context(pool.lease(site))
            going.detail = "a worker node"
        with phase("machines") as going:
            found = _measured(world, options)
            many = options.rounds + options.booted + options.at_once + 2
            going.detail = f"{many} of them, {options.at_once} at once"
        version = lab.engine.version
    judged = goals.of_machines(found, options.at_once)
    for line in report.table(found, judged):
        tell(line)
    if options.json:
        conditions = {"cores": os.cpu_count(), "kernel": platform.release(), "engine": f"Docker {version}"}
        text = json.dumps({"conditions": conditions, **report.data(found, judged)}, indent=1)
        with writing(options.json):
            options.json.write_text(text + "\n")
    return 0 if all(goal.met for goal in judged) else 1


def _measured(world: LeasedWorld, options: argparse.Namespace) -> Found:
    """Everything, measured on the node by a script of ours that runs as the pilot."""
    pilot = world.site.pilot_accounts[0].name
    plan = {"launcher": LAUNCHER, "rounds": options.rounds, "booted": options.booted, "at_once": options.at_once}
    script = resources.files("bench").joinpath("node", "machines.py").read_bytes()
    entries = [Entry(f"{PLACE}/machines.py", script), Entry(f"{PLACE}/plan.json", json.dumps(plan).encode())]
    world.node.put([folder(PLACE), *entries], limit=10)
    probed = world.node.run([*LAUNCHER, "--probe"], user=pilot, limit=LONGEST).text
    limit = LONGEST * (options.rounds + options.booted + 4)
    done = world.node.run(["python3", f"{PLACE}/machines.py", f"{PLACE}/plan.json"], user=pilot, limit=limit)
    return Found.of(json.loads(done.text), json.loads(probed)["accelerator"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/vm", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=30, help="starts from a saved state (default 30)")
    parser.add_argument("--booted", type=_positive, default=6, help="boots among them (default 6)")
    parser.add_argument("--at-once", type=_positive, default=8, help="machines at one moment (default 8)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything there")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
