"""One port: takes connections as long as there is room, and knows which ones it has."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

from testbed.model.problem import Problem

Serve = Callable[["Listener", socket.socket, str], Awaitable[None]]
"""Does everything with one connection, closes it too: the listener, the socket, the other side's address."""

BACKLOG = 4096
AT_A_TIME = 64
"""Connections taken before others get their turn."""


class Room:
    """How many connections there may be, over all ports."""

    def __init__(self, limit: int, refuse: Callable[[str], None]) -> None:
        self.limit = limit
        self.taken = 0
        self.refuse = refuse
        """Told the address of whoever found none."""


class Listener:
    """A port that can be opened, closed and left unattended."""

    def __init__(self, name: str, address: str, port: int, serve: Serve, room: Room) -> None:
        self.name = name
        self.address = address
        self.port = port
        """Once open, the one that it has."""
        self._serve = serve
        self._room = room
        self._socket: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.attended = False
        """Whether it is open, and connections are taken."""

    def open(self, attended: bool = True) -> None:
        """Listen; unattended, the kernel queues connections and nobody takes them."""
        self.close()
        listening = socket.socket(socket.AF_INET6 if ":" in self.address else socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        try:
            listening.bind((self.address, self.port))
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            raise Problem(
                f"cannot listen at the port of {self.name}",
                where=f"{self.address}:{self.port}",
                cause=str(error),
                remedy="end what listens there, or say another port in authority.toml",
            ) from None
        self._socket, self.port = listening, listening.getsockname()[1]
        self.attended = attended
        if attended:
            asyncio.get_running_loop().add_reader(listening, self._take)

    def close(self) -> None:
        """Listen no more. Who waits in the kernel's queue is reset."""
        if self._socket is not None:
            if self.attended:
                asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket, self.attended = None, False

    def drop(self) -> None:
        """End every connection at once."""
        for task in list(self._tasks):
            task.cancel()

    async def end(self, within: float) -> None:
        """Close, drop, and see everything off."""
        self.close()
        self.drop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)

    def _take(self) -> None:
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        for _ in range(AT_A_TIME):
            try:
                taken, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # out of descriptors or memory: later, not as fast as the loop can turn
                self._room.refuse(f"nobody: {error}")
                loop.remove_reader(self._socket)
                loop.call_later(0.1, self._watch_again, self._socket)
                return
            if self._room.taken >= self._room.limit:
                self._room.refuse(str(peer[0]))
                reset(taken)
                taken.close()
                continue
            taken.setblocking(False)
            self._room.taken += 1
            task = loop.create_task(self._served(taken, f"{peer[0]}:{peer[1]}"))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _watch_again(self, listening: socket.socket) -> None:
        if listening is self._socket and self.attended:
            asyncio.get_running_loop().add_reader(listening, self._take)

    async def _served(self, taken: socket.socket, peer: str) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await self._serve(self, taken, peer)
        finally:
            self._room.taken -= 1


def reset(connection: socket.socket) -> None:
    """Make closing this connection a reset (RST), with nothing more sent."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
