"""What a lingering switch is to its caller: a stand-in for the payload, of whatever uid that is."""

from testbed.plugin import matrix, shows

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


@shows("R10")
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
    while (now := state(pid)) not in wanted and time.monotonic() < end:
        time.sleep(0.01)
    return now
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


@shows("R10")
@matrix(mode=EVERYWHERE)
def test_a_payload_can_be_killed_through_the_switch(switch):
    """HTCondor and BLAH run /bin/kill through glexec with the same proxy: mappings are stable (their source)."""
    assert switch.drives(KILL).splitlines() == ["0", "137"]


READING = """
import subprocess, sys
with subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
    print(running.stdout.read().decode(), end="", flush=True)
    running.stdin.write(b"go on\\n")
    running.stdin.close()
    sys.exit(running.wait())
"""


@matrix(mode=EVERYWHERE)
def test_a_switch_that_waits_keeps_no_output_open(switch):
    """A lingering gLExec kept the caller's pipes: who waited for the end of output hung (HTCondor #1642)."""
    then = "echo said; exec >&- 2>&-; read word; exit 5"
    effect = switch.tries(then=then, before=("python3", "-c", READING))
    assert (effect, effect.said) == (switch.runs(then=then, end="exit 5"), "said\n")
