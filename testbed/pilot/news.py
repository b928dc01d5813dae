"""Waiting for a change of a payload or a pilot, by any number of requests at once. Used from the event loop only."""

import asyncio


class News:
    """Who waits for what."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    def tell(self, ident: str) -> None:
        """Wake everybody who waits for this."""
        for one in self._waiting.pop(ident, ()):
            if not one.done():
                one.set_result(None)

    async def wait(self, ident: str, limit: float) -> None:
        """Wait for a change, ``limit`` seconds at most."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(ident, set()).add(mine)
        try:
            await asyncio.wait([mine], timeout=limit)
        finally:
            waiting = self._waiting.get(ident)
            if waiting is not None:
                waiting.discard(mine)
                if not waiting:
                    del self._waiting[ident]
