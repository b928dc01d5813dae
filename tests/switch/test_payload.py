"""Running the payload: exit codes, signals, lingering, and commands that cannot be run."""

import ctypes
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_TARGET_PROXY": "/dev/null"}

RT_SIGACTION = 13


@pytest.mark.parametrize("installation", ["set-id", "log-only"])
@pytest.mark.parametrize(
    ("ends_with", "code"),
    [(0, 0), (1, 1), (126, 126), (127, 127), (200, 200), (201, 204), (204, 204), (205, 205), (255, 255)],
)
def test_the_payloads_code_comes_back_and_ours_stay_ours(node, installation, ends_with, code):
    if installation == "log-only":
        node.log_only()
    done = node.call("/bin/sh", "-c", f"exit {ends_with}")
    assert done.code == code
    assert done.logged(f"Terminated, exit {ends_with}, CPU user 0.")


@pytest.mark.parametrize("number", [1, 2, 9, 11, 15])
def test_a_signal_that_ends_the_payload_becomes_128_and_its_number(node, number):
    done = node.call("/bin/sh", "-c", f"kill -{number} $$")
    assert done.code == 128 + number
    assert done.logged(f"Terminated, signal {number}, ")


def test_without_lingering_the_switch_turns_into_the_payload(node):
    node.configure("linger = no")
    done = node.call("/bin/sh", "-c", "readlink /proc/$PPID/exe; exit 203")
    assert done.code == 203  # nobody is left who could make 204 of it
    assert not done.logged("Terminated")
    assert done.logged("real_user(pilot01)")


@pytest.mark.parametrize("linger", ["yes", "no"])
def test_a_file_that_the_kernel_will_not_run_ends_with_126(node, linger):
    node.configure(f"linger = {linger}")
    node.write("/home/alpha001/nonsense", b"\x7fELF\x01\x02", mode=0o755)
    done = node.call("/mnt/home/alpha001/nonsense")
    assert (done.code, done.out) == (126, "")
    assert "could not be run: Exec format error" in done.err
    node.write("/home/alpha001/script", "#!/no/such/interpreter\n", mode=0o755)
    assert node.call("/mnt/home/alpha001/script").code == 126


@pytest.mark.parametrize("command", ["/no/such/thing", "echo", "./echo", "", "/mnt", "/etc/passwd", "/bin/echo/x"])
def test_a_command_that_is_not_there_is_the_callers_fault(node, command):
    done = node.call(command, "ran")
    assert (done.code, done.out) == (201, "")
    assert "cannot be executed by the mapped user" in done.err


def test_what_only_the_caller_may_execute_is_the_callers_fault(node):
    mine = node.write("/home/pilot01/mine", "#!/bin/sh\necho ran\n", mode=0o700, owner="pilot01")
    assert node.call(mine).code == 201
    node.log_only()
    assert node.call(mine).out == "ran\n"


def test_a_link_is_resolved_and_both_names_are_recorded(node):
    node.path("/home/alpha001/link").unlink(missing_ok=True)
    node.path("/home/alpha001/link").symlink_to("/bin/../bin/echo")
    done = node.call("/mnt/home/alpha001/link", "ran")
    assert done.out == "ran\n"
    real = str(Path("/bin/echo").resolve())
    assert done.logged(f'cmd: "/mnt/home/alpha001/link" (="{real}") args: "ran"')


def test_the_payload_stays_in_the_callers_process_group_and_session(node):
    fields = node.call("/bin/cat", "/proc/self/stat").out.split()
    assert fields[4:6] == [str(os.getpgrp()), str(os.getsid(0))]


def test_input_output_and_errors_are_the_callers(node):
    command = node.command("/bin/sh", "-c", "cat; echo trouble >&2")
    done = subprocess.run(command, input="hello", capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("hello", "trouble\n")


FOR_EVER = "while :; do read x || sleep 0.05; done"


def start(node, script):
    """A lingering call that has printed its first line; returns the process and the pid of the switch."""
    running = subprocess.Popen(
        node.command("/bin/sh", "-c", script, env=GOOD), stdout=subprocess.PIPE, text=True, stdin=subprocess.PIPE
    )
    assert running.stdout.readline() == "started\n"
    return running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT])
def test_a_lingering_switch_passes_signals_on(node, number):
    name = number.name.removeprefix("SIG")
    running = start(node, f"trap 'echo got {name}; exit 5' {name}; echo started; {FOR_EVER}")
    os.kill(running.pid, number)
    out, _ = running.communicate(timeout=20)
    assert (out, running.returncode) == (f"got {name}\n", 5)


def test_the_caller_himself_may_send_them(node):
    running = start(node, f"trap 'exit 6' TERM; echo started; {FOR_EVER}")
    kill = ["setpriv", "--reuid=40001", "--regid=40000", "--clear-groups", "kill", str(running.pid)]
    subprocess.run(kill, check=True, timeout=10)
    running.communicate(timeout=20)
    assert running.returncode == 6


def test_the_payload_cannot_kill_the_one_that_records_its_end(node):
    node.heard()
    done = node.call("/bin/sh", "-c", "kill -9 $PPID; echo $?")
    assert done.out == "1\n"
    assert done.logged("Terminated, exit 0")


def test_a_lingering_switch_keeps_no_output_of_the_payload_open(node):
    running = start(node, "echo started; exec >&- 2>&- <&-; exec /bin/sleep 30")
    began = time.monotonic()
    assert running.stdout.read() == ""
    assert time.monotonic() - began < 10
    running.terminate()
    running.wait(timeout=10)


def test_a_lingering_switch_keeps_no_other_descriptor_of_the_caller_open(node):
    reading, writing = os.pipe()
    command = node.command("/bin/sh", "-c", "echo started; exec /bin/sleep 30", env=GOOD)
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=[writing])
    os.close(writing)
    try:
        assert running.stdout.readline() == "started\n"
        assert select.select([reading], [], [], 10)[0], "somebody still holds the other end"
        assert os.read(reading, 1) == b""
        assert running.poll() is None
    finally:
        os.close(reading)
        running.terminate()
        running.wait(timeout=10)


def ignore_reserved_signals():
    """Those that the C library keeps to itself: only the kernel can be asked to ignore them (x86-64's own call)."""
    ignored = (ctypes.c_ulong * 5)(1)  # handler SIG_IGN, no flags, no restorer, empty mask
    for number in range(32, signal.SIGRTMIN):
        assert ctypes.CDLL(None).syscall(RT_SIGACTION, number, ignored, None, 8) == 0


def test_ignored_and_blocked_signals_of_the_caller_are_not_inherited(node):
    def spoil():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        ignore_reserved_signals()

    command = node.command("/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", env=GOOD)
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, preexec_fn=spoil, check=False)
    assert done.returncode == 0, done
    assert {line.split()[1] for line in done.stdout.splitlines()} == {"0" * 16}


@pytest.mark.parametrize("limit", ["--fsize=1", "--nofile=4", "--as=1000000"])
def test_a_tiny_limit_of_the_caller_runs_nothing_half(node, limit):
    command = node.command("/bin/echo", "ran")
    spot = command.index("/mnt/sbin/glexec")
    done = subprocess.run(
        [*command[:spot], "prlimit", limit, *command[spot:]], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout in ("", "ran\n")
    assert (done.returncode == 0) == (done.stdout == "ran\n")
