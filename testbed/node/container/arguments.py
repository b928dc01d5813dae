"""What the launcher is asked for in its command line."""

import argparse
from pathlib import Path
from typing import NoReturn

from .failure import Failure

LONGEST = 7 * 86400


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are the launcher's own failures."""

    def error(self, message: str) -> NoReturn:
        raise Failure(message, "see --help")


def arguments(words: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = Parser(prog="container", description="Run one payload in namespaces of its own.")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="for everything (default 60)")
    parser.add_argument("--options", default="{}", metavar="JSON", help="what is shared, and what is not")
    parser.add_argument("--folder", metavar="DIR", help="where the payload starts and may write (default: its home)")
    parser.add_argument(
        "--proxy-folder", metavar="DIR", help="show the folder of X509_USER_PROXY, so that a renewed one is seen"
    )
    parser.add_argument("--pilot", type=int, metavar="PID", help="end with this process, however that ends")
    parser.add_argument("--result", type=Path, metavar="FILE", help="write what became of the payload, as JSON")
    parser.add_argument("--probe", action="store_true", help="say whether a container runs here, and why not, as JSON")
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="absolute path and arguments")
    chosen = parser.parse_args(words)
    if not 0 < chosen.limit <= LONGEST:
        parser.error(f"--limit must be above 0 and at most {LONGEST}")
    if not chosen.probe and not (chosen.command and chosen.command[0].startswith("/")):
        parser.error("the command must be given by its absolute path")
    return chosen
