"""What the launcher is asked for in its command line."""

import argparse
from pathlib import Path
from typing import NoReturn

from .failure import Failure
from .network import NETWORK

LONGEST = 7 * 86400


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are the launcher's own failures."""

    def error(self, message: str) -> NoReturn:
        raise Failure("usage", message, "see --help")


def arguments(words: list[str]) -> argparse.Namespace:
    parser = Parser(prog="vm", description="Run one payload in a virtual machine of its own.")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="for everything (default 60)")
    parser.add_argument("--memory", type=int, default=256, metavar="MB", help="of the guest (default 256)")
    parser.add_argument("--cold", action="store_true", help="boot the machine, use no saved one")
    parser.add_argument("--network", choices=("none", "user"), help=f"instead of what {NETWORK} says (default none)")
    parser.add_argument("--sandbox", type=Path, metavar="TAR", help="what lies where the payload starts")
    parser.add_argument("--bring", action="append", default=[], metavar="PATTERN", help="files to bring out at its end")
    parser.add_argument("--outputs", type=Path, metavar="TAR", help="where they are written to")
    parser.add_argument("--user-data", type=Path, metavar="FILE", help="the VO's script for the machine, run as root")
    parser.add_argument(
        "--user-data-as", choices=("script", "file"), default="script", help="file: a weak way, to be shown"
    )
    parser.add_argument("--pilot", type=int, metavar="PID", help="end with this process, however that ends")
    parser.add_argument("--result", type=Path, metavar="FILE", help="write what became of the payload, as JSON")
    parser.add_argument("--console", type=Path, metavar="FILE", help="write what the guest's kernel said")
    parser.add_argument("--probe", action="store_true", help="say which accelerator is used, and why, as JSON")
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="absolute path and arguments")
    chosen = parser.parse_args(words)
    if not 0 < chosen.limit <= LONGEST or not 160 <= chosen.memory <= 65536:
        parser.error(f"--limit must be above 0 and at most {LONGEST}, --memory from 160 to 65536")
    if not chosen.probe and not (chosen.command and chosen.command[0].startswith("/")):
        parser.error("the command must be given by its absolute path")
    return chosen
