"""The port of `control`: as bounded as those of the faces, and never broken."""

import socket

from aiohttp import web

from testbed.authority.conversation import Conversations
from testbed.authority.listener import Listener, Room
from testbed.authority.log import Log
from testbed.authority.settings import Settings
from testbed.authority.tls import Contexts
from testbed.model.problem import Problem

PLACES = 1024
"""Connections at a time: far more than anybody needs who governs a service."""
END = 0.5
"""Seconds in which all of them have to be over once it is to end."""


class Office:
    """Serves an application at the control port."""

    def __init__(self, application: web.Application, settings: Settings, log: Log, contexts: Contexts | None) -> None:
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False)
        self._settings = settings
        self._log = log
        self._contexts = contexts
        self._conversations: Conversations | None = None
        room = Room(PLACES, lambda peer: log.add("full", port="control", peer=peer, problem="no room"))
        self._listener = Listener("control", settings.address, settings.ports.control, self._serve, room)

    async def start(self) -> int:
        """Open the port; its number. Raises `Problem`."""
        await self._runner.setup()
        assert self._runner.server is not None
        self._conversations = Conversations(self._runner.server, self._log, self._settings.limits)
        self._listener.open()
        return self._listener.port

    async def stop(self) -> None:
        """Close it, and end every connection."""
        await self._listener.end(END)
        await self._runner.cleanup()

    async def _serve(self, listener: Listener, taken: socket.socket, peer: str) -> None:
        assert self._conversations is not None
        try:
            context = self._contexts.get(ask=False) if self._contexts else None
        except Problem as problem:  # the host's certificate is gone
            self._log.add("connection", port=listener.name, peer=peer, problem=str(problem))
            taken.close()
            return
        await self._conversations.hold(listener.name, taken, peer, context)
