"""The gatekeeper's own decisions: what it reads of glexec.conf, what it makes of a job's end, what it does not take."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from testbed.pilot.payload import Report, State
from testbed.site.load import example

HERE = Path(__file__).parents[2] / "testbed" / "node" / "gatekeeper.py"


@pytest.fixture(scope="module")
def gatekeeper() -> ModuleType:
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("gatekeeper", HERE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["gatekeeper"] = module  # dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def test_it_reads_the_section_of_glexec_conf_and_nothing_beside_it(gatekeeper: ModuleType) -> None:
    conf = example("setuid-gridmap").file("glexec.conf")
    assert conf
    text = "lcmaps_db_file = /etc/before.db\n" + conf.content.decode() + "\n[other]\nlcmaps_db_file = /etc/after.db\n"
    settings = gatekeeper.settings(text)
    assert settings["lcmaps_db_file"] == "/etc/lcmaps/lcmaps-glexec.db"
    assert settings["lcmaps_get_account_policy"] == "glexec_get_account"
    assert gatekeeper.settings('[glexec]\nlcmaps_db_file = "/etc/a.db" # said\n')["lcmaps_db_file"] == "/etc/a.db"


@pytest.mark.parametrize(
    ("out", "code", "why", "state"),
    [
        (b"started 50001 alpha001 node\nhello\n", 3, "", State.ENDED),
        (b"started 50001 alpha001 node\nhel", None, "hung", State.HUNG),
        (b"started 50001 alpha001 node\n", None, "lost", State.LOST),
        (b"sh: no such file\n", 127, "", State.RETURNED),
    ],
)
def test_what_it_tells_of_a_job_is_a_report_that_the_vo_reads(
    gatekeeper: ModuleType, capsys: pytest.CaptureFixture[str], out: bytes, code: int, why: str, state: State
) -> None:
    account = gatekeeper.Account(50001, 50000, ())
    gatekeeper.tell(gatekeeper.judged(account, code, out, b"", why))
    report = Report.parse({**json.loads(capsys.readouterr().out), "payload": "payload-1", "pilot": "pilot-1"})
    assert (report.state, report.code) == (state, code)
    assert (report.identity is not None) is (state is not State.RETURNED)
    assert b"started" not in report.out


@pytest.mark.parametrize("request_", [b"", b"[]", b'{"proxy": "PEM"}', b'{"proxy": "PEM", "job": {}, "orders": {}}'])
def test_a_request_that_makes_no_sense_is_refused(request_: bytes) -> None:
    done = subprocess.run([sys.executable, HERE], input=request_, capture_output=True, timeout=10, check=False)
    assert done.returncode == 2
    assert b"cannot be read" in done.stderr
    assert not done.stdout
