"""A short run of the bench, for real: what it finds, what it writes, how it ends, what it leaves behind."""

import dataclasses
import json
from pathlib import Path

import pytest

from bench.load import under_load
from testbed.lab.images import ROOT
from testbed.lab.session import opened
from testbed.site.load import example
from testbed.site.site import SiteFile
from tests.bench.run import bench

SHORT = ("--rounds=20", "--seconds=2", "--races=1")
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock", "TESTBED_INSTALL": "no"}
LOG_DAEMON = ROOT / "images/worker-node/root/etc/rsyslog.conf"


def test_a_short_run_judges_every_goal_and_finds_everybody_themselves_and_recorded(tmp_path: Path) -> None:
    """How fast it is depends on who else uses the machine; who became whom, and what the site knows of it, never."""
    code, out, err = bench("switch", *SHORT, f"--json={tmp_path / 'bench.json'}")
    assert code in (0, 1), err
    told = json.loads((tmp_path / "bench.json").read_text())
    met = {goal["name"]: goal["met"] for goal in told["goals"]}
    assert list(met) == [
        *("plain proxy", "log-only", "VOMS proxy"),
        *("identities", "records", "first accounts", "own accounts"),
    ]
    assert code == (0 if all(met.values()) else 1)
    assert [name for name in met if f"\n{name} " not in out] == []
    assert (met["identities"], met["records"], met["own accounts"]) == (True, True, True)
    assert told["load"]["good"] >= told["load"]["callers"] == 64
    assert all(len(series["times"]) == 20 for series in told["speed"])


def test_a_log_daemon_that_limits_the_rate_loses_records_and_the_bench_sees_each() -> None:
    """rsyslog limits each process by itself (SysSock.RateLimit of imuxsock): here to one line a minute."""
    strict = LOG_DAEMON.read_bytes().replace(
        b'RateLimit.Interval="0"', b'RateLimit.Interval="60" SysSock.RateLimit.Burst="1"'
    )
    usual = example("setuid-gridmap")
    site = dataclasses.replace(usual, files=(*usual.files, SiteFile("log", "/etc/rsyslog.conf", strict, 0o644, 0, 0)))
    with opened(site.vos) as lab, lab.pool.lease(site) as world:
        load = under_load(world, seconds=2, at_once=8)
    assert load.wrong == ()
    assert len(load.lost) == load.good > 0


@pytest.mark.parametrize("word", ["--seconds=0", "--rounds=1", "--callers=many"])
def test_what_makes_no_sense_is_refused_before_anything_is_done(word: str) -> None:
    code, _, err = bench("switch", word, **NO_ENGINE)
    assert code == 2
    assert "at least" in err


def test_without_an_engine_nothing_is_measured() -> None:
    code, _, err = bench("switch", **NO_ENGINE)
    assert code == 2
    assert "bench/switch: " in err
