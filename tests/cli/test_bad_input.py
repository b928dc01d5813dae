"""Bad input: a clear message, exit code 2, before anything is started. There is no engine here to start anything on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from testbed import cli
from testbed.site.starter import init
from tests.cli.conftest import NO_ENGINE, Command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["run", "--mode", "setiud"], "did you mean 'setuid'?"),
        (["run", "setuid-gridmap-bob-proxy"], "no cell has the id 'setuid-gridmap-bob-proxy'"),
        (["run", "setuid-gridmpa"], "did you mean 'gridmap'?"),
        (["run", "--site", "nowhere"], "there is no such folder"),
        (["run", "--site", "."], "the folder has no site.toml"),
        (["explain", "setuid-gridmap-daev"], "did you mean 'dave'?"),
        (["explain", "setuid-gridmap", "--site", "nowhere"], "there is no such folder"),
        (["explain", "--answers", "--site", "nowhere"], "there is no such folder"),
        (["explain"], "one of the arguments CELL --answers is required"),
        (["explain", "setuid-gridmap", "--answers"], "not allowed with argument"),
        (["shell", "piolt"], "did you mean 'pilot'?"),
        (["init", "mine", "--from", "setuid-gridmpa"], "setuid-gridmap"),
        (["diff", "this", "that"], "the results of this run cannot be read"),
        (["gc"], "no container engine answers"),
        (["down"], "no container engine answers"),
        (["shell", "setuid"], "no container engine answers"),
        (["ban", "beta"], "no container engine answers"),
        (["queue", "list"], "no container engine answers"),
        (["queue"], "the following arguments are required: submit|list|show|cancel"),
        (["queue", "show"], "the following arguments are required: PAYLOAD"),
        (["fleet"], "the following arguments are required: start|show|stop"),
        (["fleet", "start"], "the following arguments are required: --node"),
        (["fleet", "show"], "no container engine answers"),
        (["ban"], "the following arguments are required: DN|FQAN|VO"),
        (["unban", "beta", "--local", "--central"], "not allowed with argument --local"),
        (["unbna", "beta"], "did you mean 'unban'?"),
        (["run"], "the container engine does not answer"),
        (["up"], "the container engine does not answer"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_said_at_once(testbed: Command, words: list[str], message: str) -> None:
    said = testbed(*words)
    assert said.code == 2
    assert message in said.err
    assert said.work < 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a payload needs a command"),
        (["--", ""], "a payload needs a command"),
        (["--priority", "5000", "--", "id"], "-1000 to 1000"),
        (["--priority", "high", "--", "id"], "invalid int value: 'high'"),
        (["--seconds", "nan", "--", "id"], "above 0, at most 3600"),
        (["--seconds", "-1", "--", "id"], "above 0, at most 3600"),
        (["--memory", "-1", "--", "id"], "0 to 16777216"),
        (["--attempts", "0", "--", "id"], "1 to 10"),
        (["--mode", "setiud", "--", "id"], "did you mean 'setuid'?"),
        (["--pilot", "setiud", "--", "id"], "did you mean 'setuid'?"),
        (["--user", "a\nb", "--", "id"], "without control characters"),
        (["--role", "x" * 1000, "--", "id"], "a role is a short text"),
        (["--sandbox", "nowhere", "--", "id"], "a sandbox that cannot be read"),
        (["--sandbox", "/dev/zero", "--", "id"], "a sandbox that cannot be read"),
        (["--sandbox", "/etc/passwd", "--", "id"], "a sandbox that cannot be read"),
    ],
)
def test_a_payload_that_makes_no_sense_is_refused_before_an_engine_is_looked_for(
    words: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in NO_ENGINE.items():
        monkeypatch.setenv(name, value)
    try:
        code: object = cli.main(["queue", "submit", *words])
    except SystemExit as exit_:  # as argparse ends
        code = exit_.code
    assert code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('installation = "setuid"', 'installation = "setiud"', "setuid"),
        ("[pools]", "[pool]", "pools"),
        ("[answers]", "[answers", "site.toml"),
    ],
)
def test_a_mistake_in_site_toml_starts_nothing(
    testbed: Command, tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    folder = tmp_path / "mine"
    init(folder, "setuid-gridmap")
    text = (folder / "site.toml").read_text()
    assert right in text
    (folder / "site.toml").write_text(text.replace(right, wrong))
    said = testbed("run", "--site", str(folder))
    assert said.code == 2
    assert "site.toml:" in said.err
    assert message in said.err
    assert said.work < 2


def test_a_site_whose_own_files_are_wrong_starts_nothing(testbed: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    init(folder, "setuid-gridmap")
    (folder / "grid-mapfile").write_text('"/alpha" .nobody\n')
    said = testbed("run", "--site", str(folder))
    assert said.code == 2
    assert "grid-mapfile" in said.err
    assert "mistake" in said.err
    assert said.work < 2


def test_a_cell_that_no_scenario_has_is_no_success(tmp_path: Path) -> None:
    words = ["-qq", "-p", "testbed.plugin", "-p", "no:cacheprovider", "--cell=none-gridmap-carol-pilots-process"]
    scenarios = Path(__file__).parents[2] / "scenarios"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--results={tmp_path}", str(scenarios)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode not in (0, 1)
    assert "nothing was run: no cell was chosen" in done.stdout


def test_every_cell_that_is_listed_can_be_explained(testbed: Command) -> None:
    listed = json.loads(testbed("list", "--json").out)
    cells = sorted({line["cell"] for line in listed})
    assert len(cells) > 20
    for cell in cells:
        assert cli.main(["explain", cell]) == 0, cell


def test_a_reader_may_leave_in_the_middle_of_a_list() -> None:
    command = [sys.executable, "-m", "testbed", "list"]
    reading, writing = os.pipe()
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE, text=True) as listing:
        os.close(reading)
        os.close(writing)
        _, err = listing.communicate(timeout=60)
    assert err == ""
    assert listing.returncode == 2
