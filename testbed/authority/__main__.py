"""Runs the stub authorization service: ``python3 -m testbed.authority --folder DIR``, or ``--policy FILE`` by hand."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from testbed.authority.folder import open_folder, read_policy
from testbed.authority.paps import LOCAL
from testbed.authority.routes import routes
from testbed.authority.running import LOOPBACK, Files, Running, open_log, read_token
from testbed.authority.service import Service
from testbed.authority.settings import load_settings
from testbed.model.problem import Problem


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it was told to end, or all is well with ``--check``; 2 when somebody has to mend something."""
    options = _parser().parse_args(arguments)
    try:
        running = _by_hand(options) if options.policy else _of_folder(options)
        if options.check:
            if running.contexts is not None:
                running.contexts.get()
            print(f"{options.policy or options.folder}: all is well")
            return 0
        asyncio.run(_run(running))
    except Problem as problem:
        print(f"testbed.authority: {problem}", file=sys.stderr)
        return 2
    return 0


async def _run(running: Running) -> None:
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    try:
        ports = await running.start()
        print(_told(running, ports), file=sys.stderr, flush=True)
        await end.wait()
    finally:
        await running.stop()


def _of_folder(options: argparse.Namespace) -> Running:
    """Everything from a folder, with TLS."""
    folder: Path = options.folder
    if not folder.is_dir():
        raise Problem(
            "no such folder",
            where=str(folder),
            expected="policy.spl, token and what else is to be served",
            remedy="name another by --folder DIR, or serve a policy alone, by hand, by --policy FILE",
        )
    settings = load_settings(folder / "authority.toml")
    return Running(
        open_folder(folder, settings.lifetimes),
        routes(settings.faces),
        settings,
        Files(options.grid_security, folder / "tls"),
        read_token(folder / "token"),
        open_log(settings),
    )


def _by_hand(options: argparse.Namespace) -> Running:
    """A policy, settings where they lie beside it, and nothing else: plain HTTP on loopback, no token."""
    settings = load_settings(options.policy.parent / "authority.toml")
    settings = replace(settings, address=LOOPBACK, log_file=settings.log_file or "-")
    service = Service({LOCAL: read_policy(options.policy)}, lifetimes=settings.lifetimes)
    files = Files(options.grid_security, secure=False)
    return Running(service, routes(), settings, files, "", open_log(settings))


def _told(running: Running, ports: Mapping[str, int]) -> str:
    """What listens where, a line each."""
    secure = running.contexts is not None
    lines = ["the authority is ready" + ("" if secure else ": plain HTTP, on loopback only, no token wanted")]
    for name, port in ports.items():
        scheme = "http" if not secure or name in ("plain", "admin") else "https"
        paths = ", ".join(path for at, path in routes() if at == name)
        lines.append(f"  {scheme}://{running.settings.address}:{port}  {name:<8} {paths}".rstrip())
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python3 -m testbed.authority", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--folder", type=Path, default=Path("/etc/testbed-authority"), help="policy, map files, settings")
    what.add_argument("--policy", type=Path, help="a policy only, nobody is mapped: plain HTTP on loopback")
    parser.add_argument(
        "--grid-security", type=Path, default=Files().grid_security, help="host certificate, authorities, VOMS servers"
    )
    parser.add_argument("--check", action="store_true", help="read everything, say what is wrong, open no port")
    return parser


if __name__ == "__main__":
    sys.exit(main())
