"""The command: starts, says what listens where, says what is wrong, ends when told."""

import contextlib
import http.client
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.authority.live import FREE, Folder, folder, running


@pytest.fixture
def made(tmp_path: Path) -> Folder:
    return folder(tmp_path)


def authority(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "testbed.authority", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def of(made: Folder) -> list[str]:
    return ["--folder", str(made.path), "--grid-security", str(made.grid)]


def test_check_reads_everything_and_opens_nothing(made: Folder) -> None:
    done = authority(*of(made), "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "all is well" in done.stdout


def break_policy(made: Folder) -> None:
    (made.path / "policy.spl").write_text('resource "x" { action "y" { rule allow { vo = "alpha" } } }')


def break_settings(made: Folder) -> None:
    (made.path / "authority.toml").write_text("[limit]\nqueue = 1\n")


def break_value(made: Folder) -> None:
    (made.path / "authority.toml").write_text('[ports]\nargus = "8154"\n')


def break_token(made: Folder) -> None:
    (made.path / "token").chmod(0o644)


def lose_token(made: Folder) -> None:
    (made.path / "token").unlink()


def lose_key(made: Folder) -> None:
    (made.grid / "hostkey.pem").unlink()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (break_policy, "policy.spl, line 1, column 34"),
        (break_settings, "say limits"),
        (break_value, "a number, 0 or more"),
        (break_token, "mode 644"),
        (lose_token, "the control port has no token"),
        (lose_key, "a certificate of the service cannot be used"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_bad_input_is_a_problem_and_exit_2(made: Folder, broken: object, said: str, check: bool) -> None:
    assert callable(broken)
    broken(made)
    done = authority(*of(made), *(["--check"] if check else []))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_who_says_no_file_is_told_how_one_is_said(tmp_path: Path) -> None:
    done = authority("--folder", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "--policy FILE" in done.stderr


def test_a_port_that_is_taken_is_a_problem(made: Folder) -> None:
    with running(made) as live:
        port = live.ports["grid"]
        (made.path / "authority.toml").write_text(f'address = "127.0.0.1"\n[ports]\nargus = 0\ngrid = {port}\n')
        done = authority(*of(made))
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr


def test_it_ends_within_a_second_whatever_is_connected(made: Folder) -> None:
    with running(made) as live:
        live.put("hang-after-accept")
        with pytest.raises(TimeoutError):
            live.connect(limit=0.2)
        live.control("DELETE", "/fault")
        with live.connect() as held:
            held.sendall(b"POST /authz HTTP/1.1\r\n")
            started = time.monotonic()
            live.process.send_signal(signal.SIGTERM)
            assert live.process.wait(timeout=5) == 0
            assert time.monotonic() - started < 1


def test_by_hand_it_serves_plain_on_loopback_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "policy.spl").write_text('resource ".*" { action ".*" { rule permit { vo = "alpha" } } }')
    (tmp_path / "authority.toml").write_text(FREE)
    command = [sys.executable, "-m", "testbed.authority", "--policy", str(tmp_path / "policy.spl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "plain HTTP, on loopback only, no token wanted" in process.stderr.readline()
            said = [process.stderr.readline() for _ in range(6)]
            assert all(" http://127.0.0.1:" in line for line in said)
            ports = {line.split()[1]: int(line.split()[0].rpartition(":")[2]) for line in said}
            assert get(ports["argus"], "/status").startswith("service: Argus PEP Server\nstatus: ok\n")
            assert '"fault": "none"' in get(ports["control"], "/fault")
            assert "no TLS that could be broken" in get(ports["control"], "/fault", "PUT", '{"fault": "tls-expired"}')
            get(ports["argus"], "/nothing")
            assert process.stdout is not None
            assert '"no such path"' in process.stdout.readline()
        finally:
            process.terminate()
    assert process.returncode == 0


def get(port: int, path: str, method: str = "GET", body: str | None = None) -> str:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request(method, path, body)
        return connection.getresponse().read().decode()


def test_it_is_ready_soon(made: Folder) -> None:
    """A second is the goal, measured here from the outside and on a machine that is busy with other tests."""
    started = time.monotonic()
    with running(made) as live:
        assert live.control("GET", "/ready")
        assert time.monotonic() - started < 3
