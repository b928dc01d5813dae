"""linger = yes: the front is the caller's, the keeper is nobody's but root's; what a payload leaves ends with it."""

import os
import re
import resource
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem", "GLEXEC_TARGET_PROXY": "/dev/null"}
LIMIT = 20
EITHER = pytest.mark.parametrize("installation", ["set-id", "log-only"])


def start(node, script, first=":"):
    """A lingering call whose payload has printed its pid, after what it does first; the call, and that pid."""
    running = subprocess.Popen(
        node.command("/bin/sh", "-c", f"{first}; echo $$; {script}", env=GOOD),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        process_group=0,  # SIGTSTP does nothing in a group that nobody outside of it is a parent in
    )
    return running, int(running.stdout.readline())


def status(pid, name):
    """One line of the kernel's word about a process, or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return re.search(rf"^{name}:\s*(.*)$", text, re.MULTILINE)[1].split()


def eventually(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def gone(pid):
    state = status(pid, "State")
    return state is None or state[0] == "Z"


@EITHER
def test_a_payload_is_ended_and_recorded_when_the_caller_kills_the_switch(node, installation):
    if installation == "log-only":
        node.log_only()
    node.heard()
    running, payload = start(node, "exec sleep 60")
    running.kill()
    assert running.wait(LIMIT) == -signal.SIGKILL
    eventually(lambda: gone(payload))
    heard = []
    eventually(lambda: heard.extend(node.heard()) or any("was killed before its payload" in line for line in heard))
    assert any("Terminated, signal 15, " in line for line in heard)


def asking(node):
    """A call that waits for its authority until there is /seen/go; its payload would leave /seen/ran."""
    waits = "touch /mnt/seen/asked; until test -e /mnt/seen/go; do sleep 0.01; done"
    node.answers("dn /CN=x\nuid 50001\npgid 50000\nend\n", also=waits)
    for trace in ("/seen/asked", "/seen/go", "/seen/ran"):
        node.path(trace).unlink(missing_ok=True)
    running = subprocess.Popen(node.command("/bin/touch", "/mnt/seen/ran", env=GOOD), stdin=subprocess.DEVNULL)
    node.eventually("/seen/asked")
    node.heard()
    return running


def test_a_switch_that_is_killed_while_it_asks_runs_nothing(node):
    running = asking(node)
    running.kill()
    running.wait(LIMIT)
    node.path("/seen/go").touch()
    heard = []
    eventually(lambda: heard.extend(node.heard()) or any("reason=caller-left" in line for line in heard))
    assert not node.path("/seen/ran").exists()


def test_a_payload_that_does_not_listen_is_killed_with_the_switch(node):
    running, payload = start(node, "while :; do read x </dev/zero || :; done", first="trap '' TERM")
    running.kill()
    running.wait(LIMIT)
    eventually(lambda: gone(payload))


def test_the_front_is_the_callers_and_the_keeper_is_roots(node):
    running, payload = start(node, "exec sleep 60")
    keeper = int(status(payload, "PPid")[0])
    assert status(running.pid, "Uid") == ["40001"] * 4
    assert status(running.pid, "CapPrm") == ["0" * 16]
    assert status(keeper, "PPid") == [str(running.pid)]
    assert status(keeper, "Uid") == ["0"] * 4
    assert {path.name for path in Path(f"/proc/{running.pid}/fd").iterdir()} == {"0", "1", "2", "3", "4"}
    caller = ["setpriv", "--reuid=40001", "--regid=40000", "--clear-groups"]
    refused = subprocess.run([*caller, "kill", "-9", str(keeper)], capture_output=True, timeout=LIMIT, check=False)
    assert refused.returncode != 0
    subprocess.run([*caller, "kill", "-TERM", str(running.pid)], check=True, timeout=LIMIT)
    assert running.wait(LIMIT) == 128 + signal.SIGTERM


def test_the_front_stops_with_its_payload_and_both_go_on(node):
    running, payload = start(node, "while :; do sleep 0.05; done", first="trap 'exit 9' USR1")
    os.kill(running.pid, signal.SIGTSTP)
    eventually(lambda: status(payload, "State")[0] == "T" and status(running.pid, "State")[0] == "T")
    os.kill(running.pid, signal.SIGCONT)
    eventually(lambda: status(payload, "State")[0] != "T" and status(running.pid, "State")[0] != "T")
    os.kill(running.pid, signal.SIGUSR1)
    assert running.wait(LIMIT) == 9


def test_a_payload_dies_with_a_keeper_that_root_kills(node):
    running, payload = start(node, "exec sleep 60")
    os.kill(int(status(payload, "PPid")[0]), signal.SIGKILL)
    assert running.wait(LIMIT) == 202
    eventually(lambda: gone(payload))


HIDES = "setsid /bin/sh -c 'sleep 60 & echo $! >/mnt/seen/left; wait' >/dev/null 2>&1 </dev/null & "
HIDES += "until test -s /mnt/seen/left; do :; done; "


def leave(node, script=HIDES, ends="exit 5"):
    """A payload that leaves something behind; how the call ended, and the pid of what was left."""
    node.path("/seen/left").unlink(missing_ok=True)
    node.heard()
    command = node.command("/bin/sh", "-c", script + ends, env=GOOD)
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 5, done
    return int(node.path("/seen/left").read_text()), node.heard()


@EITHER
def test_what_a_payload_leaves_running_is_ended_with_it(node, installation):
    if installation == "log-only":
        node.log_only()
    node.configure("end_leftovers = yes")
    left, log = leave(node)
    assert gone(left)
    assert any("Ended 2 processes that the payload had left running." in line for line in log)
    assert any("Terminated, exit 5" in line for line in log)


def test_without_the_option_it_goes_on_as_with_glexec(node):
    left, log = leave(node)
    try:
        assert not gone(left)
        assert status(left, "Uid")[0] == "50001"
        assert not any("left running" in line for line in log)
    finally:
        os.kill(left, signal.SIGKILL)


def test_what_does_not_listen_is_killed(node):
    node.configure("end_leftovers = yes")
    deaf = HIDES.replace("sleep 60 &", 'trap "" TERM; (while :; do sleep 1; done) &')
    left, log = leave(node, deaf)
    assert gone(left)
    assert any("had left running, with SIGKILL." in line for line in log)


def test_a_long_line_of_descendants_is_ended_to_the_last(node):
    node.configure("end_leftovers = yes")
    long = f"60.{os.getpid()}"
    chain = f"chain() {{ if [ $1 = 0 ]; then echo started >/mnt/seen/left.; exec sleep {long}; fi; "
    chain += "( chain $(($1-1)) ) & wait; }; "
    chain += "chain 25 & echo $! >/mnt/seen/left; until test -s /mnt/seen/left.; do :; done; "
    node.path("/seen/left.").unlink(missing_ok=True)
    leave(node, chain)
    assert not any(long in command for command in commands())


def commands():
    """The arguments of every process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def test_nobody_elses_process_is_taken_for_a_leftover(node):
    node.configure("end_leftovers = yes")
    other, payload = start(node, "sleep 60 & wait")
    leave(node)
    assert not gone(payload)
    assert other.poll() is None
    other.terminate()
    other.wait(LIMIT)


