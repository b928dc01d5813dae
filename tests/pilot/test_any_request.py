"""Whatever is asked of the VO, whichever request it is: an answer that is documented, never a mistake of ours.

The requests are those of `ROUTES`, so one that is added there is asked here too.
"""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.client import Vo, _Connection
from testbed.pilot.home import Home
from testbed.pilot.order import Node, Order
from testbed.pilot.payload import Payload, Report, State
from testbed.pilot.plan import Plan
from testbed.pilot.routes import ROUTES
from testbed.pilot.server import PARTS, Server
from tests.pilot.conftest import Grid, served

EXAMPLES = 25
"""Of each request; 600 of each found no more."""
DOCUMENTED = {200, 400, 403, 404, 409}
GOOD: tuple[dict[str, Any], ...] = (
    Payload("alice", ("/bin/true",)).json(),
    Report("payload-1", State.STARTED, "mine").json(),
    Order(Mode.NONE).json(),
    {"pilot": "mine", "request": "1", "offer": {"mode": "none", "memory": 5, "vos": ["alpha"], "seconds": 10.0}},
    Plan("usual", Order(Mode.NONE), ({"name": "here"},)).json(),
    {"pem": "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n"},
)
"""Bodies that make sense somewhere; parts of them are put in each other's places."""
NAMES = ("payload-1", "payload-2", "payload-99", "pilot-1", "pilot-99", "alice", "nobody", "usual", "a")
LIMITS = ("0.001", "0", "-1", "nan", "inf", "1e9", "x", "")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**301)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["none", "setuid", "alice", "mine", "started", "yes", "\ud800", "a\0b", "-1", "payload-1"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=4), inside, max_size=3),
    max_leaves=6,
)
KEYS = sorted({key for body in GOOD for key in body})


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """A good body with some of it otherwise, or anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    body = dict(draw(st.sampled_from(GOOD)))
    for key in draw(st.lists(st.sampled_from(sorted(body) * 3 + KEYS), max_size=2)):
        body[key] = draw(VALUES)
    for key in draw(st.lists(st.sampled_from(sorted(body)), max_size=1)):
        del body[key]
    return body


class Caller:
    """One connection that is kept, and made anew when it was closed."""

    def __init__(self, vo: Vo) -> None:
        self._vo = vo
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        if self._connection is None or self._connection.sock is None:
            self._connection = _Connection(self._vo.address, self._vo.port, self._vo._context, 20)
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def caller(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Somebody who asks a VO, as its pilot, that reaches no worker node."""

    def reach(home: Home, node: Node) -> NoReturn:
        raise Problem("no worker node can be reached from here", found=node.name)

    file: Path = tmp_path_factory.mktemp("queue") / "queue.db"
    with served(lambda: Server(Home.open(grid.folder), "127.0.0.1", 0, reach, file=file)) as server:
        ca = grid.authority.identity.certificate_pem
        vo = Vo("127.0.0.1", proxy=grid.proxy("pilot"), authorities=ca, port=server.port)
        vo.submit(Payload("alice", ("/bin/true",), attempts=9))
        vo._post("/next", {"pilot": "mine", "offer": {"mode": "none"}})
        yield Caller(vo)
        assert vo.ready(limit=5)


def paths(pattern: str) -> st.SearchStrategy[str]:
    """Places that this request has, and what may stand after it."""
    name = st.sampled_from(NAMES)
    query = st.dictionaries(
        st.sampled_from(["until", "waiting", "x"]), st.sampled_from(["end", "yes", "%00"]), max_size=2
    )
    limit = st.sampled_from(LIMITS)
    return st.builds(
        lambda name, query, limit: (
            re.sub(r"\(\[.*?\)", name, pattern)
            + "?"
            + "&".join(f"{k}={v}" for k, v in {**query, "limit": limit}.items())
        ),
        name,
        query,
        limit,
    )


@pytest.mark.parametrize(("method", "pattern"), [route[:2] for route in ROUTES], ids=lambda word: word)
def test_whatever_is_asked_the_answer_is_one_of_those_that_are_documented(
    caller: Caller, method: str, pattern: str
) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(path=paths(pattern), body=bodies())
    def ask(path: str, body: Any) -> None:
        data = json.dumps(body).encode() if method == "POST" else None
        status, answer = caller.ask(method, path, data)  # also over a connection that was kept: none is dropped
        assert status in DOCUMENTED, answer
        assert isinstance(answer, dict)
        if status != 200:
            assert set(answer["problem"]) == set(PARTS)
            assert answer["problem"]["what"]
            assert len(json.dumps(answer)) < 4000

    ask()
