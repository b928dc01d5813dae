"""Every request that the VO understands, and what it does then."""

from collections.abc import Awaitable, Callable

from testbed.pilot.ban_office import ban, show_bans, unban
from testbed.pilot.fleet_office import show_fleets, start_fleet, stop_fleet
from testbed.pilot.office import Answer, Office
from testbed.pilot.own_office import renew_own
from testbed.pilot.proxy_office import keep_proxy, request_proxy, tell_proxies
from testbed.pilot.work_office import give_proxy, give_work, hear, tell_ban

Act = Callable[..., Awaitable[Answer]]

ROUTES: tuple[tuple[str, str, Act], ...] = (
    ("GET", r"/ready", Office.ready),
    ("POST", r"/payloads", Office.submit),
    ("GET", r"/payloads", Office.list),
    ("GET", r"/payloads/([\w-]+)", Office.look),
    ("GET", r"/payloads/([\w-]+)/history", Office.tell_history),
    ("GET", r"/payloads/([\w-]+)/outputs", Office.tell_outputs),
    ("POST", r"/payloads/([\w-]+)/stop", Office.stop_payload),
    ("POST", r"/payloads/([\w-]+)/proxy", give_proxy),
    ("POST", r"/payloads/([\w-]+)/ban", tell_ban),
    ("GET", r"/bans", show_bans),
    ("POST", r"/bans", ban),
    ("POST", r"/bans/end", unban),
    ("GET", r"/proxies", tell_proxies),
    ("POST", r"/proxies/([\w-]+)", keep_proxy),
    ("POST", r"/proxies/([\w-]+)/request", request_proxy),
    ("POST", r"/pilots", Office.start_pilot),
    ("GET", r"/pilots/([\w-]+)", Office.look_at_pilot),
    ("POST", r"/pilots/([\w-]+)/stop", Office.stop_pilot),
    ("POST", r"/pilots/([\w-]+)/proxy", renew_own),
    ("POST", r"/fleets", start_fleet),
    ("GET", r"/fleets", show_fleets),
    ("POST", r"/fleets/([\w-]+)/stop", stop_fleet),
    ("POST", r"/next", give_work),
    ("POST", r"/reports", hear),
)
"""Every request there is. The body of a GET is its query."""