def test_an_output_that_a_leftover_holds_open_does_not_keep_the_switch(node):
    node.configure("end_leftovers = yes")
    began = time.monotonic()
    done = node.call("/bin/sh", "-c", "sleep 60 & exit 5", env=GOOD)
    assert done.code == 5
    assert time.monotonic() - began < LIMIT


def test_without_lingering_nobody_can_end_them_and_the_log_says_so(node):
    node.configure("end_leftovers = yes", "linger = no")
    assert node.call("/bin/true", env=GOOD).logged("nobody is left to end them")


def test_a_limit_of_the_callers_is_the_payloads_and_not_the_keepers(node):
    command = node.command("/bin/sh", "-c", "echo $$; ulimit -t; exec sleep 60", env=GOOD)
    spot = command.index("/mnt/sbin/glexec")
    limited = [*command[:spot], "prlimit", "--cpu=7:9", *command[spot:]]
    running = subprocess.Popen(limited, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    payload, seconds = int(running.stdout.readline()), running.stdout.readline()
    assert seconds == "7\n"
    keeper = int(status(payload, "PPid")[0])
    eventually(lambda: resource.prlimit(keeper, resource.RLIMIT_CPU)[0] in (9, resource.RLIM_INFINITY))
    running.terminate()
    running.wait(LIMIT)


def test_a_payload_that_goes_on_by_itself_takes_the_front_along(node):
    running, _ = start(node, "(sleep 0.3; kill -CONT $$) & kill -STOP $$; exit 3")
    assert running.wait(LIMIT) == 3


def test_a_batch_system_may_stop_and_continue_every_process_of_a_call(node):
    running, payload = start(node, "sleep 1; exit 3")
    keeper = int(status(payload, "PPid")[0])
    for pid in (running.pid, payload, keeper):
        os.kill(pid, signal.SIGSTOP)
    for pid in (running.pid, keeper, payload):
        os.kill(pid, signal.SIGCONT)
    assert running.wait(LIMIT) == 3


def test_orphans_of_a_payload_that_have_ended_leave_no_zombies(node):
    node.configure("end_leftovers = yes")
    many = "i=0; while [ $i -lt 100 ]; do ( /bin/true & ); i=$((i+1)); done; echo all; read x"
    command = node.command("/bin/sh", "-c", f"echo $$; {many}", env=GOOD)
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    payload = int(running.stdout.readline())
    keeper = int(status(payload, "PPid")[0])
    assert running.stdout.readline() == "all\n"
    eventually(lambda: Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split() == [str(payload)])
    running.communicate("go\n", timeout=LIMIT)


def test_a_switch_that_is_told_to_end_and_then_killed_runs_nothing(node):
    running = asking(node)
    keeper = int(Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text())
    running.terminate()
    running.kill()
    running.wait(LIMIT)
    node.path("/seen/go").touch()
    eventually(lambda: gone(keeper))
    assert any("reason=caller-left" in line for line in node.heard())
    assert not node.path("/seen/ran").exists()


def test_a_caller_who_does_not_listen_keeps_nobody(node):
    node.answers("dn /CN=x\nend\n", code=11)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    began = time.monotonic()
    running = subprocess.Popen(node.command("/bin/true", env=GOOD), stderr=writing, stdin=subprocess.DEVNULL)
    assert running.wait(LIMIT) == 203
    assert time.monotonic() - began < 10
    os.close(reading)
    os.close(writing)


def test_the_kernel_short_of_memory_takes_the_payload_first(node):
    worst = ("--clear-groups", "sh", "-c", 'echo 1000 >/proc/self/oom_score_adj; exec "$@"', "sh")
    command = node.command("/bin/sh", "-c", "echo $$; exec sleep 60", env=GOOD, through=worst)
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    payload = int(running.stdout.readline())
    score = Path(f"/proc/{status(payload, 'PPid')[0]}/oom_score_adj")
    eventually(lambda: score.read_text().strip() in ("-1000", "0"))
    assert Path(f"/proc/{payload}/oom_score_adj").read_text().strip() == "1000"
    running.terminate()
    running.wait(LIMIT)
