"""Signals: what the caller sends to a lingering switch reaches its payload, of whatever uid that is."""

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"

SENT = """
import signal, subprocess
for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2"):
    script = f"trap 'echo {name}; exit 9' {name}; echo ready; while :; do /usr/bin/sleep 0.02; done"
    call = subprocess.Popen(["/usr/sbin/glexec", "/usr/bin/dash", "-c", script], stdout=subprocess.PIPE)
    call.stdout.readline()
    call.send_signal(getattr(signal, "SIG" + name))
    print(call.communicate(timeout=10)[0].decode().strip(), call.returncode)
"""


@matrix(mode=EVERYWHERE)
def test_signals_of_the_caller_reach_the_payload(switch):
    """Signal handling since 0.9 (OSG release notes 3.1); which are passed on: our choice."""
    assert switch.drives(SENT).splitlines() == [f"{name} 9" for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2")]


STOPPED = """
import signal, subprocess, time
def state(pid):
    return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
def until(pid, *wanted):
    end = time.monotonic() + 10
    while state(pid) not in wanted and time.monotonic() < end:
        time.sleep(0.01)
    return state(pid)
script = "trap 'exit 9' USR1; echo $$; while :; do /usr/bin/sleep 0.02; done"
words = ["/usr/sbin/glexec", "/usr/bin/dash", "-c", script]
call = subprocess.Popen(words, stdout=subprocess.PIPE, process_group=0)  # a group whose parent is outside of it
payload = int(call.stdout.readline())
call.send_signal(signal.SIGTSTP)
print(until(payload, "T"), until(call.pid, "T"))
call.send_signal(signal.SIGCONT)
print(until(payload, "S", "R") in "SR", until(call.pid, "S", "R") in "SR")
call.send_signal(signal.SIGUSR1)
print(call.wait(timeout=10))
"""


@matrix(mode=EVERYWHERE)
def test_a_payload_is_stopped_and_goes_on_with_the_switch(switch):
    """Batch systems suspend with SIGTSTP and go on with SIGCONT; that the switch stops as well: our choice."""
    assert switch.drives(STOPPED).splitlines() == ["T T", "True True", "9"]


KILL = """
import subprocess
script = "echo $$; exec /usr/bin/sleep 600"
call = subprocess.Popen(["/usr/sbin/glexec", "/usr/bin/dash", "-c", script], stdout=subprocess.PIPE)
payload = call.stdout.readline().decode().strip()
print(subprocess.run(["/usr/sbin/glexec", "/usr/bin/kill", "-KILL", payload]).returncode)
print(call.wait(timeout=10))
"""


@matrix(mode=EVERYWHERE)
def test_a_payload_can_be_killed_through_the_switch(switch):
    """HTCondor and BLAH run /bin/kill through glexec with the same proxy: mappings are stable (their source)."""
    assert switch.drives(KILL).splitlines() == ["0", "137"]


TREE = """
import os, subprocess
call = subprocess.run(["/usr/sbin/glexec", "/usr/bin/cat", "/proc/self/stat"], capture_output=True, text=True)
fields = call.stdout.split()
print(fields[4] == str(os.getpgrp()), fields[5] == str(os.getsid(0)))
"""


@matrix(mode=EVERYWHERE)
def test_a_payload_stays_in_the_process_group_and_session_of_its_caller(switch):
    """No setsid by design: batch systems track their jobs by it (Nikhef wiki, Batch system interoperability)."""
    assert switch.drives(TREE) == "True True"
