"""The parts of mode vm's launcher that need no machine."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

LAUNCHER = Path(__file__).parents[2] / "testbed" / "node" / "vm.py"
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
def test_a_request_carries_the_payload_whatever_its_lengths(vm: ModuleType, size: int) -> None:
    data = b"\0\n\xff\r"[:size]
    asked = frames(vm.request(vm.Payload(["/bin/x", "a b", "", "\udcff"], {"A": "1=2"}, data, b"proxy", b"tar", ["*"])))
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


def test_no_two_requests_give_a_guest_the_same_random_numbers_or_name(vm: ModuleType) -> None:
    one, other = (frames(vm.request(vm.Payload(["/bin/true"]))) for _ in range(2))
    assert one["entropy"] != other["entropy"]
    assert one["machine"] != other["machine"]


def test_only_what_belongs_to_the_payload_goes_into_the_guest(vm: ModuleType, tmp_path: Path) -> None:
    proxy = tmp_path / "proxy.pem"
    proxy.write_bytes(b"credential")
    environment = {"GLEXEC_ENV": "x", "SECRET": "y", "HOME": "/home/pilot01", "X509_USER_PROXY": str(proxy)}
    assert vm.read_proxy(environment) == b"credential"
    assert vm.environment_of(environment, b"credential") == {
        "GLEXEC_ENV": "x",
        "HOME": "/home/payload",
        "USER": "payload",
        "LOGNAME": "payload",
        "PATH": "/usr/bin",
        "X509_USER_PROXY": "/home/payload/proxy.pem",
    }


def test_a_proxy_that_is_no_plain_file_is_not_waited_for(vm: ModuleType, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "proxy.pem")
    with pytest.raises(vm.Failure, match="is no plain file"):
        vm.read_proxy({"X509_USER_PROXY": str(tmp_path / "proxy.pem")})


def test_without_a_proxy_the_guest_is_told_of_none(vm: ModuleType) -> None:
    assert vm.read_proxy({}) == b""
    assert "X509_USER_PROXY" not in vm.environment_of({}, b"")


def test_what_the_guest_tells_becomes_the_result(vm: ModuleType) -> None:
    assert vm.understood([*TOLD, b"signal 9"]) == {
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
def test_a_guest_that_tells_nonsense_is_not_believed(vm: ModuleType, lines: list[bytes]) -> None:
    with pytest.raises(vm.Failure, match="no proper result"):
        vm.understood(lines)


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
def test_what_was_short_is_the_cause_of_a_bad_end_only(vm: ModuleType, lines: list[bytes], cause: str) -> None:
    assert vm.understood([*TOLD, *lines])["cause"] == cause


def test_a_payloads_own_words_are_no_panic(vm: ModuleType) -> None:
    """A process's name (15 bytes, any of them) is all of a payload that the kernel repeats on its console."""
    assert vm.PANIC.search(b"[    1.234567] Kernel panic - not syncing: sysrq triggered crash\r\n")
    assert not vm.PANIC.search(b"[    1.2] \nKernel panic - [12]: segfault at 0\n")


def test_a_machine_has_no_network_and_no_disk(vm: ModuleType) -> None:
    words = vm.qemu(vm.Kind("tcg", 256), vm.BOOTED, 3, [4, 5, 6, 7], 8)
    assert "-nodefaults" in words
    assert [
        word for word in words if word.startswith(("-net", "-nic", "-drive", "-hd", "-fsdev", "-monitor", "-qmp"))
    ] == []
    devices = [words[at + 1].partition(",")[0] for at, word in enumerate(words) if word == "-device"]
    assert devices == ["virtio-serial-pci"] + ["virtserialport"] * 4


def test_a_machine_does_not_start_without_its_launcher(vm: ModuleType) -> None:
    *start, pid, command = vm.with_launcher(["/bin/echo"])
    assert pid == str(os.getpid())
    assert subprocess.run([*start, pid, command, "up"], capture_output=True, timeout=10).stdout == b"up\n"
    orphan = subprocess.run([*start, "1", command, "up"], capture_output=True, timeout=10)
    assert (orphan.returncode, orphan.stdout) == (1, b"")


def test_a_machine_dies_with_its_launcher(vm: ModuleType) -> None:
    """The launcher here is another Python that starts a process the way the machine is started, and is killed."""
    script = (
        f"import runpy, subprocess; vm = runpy.run_path({str(LAUNCHER)!r});"
        "sleeper = subprocess.Popen(vm['with_launcher'](['/bin/sh', '-c', 'echo $$; exec sleep 60'])); sleeper.wait()"
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
    done = subprocess.run([sys.executable, str(LAUNCHER), *words], capture_output=True, timeout=20, text=True)
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr.startswith("[vm]: ")
    assert cause in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_node_without_the_guests_parts_says_so(vm: ModuleType, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    done = subprocess.run(
        [sys.executable, str(LAUNCHER), "--result", str(result), "--", "/bin/true"],
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
    vm: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ports.so").touch()
    monkeypatch.setattr(vm, "PORTS", tmp_path / "ports.so")
    with vm.own_ports(True) as one, vm.own_ports(True) as other:
        assert one[1] < other[0] or other[1] < one[0]
        assert (one[1] - one[0], other[1] - other[0]) == (63, 63)
        assert vm.kept_to(one) == {"LD_PRELOAD": str(vm.PORTS), "TESTBED_PORTS": f"{one[0]}-{one[1]}"}
    with vm.own_ports(True) as again:
        assert again == one
    with vm.own_ports(False) as none:
        assert vm.kept_to(none) == {}


def test_a_network_that_cannot_be_kept_apart_is_none(
    vm: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vm, "PORTS", tmp_path / "ports.so")
    with pytest.raises(vm.Failure, match="there is no"), vm.own_ports(True):
        pass


@pytest.mark.parametrize(("said", "network"), [("none\n", False), ("user\n", True), (None, False)])
def test_the_site_chooses_the_network_and_a_word_that_is_none_is_refused(
    vm: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, network: bool
) -> None:
    monkeypatch.setattr(vm, "NETWORK", tmp_path / "network")
    if said is not None:
        (tmp_path / "network").write_text(said)
    assert vm.chosen_network(None) is network
    assert vm.chosen_network("none") is False
    (tmp_path / "network").write_text("bridge")
    with pytest.raises(vm.Failure, match="says 'bridge'"):
        vm.chosen_network(None)
