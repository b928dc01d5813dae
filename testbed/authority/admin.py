"""The plain port on loopback at which ``pepdctl`` asks the PEP daemon for its status and clears its memory."""

from collections.abc import Callable

from aiohttp import web

from testbed.authority.log import Log
from testbed.authority.status import Counters


def application(counters: Counters, clear: Callable[[], None], log: Log) -> web.Application:
    """``/status`` and ``/clearResponseCache`` (200 and no body), as argus-pep-server has them. No ``/shutdown``."""

    async def status(request: web.Request) -> web.Response:
        return web.Response(text=counters.page())

    async def clear_response_cache(request: web.Request) -> web.Response:
        clear()
        log.add("control", event="clear-response-cache", by="pepdctl")
        return web.Response()

    made = web.Application()
    made.router.add_get("/status", status)
    made.router.add_get("/clearResponseCache", clear_response_cache)
    return made
