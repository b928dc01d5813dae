"""A whole service, from its files to its open ports and back to nothing."""

import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from aiohttp import web

from testbed.authority import admin
from testbed.authority.breakage import Breaker
from testbed.authority.chain import Chains
from testbed.authority.control import Control
from testbed.authority.desk import Desk, Routes
from testbed.authority.gate import Gate
from testbed.authority.log import Log
from testbed.authority.office import Office
from testbed.authority.server import Server
from testbed.authority.service import Service
from testbed.authority.settings import Settings
from testbed.authority.tls import Contexts
from testbed.authority.trust import Trust
from testbed.model.problem import Problem

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Files:
    """Where a grid host has what it believes and shows; ``/etc/grid-security`` unless told otherwise."""

    grid_security: Path = Path("/etc/grid-security")
    others: Path = Path("/etc/testbed-authority/tls")
    """Certificates for faults."""
    secure: bool = True
    """Whether TLS is spoken at all."""


@dataclass
class Running:
    """Everything that runs. `start` opens the ports; `stop` ends all of it within a second."""

    service: Service
    routes: Routes
    settings: Settings
    files: Files
    token: str
    log: Log
    _runners: list[web.AppRunner] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.breaker = Breaker()
        self.trust = Trust(self.files.grid_security / "certificates", self.files.grid_security / "vomsdir")
        self.chains = Chains(self.trust)
        self.contexts: Contexts | None = None
        if self.files.secure:
            host = self.files.grid_security
            self.contexts = Contexts(host / "hostcert.pem", host / "hostkey.pem", self.files.others, self.trust)
        self.desk = Desk(self.service, self.routes, self.chains, self.breaker, self.log, Gate(self.settings.limits))
        self.server: Server | None = None
        self.office: Office | None = None

    async def start(self) -> Mapping[str, int]:
        """Open every port; which ones. Raises `Problem`."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
        server = self.server = Server(self.settings, self.desk, self.breaker, self.log, self.contexts)
        control = Control(self.service, server, self.breaker, self.log, self.trust, self.chains)
        pepdctl = admin.application(self.desk.counters, self.service.clear, self.log)
        ports = self.settings.ports
        server.start()
        opened = {name: listener.port for name, listener in server.listeners.items()}
        opened["admin"] = await self._site("admin", pepdctl, LOOPBACK, ports.admin)
        self.office = Office(control.application(self.token), self.settings, self.log, self.contexts)
        opened["control"] = await self.office.start()
        return opened

    async def stop(self) -> None:
        """Close every port and end every connection."""
        if self.server is not None:
            await self.server.stop()
        if self.office is not None:
            await self.office.stop()
        for runner in self._runners:
            await runner.cleanup()

    async def _site(self, name: str, application: web.Application, address: str, port: int) -> int:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handle_signals=False)
        self._runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, address, port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            raise Problem(
                f"cannot listen at the port of {name}",
                where=f"{address}:{port}",
                cause=str(error),
                remedy="end what listens there, or say another port in authority.toml",
            ) from None
        return int(runner.addresses[0][1])


def read_token(file: Path) -> str:
    """The token of the control port. Raises `Problem` where it is missing, or known to others."""
    try:
        text, mode = file.read_text("ascii").strip(), file.stat().st_mode
    except (OSError, ValueError) as error:
        raise Problem("the control port has no token", where=str(file), cause=str(error)) from None
    if mode & 0o077 or len(text) < 16:
        raise Problem(
            "the token of the control port is no secret",
            where=str(file),
            found=f"mode {mode & 0o777:o}, {len(text)} characters",
            expected="mode 600, at least 16 characters",
            remedy=f"(umask 077; openssl rand -hex 32 > {file})",
        )
    return text


def open_log(settings: Settings) -> Log:
    """The decision log as the settings want it. Raises `Problem`."""
    stream: TextIO | None = None
    if settings.log_file == "-":
        stream = sys.stdout
    elif settings.log_file:
        try:
            stream = Path(settings.log_file).open("a", encoding="utf-8")  # noqa: SIM115  it is open as long as we run
        except OSError as error:
            raise Problem("cannot write the decision log", where=settings.log_file, cause=str(error)) from None
    return Log(settings.limits.log, stream)
