"""The parts of mode vm's launcher that need no machine."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.node.vm.failure import Failure
from testbed.node.vm.guest import PANIC
from testbed.node.vm.machine import BOOTED, Kind, qemu, with_launcher
from testbed.node.vm.network import chosen_network, kept_to, own_ports
from testbed.node.vm.payload import Payload, environment_of, read_proxy
from testbed.node.vm.request import request
from testbed.node.vm.result import understood

LAUNCHER = Path(__file__).parents[2] / "testbed" / "node" / "vm"
PYTHON = (sys.executable, "-I", "-S")
TOLD = [b"ready 1", b"uid 1000", b"gid 1000", b"user payload", b"groups 1000", b"out 8", b"err 0"]
TOLD += [b"hostname guest", b"kernel 6.12"]


def frames(data: bytes) -> dict[str, bytes]:
    """The frames of a request, as the supervisor reads them."""
    found: dict[str, bytes] = {}
    while data:
        line, _, data = data.partition(b"\n")
        word, length = line.decode().split(" ")
        found[word], data = data[: int(length)], data[int(length) :]
    return found


@pytest.mark.parametrize("size", range(5))
def test_a_request_carries_the_payload_whatever_its_lengths(size: int) -> None:
    data = b"\0\n\xff\r"[:size]
    asked = frames(request(Payload(["/bin/x", "a b", "", "\udcff"], {"A": "1=2"}, data, b"proxy", b"tar", ["*"])))
    assert (len(asked.pop("entropy")), len(asked.pop("machine"))) == (64, 32)
    assert asked == {
        "argv": b"/bin/x\0a b\0\0\xff\0",
        "environment": b"A=1=2\0",
        "stdin": data,
        "proxy": b"proxy",
        "sandbox": b"tar",
        "outputs": b"*\0",
        "end": b"",
    }


def test_no_two_requests_give_a_guest_the_same_random_numbers_or_name() -> None:
    one, other = (frames(request(Payload(["/bin/true"]))) for _ in range(2))
    assert one["entropy"] != other["entropy"]
    assert one["machine"] != other["machine"]


def test_only_what_belongs_to_the_payload_goes_into_the_guest(tmp_path: Path) -> None:
    proxy = tmp_path / "proxy.pem"
    proxy.write_bytes(b"credential")
    environment = {"GLEXEC_ENV": "x", "SECRET": "y", "HOME": "/home/pilot01", "X509_USER_PROXY": str(proxy)}
    assert read_proxy(environment) == b"credential"
    assert environment_of(environment, b"credential") == {
        "GLEXEC_ENV": "x",
        "HOME": "/home/payload",
        "USER": "payload",
        "LOGNAME": "payload",
        "PATH": "/usr/bin",
        "X509_USER_PROXY": "/home/payload/proxy.pem",
    }


def test_a_proxy_that_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "proxy.pem")
    with pytest.raises(Failure, match="is no plain file"):
        read_proxy({"X509_USER_PROXY": str(tmp_path / "proxy.pem")})


def test_without_a_proxy_the_guest_is_told_of_none() -> None:
    assert read_proxy({}) == b""
    assert "X509_USER_PROXY" not in environment_of({}, b"")


def test_what_the_guest_tells_becomes_the_result() -> None:
    assert understood([*TOLD, b"signal 9"]) == {
        "code": None,
        "signal": 9,
        "hostname": "guest",
        "kernel": "6.12",
        "bytes": {"out": 8, "err": 0},
        "files": 0,
        "left_out": [],
        "cause": "",
        "identity": {"uid": 1000, "gid": 1000, "user": "payload", "groups": [1000]},
    }


@pytest.mark.parametrize(
    "lines",
    [
        [],
        TOLD,
        [*TOLD, b"code 256"],
        [*TOLD, b"code -1"],
        [*TOLD, b"code 0", b"signal 9"],
        [*TOLD, b"signal 128"],
        [*TOLD, b"code \xff"],
        [b"code 0"],
        [*TOLD, b"files 9999999", b"code 0"],
        [*TOLD, b"files -1", b"code 0"],
        [*TOLD, b"oom x", b"code 1"],
    ],
)
def test_a_guest_that_tells_nonsense_is_not_believed(lines: list[bytes]) -> None:
    with pytest.raises(Failure, match="no proper result"):
        understood(lines)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([b"oom 1", b"full 0", b"signal 9"], "out-of-memory"),
        ([b"oom 1", b"full 0", b"code 0"], ""),
        ([b"oom 0", b"full 0", b"signal 9"], ""),
        ([b"oom 0", b"full 1", b"code 1"], "disk-full"),
        ([b"oom 0", b"full 1", b"code 0"], ""),
    ],
)
def test_what_was_short_is_the_cause_of_a_bad_end_only(lines: list[bytes], cause: str) -> None:
    assert understood([*TOLD, *lines])["cause"] == cause


def test_a_payloads_own_words_are_no_panic() -> None:
    """A process's name (15 bytes, any of them) is all of a payload that the kernel repeats on its console."""
    assert PANIC.search(b"[    1.234567] Kernel panic - not syncing: sysrq triggered crash\r\n")
    assert not PANIC.search(b"[    1.2] \nKernel panic - [12]: segfault at 0\n")


