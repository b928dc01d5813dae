"""Light pilots against a real VO; and whatever goes wrong in a crowd is noticed."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.credentials.grid import Bearer
from testbed.lab.record import Record
from testbed.pilot.client import NAME
from testbed.pilot.crowd import Result, Run
from testbed.pilot.payload import Payload, State
from testbed.site.load import example
from tests.pilot.conftest import Grid, Side

CROWD = Path(__file__).parents[2] / "testbed/node/crowd.py"
MANY = 20
SITE = example("setuid-gridmap")
ALICE = Bearer("alice", "/DC=org/DC=testbed/O=People/CN=Alice Archer", "alpha", ("/alpha",), "proxies/alice.pem")
UID = next(account.uid for pool in SITE.pools for account in pool.accounts if account.name == "alpha001")
RUN = Run("light-1", "payload-1", "alice", 0, State.ENDED, 0, 0, False, 0.5, 0.1)
LINES = ("real_user(pilot01)", "Terminated, exit 0")
RECORD = Record(7, ALICE.dn, (), "pilot01", "alpha001", "/", "dash (/usr/bin/dash) 'word-1-0'", 0, LINES)
GOOD = Result(
    *({"payload-1": ("word-1-0", "alice")}, [RUN], 1.0, [], {"payload-1": State.ENDED}),
    *({"word-1-0": [UID]}, [RECORD], {}),
)


def bad(result: Result) -> list[str]:
    """What is wrong with it."""
    found = {
        "lost": result.unheard,
        "twice": result.twice,
        "stranger": result.strangers(SITE, {"alice": ALICE}.__getitem__),
        "misjoined": result.misjoined(),
    }
    return [name for name, each in found.items() if each]


def test_a_crowd_in_which_nothing_went_wrong_is_judged_so() -> None:
    assert bad(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"states": {"payload-1": State.STARTED}}, ["lost"]),
        ({"ran": {}}, ["lost"]),
        ({"ran": {"word-1-0": [UID, UID]}}, ["misjoined"]),
        ({"histories": {"payload-1": "queued again"}}, ["twice"]),
        ({"ran": {"word-1-0": [0]}}, ["stranger"]),
        ({"ran": {"word-1-0": [UID + 1000]}}, ["stranger"]),
        ({"recorded": []}, ["stranger", "misjoined"]),
        ({"recorded": [dataclasses.replace(RECORD, dn="/CN=Somebody")]}, ["stranger"]),
        (
            {
                "ran": {"word-1-0": [UID, UID]},
                "recorded": [dataclasses.replace(RECORD, dn="/CN=Somebody"), RECORD],
                "histories": {"payload-1": "queued again"},
            },
            ["twice", "stranger"],
        ),
        ({"recorded": [dataclasses.replace(RECORD, lines=LINES[:1])]}, ["misjoined"]),
    ],
)
def test_what_goes_wrong_in_a_crowd_is_noticed(changes: dict[str, object], found: list[str]) -> None:
    assert bad(dataclasses.replace(GOOD, **changes)) == found  # type: ignore[arg-type]


def loose(side: Side, grid: Grid, switch: str) -> tuple[list[str], dict[str, object]]:
    """Payloads, and what a crowd of light pilots with this switch made of them."""
    payloads = side.vo.submit_all([Payload("alice", ("/bin/true",), attempts=2) for _ in range(MANY)])
    plan = {
        "pilots": MANY,
        "within": 0.2,
        "vo": {"name": NAME, "address": "127.0.0.1", "port": side.port},
        "ca": side.ca.decode(),
        "proxy": grid.proxy("pilot").decode(),
        "mode": "setuid",
        "slot": "",
        "switch": switch,
        "at_once": 4,
        "limit": 60,
    }
    done = subprocess.run([sys.executable, CROWD], input=json.dumps(plan).encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return list(payloads), json.loads(done.stdout)


def test_every_light_pilot_runs_a_payload_and_says_so(
    side: Side, grid: Grid, script: Callable[[str], str], tmp_path: Path
) -> None:
    payloads, told = loose(side, grid, script('exec "$@"'))
    assert [side.vo.wait(each, limit=0.001).state for each in payloads] == [State.ENDED] * MANY
    assert told["gave_up"] == []
    assert not list(tmp_path.glob("crowd-*"))


def test_an_internal_error_is_tried_again_and_what_is_refused_goes_back(
    side: Side, grid: Grid, script: Callable[[str], str], tmp_path: Path
) -> None:
    once = f'mkdir "{tmp_path}/$GLEXEC_ID" 2>/dev/null && exit 202; case $GLEXEC_ID in *-3) exit 203;; esac; exec "$@"'
    payloads, told = loose(side, grid, script(once))
    states = [side.vo.wait(each, limit=0.001).state for each in payloads]
    assert states == [State.ENDED] * 2 + [State.RETURNED] + [State.ENDED] * (MANY - 3)
    calls = told["calls"]
    assert isinstance(calls, list)
    assert sum(call["internal"] for call in calls) == MANY


@pytest.mark.parametrize("said", ["head -c 200000 /dev/zero | tr '\\0' x", "head -c 3000000 /dev/zero", "printf half"])
def test_a_switch_that_says_very_much_or_half_a_line_ends_no_crowd(
    side: Side, grid: Grid, script: Callable[[str], str], said: str
) -> None:
    """A first line of more than 64 KiB is no start handshake; of what is said a mebibyte is kept."""
    much = f"case $GLEXEC_ID in *-3) {said}; {said} >&2;; esac; exit 203"
    payloads, told = loose(side, grid, script(much))
    reports = [side.vo.wait(each, limit=0.001) for each in payloads]
    assert [report.state for report in reports] == [State.RETURNED] * MANY
    assert told["gave_up"] == []
    assert len(reports[2].out) == len(reports[2].err) > 3
