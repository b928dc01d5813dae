"""Makes a test grid: ``python3 -m testbed.credentials --vo alpha --vo beta --out -`` writes it as a tar."""

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from testbed.credentials.key import KeyKind
from testbed.credentials.make import HOSTS, make_grid
from testbed.credentials.proxy import LIFETIME
from testbed.model.person import cast_for
from testbed.model.problem import Problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the grid; 0, or 2 with the reason on stderr."""
    options = _parser().parse_args(arguments)
    lifetime = timedelta(hours=options.hours)
    people = cast_for(options.vo, options.stranger)
    try:
        grid = make_grid(
            people,
            options.vo,
            options.host or HOSTS,
            services=options.service,
            lifetime=lifetime,
            keys=options.keys,
        )
        if options.out == "-":
            sys.stdout.buffer.write(grid.tar())
            sys.stdout.buffer.flush()
        else:
            grid.write(Path(options.out))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as error:
        print(Problem("the test grid cannot be written", where=options.out, cause=str(error)), file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m testbed.credentials", description=__doc__)
    parser.add_argument("--vo", action="append", required=True, help="a VO that the site serves; say it again for more")
    parser.add_argument("--stranger", default="gamma", help="a VO that the site does not serve (default: gamma)")
    parser.add_argument("--host", action="append", help=f"a machine (default: {' and '.join(HOSTS)})")
    parser.add_argument("--service", action="append", default=[], help="a host of the authority, by its DNS name")
    parser.add_argument("--hours", type=int, default=int(LIFETIME / timedelta(hours=1)), help="lifetime of the proxies")
    parser.add_argument("--keys", type=KeyKind, choices=list(KeyKind), default=KeyKind.EC, help="of people and proxies")
    parser.add_argument("--out", required=True, help="a folder, or - for a tar on standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