def test_a_machine_has_no_network_and_no_disk() -> None:
    words = qemu(Kind("tcg", 256), BOOTED, 3, [4, 5, 6, 7], 8)
    assert "-nodefaults" in words
    assert [
        word for word in words if word.startswith(("-net", "-nic", "-drive", "-hd", "-fsdev", "-monitor", "-qmp"))
    ] == []
    devices = [words[at + 1].partition(",")[0] for at, word in enumerate(words) if word == "-device"]
    assert devices == ["virtio-serial-pci"] + ["virtserialport"] * 4


def test_a_machine_does_not_start_without_its_launcher() -> None:
    *start, pid, command = with_launcher(["/bin/echo"])
    assert pid == str(os.getpid())
    assert subprocess.run([*start, pid, command, "up"], capture_output=True, timeout=10).stdout == b"up\n"
    orphan = subprocess.run([*start, "1", command, "up"], capture_output=True, timeout=10)
    assert (orphan.returncode, orphan.stdout) == (1, b"")


def test_a_machine_dies_with_its_launcher() -> None:
    """The launcher here is another Python that starts a process the way the machine is started, and is killed."""
    script = (
        "import subprocess; from testbed.node.vm.machine import with_launcher;"
        "sleeper = subprocess.Popen(with_launcher(['/bin/sh', '-c', 'echo $$; exec sleep 60'])); sleeper.wait()"
    )
    launcher = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert launcher.stdout is not None
    machine = int(launcher.stdout.readline())
    watch = os.pidfd_open(machine)
    try:
        launcher.send_signal(signal.SIGKILL)
        launcher.wait(timeout=10)
        assert select.select([watch], [], [], 10)[0] == [watch], "the machine outlived its launcher by 10 s"
    finally:
        os.close(watch)
        launcher.stdout.close()


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["id"], "absolute path"),
        ([], "absolute path"),
        (["--limit", "soon", "--", "/bin/id"], "--limit"),
        (["--limit", "0", "--", "/bin/id"], "--limit"),
        (["--limit", "nan", "--", "/bin/id"], "--limit"),
    ],
)
def test_a_wrong_call_ends_with_125_and_one_line(words: list[str], cause: str) -> None:
    done = subprocess.run([*PYTHON, str(LAUNCHER), *words], capture_output=True, timeout=20, text=True)
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr.startswith("[vm]: ")
    assert cause in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_node_without_the_guests_parts_says_so(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    done = subprocess.run(
        [*PYTHON, str(LAUNCHER), "--result", str(result), "--", "/bin/true"],
        capture_output=True,
        timeout=20,
        text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 125
    said = json.loads(result.read_text())
    assert said["payload"] == "not started"
    assert done.stderr == f"[vm]: parts: {said['error']}; {said['remedy']}\n"


def test_each_machine_has_source_ports_of_its_own_as_long_as_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ports.so").touch()
    monkeypatch.setattr("testbed.node.vm.network.PORTS", tmp_path / "ports.so")
    with own_ports(True) as one, own_ports(True) as other:
        assert one[1] < other[0] or other[1] < one[0]
        assert (one[1] - one[0], other[1] - other[0]) == (63, 63)
        assert kept_to(one) == {"LD_PRELOAD": str(tmp_path / "ports.so"), "TESTBED_PORTS": f"{one[0]}-{one[1]}"}
    with own_ports(True) as again:
        assert again == one
    with own_ports(False) as none:
        assert kept_to(none) == {}


def test_a_network_that_cannot_be_kept_apart_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testbed.node.vm.network.PORTS", tmp_path / "ports.so")
    with pytest.raises(Failure, match="there is no"), own_ports(True):
        pass


@pytest.mark.parametrize(("said", "network"), [("none\n", False), ("user\n", True), (None, False)])
def test_the_site_chooses_the_network_and_a_word_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, network: bool
) -> None:
    monkeypatch.setattr("testbed.node.vm.network.NETWORK", tmp_path / "network")
    if said is not None:
        (tmp_path / "network").write_text(said)
    assert chosen_network(None) is network
    assert chosen_network("none") is False
    (tmp_path / "network").write_text("bridge")
    with pytest.raises(Failure, match="says 'bridge'"):
        chosen_network(None)
