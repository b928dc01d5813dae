"""What the bench says of what was measured: each thing that it looks for is there once, on purpose."""

import dataclasses

import pytest

from bench import goals, race
from bench.load import Load, lost_records, rightful, wrong_identities
from bench.speed import BLOCK, Series, percentile
from testbed.credentials.grid import Bearer
from testbed.lab.record import Record, parse
from testbed.pilot.callers import Call
from testbed.site.load import example

SITE = example("setuid-gridmap")
ALICE = Bearer("alice", "/DC=org/DC=testbed/O=People/CN=Alice Archer", "alpha", ("/alpha",), "proxies/alice.pem")
BEARERS = {"alice": ALICE}
LEASES = {"alpha003": f"{ALICE.dn.lower()}:alpha", "alpha004": "/dc=org/cn=bob:alpha", "alphaprd001": ALICE.dn.lower()}
CALL = Call(117, "alice", "pilot02", 17, "50003 alice 117\n", "", 0.1)
LOG = """\
T wn glexec[9]: Used DN: "/DC=org/DC=testbed/O=People/CN=Alice Archer" Used FQAN: "/alpha"
T wn glexec[9]: real_user(pilot02),real_group(pilot)->mapped_user(alpha003),mapped_group(alpha) cwd: "/" \
cmd: "/usr/bin/dash" (="/usr/bin/dash") args: "-c stat --printf \\x22%u alice 117\\x5Cn\\x22"
T wn glexec[9]: Terminated, exit 17, CPU user 0.001 system 0.000 mapped_user(alpha003)
"""


def lost(log: str) -> list[str]:
    return lost_records([CALL], parse(log), SITE, BEARERS)


def test_who_became_the_one_whose_lease_it_is_is_right() -> None:
    assert wrong_identities([CALL], rightful(SITE, BEARERS, LEASES)) == []


@pytest.mark.parametrize(
    "said",
    [
        "50004 alice 117\n",  # the account of somebody else's lease
        "51001 alice 117\n",  # hers, but of the production pool
        "50005 alice 117\n",  # nobody's
        "40002 alice 117\n",  # the pilot's
        "50003 alice 118\n",  # not the payload that was asked for
    ],
)
def test_who_became_anybody_else_is_wrong(said: str) -> None:
    assert len(wrong_identities([dataclasses.replace(CALL, out=said)], rightful(SITE, BEARERS, LEASES))) == 1


def test_a_run_with_a_start_and_an_end_of_its_own_is_not_lost() -> None:
    assert lost(LOG) == []


@pytest.mark.parametrize(
    "log",
    [
        "",
        "".join(LOG.splitlines(keepends=True)[:2]),  # no end
        "".join(LOG.splitlines(keepends=True)[1:]),  # nobody's name
        LOG.replace("exit 17", "exit 18"),  # somebody else's end
        LOG.replace("glexec[9]: Terminated", "glexec[8]: Terminated"),
        LOG.replace("mapped_user(alpha003),", "mapped_user(alpha004),"),
        LOG + LOG.replace("glexec[9]", "glexec[10]"),  # two that claim to be it
    ],
)
def test_a_run_of_which_the_log_does_not_tell_beyond_doubt_is_lost(log: str) -> None:
    assert len(lost(log)) == 1


def test_a_call_whose_payload_never_began_has_no_record_to_be_lost() -> None:
    refused = dataclasses.replace(CALL, code=202, out="")
    no_runs: list[Record] = []
    assert lost_records([refused], no_runs, SITE, BEARERS) == []
    assert wrong_identities([refused], rightful(SITE, BEARERS, LEASES)) == []


def test_a_newcomer_without_an_account_has_failed_and_two_with_one_share_it() -> None:
    rounds: list[list[dict[str, str | int]]] = [
        [{"name": "a", "code": 0, "said": "uid 50001\n"}, {"name": "b", "code": 203, "said": ""}],
        [{"name": "a", "code": 0, "said": "uid 50001\n"}, {"name": "b", "code": 0, "said": "uid 50001\n"}],
        [{"name": "a", "code": 0, "said": "dn x\nuid 50001\nend\n"}, {"name": "b", "code": 0, "said": ""}],
    ]
    assert race.judged("glexec", rounds) == race.Race("glexec", 2, 3, 2, {"203": 1, "0": 1}, 1)


def series(name: str, *blocks: float) -> Series:
    return Series(name, "", tuple(block for block in blocks for _ in range(BLOCK)))


SPEED = {
    one.name: one
    for one in (
        series("sudo", 8, 8),
        series("plain proxy, pool: lcmaps-account", 3, 3),
        series("plain proxy, pool: glexec", 19, 19),
        series("plain proxy, set-id: glexec", 10, 11),
        series("plain proxy, log-only: glexec", 11, 12),
        series("VOMS proxy: lcmaps-account", 4, 4),
        series("VOMS proxy: glexec", 19, 19),
    )
}


def test_goals_of_speed_are_met_up_to_the_very_limit() -> None:
    assert [(goal.found, goal.allowed, goal.met) for goal in goals.of_speed(SPEED)] == [
        (19, 19, True),
        (1, 1, True),
        (19, 19, True),
    ]


@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("plain proxy, pool: glexec", [True, False, False]),
        ("plain proxy, log-only: glexec", [False, True, False]),
        ("VOMS proxy: glexec", [False, False, True]),
    ],
)
def test_a_call_that_takes_too_long_misses_its_goal_and_no_other(name: str, missed: list[bool]) -> None:
    slow = SPEED | {name: series(name, *(block + 0.5 for block in SPEED[name].blocks))}
    assert [not goal.met for goal in goals.of_speed(slow)] == missed


def test_one_wrong_identity_one_lost_record_or_one_failed_newcomer_misses_the_goal() -> None:
    load = Load(64, 60, 10, 10, {}, ("somebody",), ("something",), 1, 2, 3)
    first = race.Race("glexec", 12, 25, 1, {"203": 1}, 1)
    assert [goal.met for goal in (*goals.of_load(load), *goals.of_race([first]))] == [False] * 4


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert [percentile(range(1, 101), percent) for percent in (50, 95, 100)] == [50, 95, 100]
    assert percentile([7.0], 95) == 7.0
