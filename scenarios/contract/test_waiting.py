"""What a switch does while its payload runs and behind it: signals, outputs, an end by force, what is left."""

from testbed.lab.wait import eventually
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"

SIGNALLING = """
import signal, subprocess, sys
with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE) as running:
    assert running.stdout.readline() == b"started\\n"
    running.send_signal(signal.SIGTERM)
    code = running.wait()
sys.exit(code if code >= 0 else 128 - code)
"""
KILLING = """
import subprocess, sys
with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE) as running:
    assert running.stdout.readline() == b"started\\n"
    running.kill()
"""
SLEEPING = r"""
import pathlib
for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    try:
        if place.read_bytes() == b"/usr/bin/sleep\0" b"61\0":
            print(place)
    except OSError:
        continue
"""
READING = """
import subprocess, sys
with subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
    print(running.stdout.read().decode(), end="", flush=True)
    running.stdin.write(b"go on\\n")
    running.stdin.close()
    sys.exit(running.wait())
"""


@matrix(mode=EVERYWHERE)
def test_a_signal_to_the_waiting_switch_reaches_the_payload(switch, records):
    """The caller cannot signal a payload of another uid: the switch passes it on (OSG release notes of gLExec 0.9)."""
    script = 'trap "exit 7" TERM; echo started; while :; do /usr/bin/sleep 0.02; done'
    done = switch.call("/usr/bin/dash", "-c", script, before=("/usr/bin/python3", "-c", SIGNALLING), limit=6)
    assert done.code == 7
    [record] = records()
    assert record.code == 7


@matrix(mode=EVERYWHERE)
def test_the_waiting_switch_keeps_no_output_open(switch):
    """A lingering gLExec kept the caller's pipes: who waited for the end of output hung (HTCondor #1642)."""
    script = "echo said; exec >&- 2>&-; read word; exit 5"
    done = switch.call("/usr/bin/dash", "-c", script, before=("/usr/bin/python3", "-c", READING), limit=6)
    assert (done.code, done.out) == (5, b"said\n")


@matrix(mode=EVERYWHERE)
def test_whoever_kills_the_switch_ends_the_payload_and_its_end_is_recorded(switch):
    """A caller could suppress the record of the end of a job (EGI-SVG-2011-1641, advisory on gLExec)."""
    script = "echo started; exec /usr/bin/sleep 60"
    switch.call("/usr/bin/dash", "-c", script, before=("/usr/bin/python3", "-c", KILLING), limit=6)
    assert eventually(lambda: [line for line in switch.log() if "Terminated, signal" in line], within=6)


@matrix(mode=EVERYWHERE)
def test_what_a_payload_leaves_running_is_ended(switch, world):
    """Daemons escaped gLExec's end of a run (EGI-SVG-2011-1474); end_leftovers = yes (ours) finds and ends them."""
    script = "/usr/bin/setsid /usr/bin/sleep 61 </dev/null >/dev/null 2>&1 & exit 0"
    with switch.configured(end_leftovers="yes"):
        switch.call("/usr/bin/dash", "-c", script).check()
    found = world.node.run(["/usr/bin/python3", "-c", SLEEPING], limit=10).text
    assert found == ""
