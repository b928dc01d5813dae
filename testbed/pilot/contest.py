"""Measures kinds of job beside each other: ``bench/jobs``. 0 when all was measured, 2 when nothing can be said."""

import argparse
import contextlib
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.kinds.circumstances import CIRCUMSTANCES
from bench.kinds.report import LEGEND, table
from testbed.lab.farm import farm, gatekeepers, renamed
from testbed.lab.layout import WORKER_NODE
from testbed.lab.machine.phases import phase, tell
from testbed.lab.machine.ready import make_ready
from testbed.lab.session import IMAGES, Lab, opened
from testbed.lab.wait import eventually
from testbed.model.problem import Problem
from testbed.pilot.client import Vo
from testbed.pilot.comparison import Figures, as_json, measured
from testbed.pilot.desk import READY
from testbed.pilot.kinds import LOG_ONLY_SITE, SETUID_SITE, SLOTS, Way
from testbed.pilot.workload import USERS, payloads
from testbed.report.results import writing
from testbed.site.load import example
from testbed.site.site import Site

SITES: dict[str, tuple[Way, ...]] = {"setuid-gridmap": SETUID_SITE, "logonly-gridmap": LOG_ONLY_SITE}
ATTEMPTS = 3
"""How often a payload may be handed out: as `testbed queue submit` has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        make_ready(tell)
        return _measure(options)
    except Problem as problem:
        print(f"bench/jobs: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nbench/jobs: interrupted; nothing is left behind", file=sys.stderr)
    return 2


def _measure(options: argparse.Namespace) -> int:
    sites = {example(name): ways for name, ways in SITES.items()}
    found: dict[str, list[Figures]] = {name: [] for name in options.circumstance or CIRCUMSTANCES}
    with opened(next(iter(sites)).vos) as lab:
        for site, ways in sites.items():
            _measure_site(lab, site, ways, found, options)
        version = lab.engine.version
    slots = f"{options.nodes} worker nodes with {SLOTS} slots"
    tell(f"\n{options.payloads} payloads of {len(USERS)} users, 0.1 to 0.5 s each, through {slots}")
    for circumstance, figures in found.items():
        for line in table(circumstance, figures):
            tell(line)
    tell(LEGEND)
    if options.json:
        conditions = {"cores": os.cpu_count(), "kernel": platform.release(), "engine": f"Docker {version}"}
        data = {name: [as_json(one) for one in figures] for name, figures in found.items()}
        with writing(options.json):
            options.json.write_text(json.dumps({"conditions": conditions, **data}, indent=1) + "\n")
    return 0


def _measure_site(
    lab: Lab, site: Site, ways: Sequence[Way], found: dict[str, list[Figures]], options: argparse.Namespace
) -> None:
    with contextlib.ExitStack() as held:
        world = held.enter_context(lab.pool.lease(site))
        nodes = held.enter_context(farm(world, lab.run, IMAGES[WORKER_NODE], options.nodes))
        held.enter_context(gatekeepers(world, nodes))
        proxy = lab.grid.read(lab.grid.bearer("pilot").file)
        vo = Vo(world.pilot.address, proxy=proxy, authorities=lab.grid.read("authority/ca.cert.pem"))
        if not eventually(lambda: vo.ready(limit=READY), within=READY):
            raise Problem("the VO's side did not become ready", where=world.pilot.name, found=world.pilot.logs())
        for circumstance, figures in found.items():
            with CIRCUMSTANCES[circumstance](world, nodes):
                for way in ways:
                    with phase(f"{circumstance}", tell) as going:
                        slot = f"{circumstance}-{way.name}".replace(" ", "-")
                        workload = payloads(options.payloads, slot, attempts=ATTEMPTS)
                        anew = renamed(world, nodes)
                        figures.append(measured(vo, anew, site.pilot_accounts[0].name, way, slot, workload))
                        going.detail = f"{way.name}: {way.says}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/jobs", description=__doc__)
    parser.add_argument("--payloads", type=int, default=40, help="of one workload (default: 40)")
    parser.add_argument("--nodes", type=int, default=2, help="worker nodes (default: 2)")
    choices = list(CIRCUMSTANCES)
    parser.add_argument("--circumstance", action="append", choices=choices, help="only this one (repeatable)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
