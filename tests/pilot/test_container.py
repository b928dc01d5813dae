"""The parts of mode container's launcher that need no container."""

import json
import os
import subprocess
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from testbed.model.containment import USUAL
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.node.agent.handshake import NAMESPACES, in_own_namespaces, parsed_start
from testbed.node.agent.modes import MODES
from testbed.node.agent.sandbox import Sandbox
from testbed.node.container.container import LAST_WORDS, Container
from testbed.node.container.failure import FAILED, Failure
from testbed.node.container.launcher import main
from testbed.node.container.options import Options
from testbed.node.container.payload import private, read_proxy
from testbed.node.container.refusal import refusal
from testbed.pilot import judge, payload
from testbed.pilot.order import Order
from testbed.pilot.payload import Identity


def test_the_model_and_the_launcher_have_the_same_options() -> None:
    assert asdict(Options()) == dict(USUAL)


def test_all_mean_the_same_namespaces() -> None:
    assert set(NAMESPACES) == judge.CONTAINER == set(payload.NAMESPACES)


def test_an_order_says_what_its_containers_share() -> None:
    order = Order(Mode.CONTAINER, container={"pid": "shared"})
    assert Order.parse(order.json()) == Order.parse(json.loads(json.dumps(order.json())))
    assert Order.parse(order.json()).container == {"pid": "shared"}
    with pytest.raises(Problem, match="no such option"):
        Order.parse({**order.json(), "container": {"pit": "shared"}})


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("{", "--options is no JSON"),
        ("[" * 100000, "--options is no JSON"),
        ("[]", "--options is no JSON object"),
        ('{"pit": "own"}', "--options has no 'pit'"),
        ('{"pid": "mine"}', "--options: pid is 'mine'"),
        ('{"pid": true}', "--options: pid is 'True'"),
        ('{"new_session": "own"}', "--options: new_session is 'own'"),
    ],
)
def test_options_that_make_no_sense_are_the_launchers_own_failure(
    text: str, cause: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--options", text, "--", "/usr/bin/true"]) == FAILED
    assert capfd.readouterr().err.startswith(f"[container]: {cause}")


@pytest.mark.parametrize(
    "words", [[], ["--", "true"], ["--limit", "0", "--", "/usr/bin/true"], ["--limit", "nan", "--", "/usr/bin/true"]]
)
def test_what_cannot_be_run_is_refused_in_one_line(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words) == FAILED
    said = capfd.readouterr().err
    assert said.startswith("[container]: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "cause", "remedy"),
    [
        ("user/max_user_namespaces", "0", "user.max_user_namespaces is 0", "user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "userns_clone is 0", "kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "unprivileged_userns is 1", "unprivileged_userns=0"),
    ],
)
def test_the_kernel_setting_that_forbids_is_named_with_what_undoes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, cause: str, remedy: str
) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.setattr("testbed.node.container.refusal.SETTINGS", tmp_path)
    failure = refusal("bwrap: No permissions to create a new namespace, likely because ...\n", 1)
    assert cause in failure.cause
    assert remedy in failure.remedy


def test_a_proc_that_is_covered_is_named_as_the_cause() -> None:
    failure = refusal("bwrap: Can't mount proc on /proc: Operation not permitted\n", 1)
    assert failure.cause.startswith("no fresh /proc")


def test_the_proxy_of_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "proxy")
    with pytest.raises(Failure, match="is no plain file"):
        read_proxy(str(tmp_path / "proxy"))


def test_a_folder_that_others_can_look_into_is_not_shown_as_the_proxys(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(Failure, match="is no private folder"):
        private(str(tmp_path))


OURS = {"user": "[1]", "mnt": "[2]", "pid": "[3]", "ipc": "[4]"}


def test_the_handshake_names_the_namespaces_of_the_payload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testbed.node.agent.handshake.own_namespaces", lambda: OURS)
    line = b"started 40001 pilot01 container user:[11] mnt:[12] pid:[13] ipc:[14]\n"
    seen, out = parsed_start(line + b"out")
    assert (seen["host"], out) == ("container", b"out")
    assert in_own_namespaces(seen)
    assert Identity.parse(seen).apart == judge.CONTAINER


@pytest.mark.parametrize("named", [b"", b" ", b" user:[11] mnt:[12] pid:[13]", b" user:[11] mnt:[12] pid:[3] ipc:[14]"])
def test_what_is_not_named_or_is_the_pilots_own_is_no_proof(named: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testbed.node.agent.handshake.own_namespaces", lambda: OURS)
    seen, _ = parsed_start(b"started 40001 pilot01 container" + named + b"\n")
    assert not in_own_namespaces(seen)
    assert Identity.parse(seen).apart < judge.CONTAINER


@pytest.mark.parametrize("data", [[], {"time": "[1]"}, {"pid": "1"}, {"pid": None}])
def test_namespaces_that_make_no_sense_are_refused(data: object) -> None:
    with pytest.raises(Problem, match="namespaces that make no sense"):
        Identity.parse({"uid": 1, "user": "a", "host": "b", "namespaces": data})


@pytest.mark.parametrize(("mode", "ways"), [("container", False), ("vm", False), ("setuid", True)])
def test_a_folder_shared_with_a_container_is_no_way_out_for_a_set_id_program(mode: str, ways: bool) -> None:
    """Outside its namespaces such a program runs as the pilot for every account that reaches it (observed). Its folder
    is the payload's to open, as it has the pilot's uid; what lies above is not shown to it.
    """
    sandbox, how = Sandbox("proxy"), MODES[mode]
    payload: Any = SimpleNamespace(ident="payload-1", sandbox=b"", proxy="proxy")
    try:
        place = sandbox.place(payload, separates=how.own_account, enclosed=how.encloses)
        above = [folder.stat().st_mode & 0o001 for folder in place.folder.parents if folder != Path("/")]
        assert all(above) is ways
    finally:
        sandbox.remove()


def test_what_outlives_its_container_and_talks_on_does_not_keep_the_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a weak variant something may be left that holds the pipe; here it says something at every look."""
    looks = []

    def talks(_self: object, _poll: object, left: float) -> bool:
        looks.append(left)
        assert len(looks) < 1000, "it listens for ever"
        return True

    (taken, gives), process = os.pipe(), subprocess.Popen(["/bin/true"])
    process.wait()
    left = Container.__new__(Container)
    left.began, left._options, left._process, left._pipes = 0.0, Options(), process, {taken: bytearray()}
    left._said, left._status = bytearray(), bytearray(b'{"exit-code": 3}\n')
    monkeypatch.setattr(Container, "_take", talks)
    monkeypatch.setattr(os, "pidfd_open", lambda pid: os.dup(taken))
    assert left.end_within(1.0, None)["code"] == 3
    assert len(looks) == LAST_WORDS
    for end in (taken, gives):
        os.close(end)
