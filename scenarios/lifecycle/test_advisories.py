"""The two public advisories on gLExec, both on the end of a job: what it leaves, and the record of its end."""

from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"

DAEMON = (
    "rm -f /tmp/left; /usr/bin/setsid /usr/bin/dash -c '/usr/bin/sleep 600 & echo $! >/tmp/left; wait' "
    ">/dev/null 2>&1 </dev/null & until [ -s /tmp/left ]; do :; done; exit 5"
)
"""Forks twice and leaves session and group; 5 as soon as it is there."""


@shows("R8")
@matrix(mode=EVERYWHERE)
def test_a_daemon_that_a_payload_leaves_ends_with_it(switch):
    """Left-over daemons may attack the next job of the account (EGI-SVG-2011-1474); that they are ended: our choice."""
    assert switch.tries(then=DAEMON).code == 5
    assert not switch.alive(switch.read("/tmp/left"))
    assert any("Ended 2 processes that the payload had left running" in line for line in switch.witness.log)


@shows("R8")
@matrix(mode=EVERYWHERE)
def test_without_end_leftovers_a_daemon_outlives_its_payload(switch):
    """gLExec ends what it spawned; daemonised processes still survive (EGI-SVG-2011-1474)."""
    with switch.configured(end_leftovers="no"):
        assert switch.tries(then=DAEMON).code == 5
        assert switch.alive(switch.read("/tmp/left"))


@shows("R4")
@matrix(mode="setuid")
def test_no_payload_can_keep_its_end_from_being_recorded(switch):
    """A job could prevent the end-of-job record of 0.8 (EGI-SVG-2011-1641): not by killing all that it may kill."""
    ways = {"parent": "kill -9 $PPID; exit 5", "parents": "kill -9 $PPID $(cut -d' ' -f4 /proc/$PPID/stat); exit 5"}
    ways |= {"all": "trap '' TERM; kill -9 -1; exit 5", "deaf": "exec <&- >&- 2>&-; exit 5"}
    assert {way: switch.tries(then=script) for way, script in ways.items()} == {
        way: switch.runs(then=script, end="exit 5") for way, script in ways.items()
    }


@shows("R4")
@matrix(mode="log-only")
def test_in_log_only_a_payload_can_keep_its_end_from_being_recorded(switch):
    """Log-only has no uid of its own to hide behind: the payload may kill what would record it (EGI-SVG-2011-1641)."""
    switch.tries(then="kill -9 $PPID; exit 5")
    assert not any("Terminated" in line for line in switch.witness.log)


KILLED = """
import os, signal, subprocess
script = "echo $$; exec /usr/bin/sleep 600"
call = subprocess.Popen(["/usr/sbin/glexec", "/usr/bin/dash", "-c", script], stdout=subprocess.PIPE)
print(call.stdout.readline().decode().strip())
call.kill()
call.wait()
call.stdout.read()
"""


@shows("R10")
@matrix(mode=EVERYWHERE)
def test_a_caller_who_kills_the_switch_gets_its_payload_ended_and_recorded(switch):
    """A caller cannot signal another uid: payloads outlived the switch (threat A12). That it is ended: our choice."""
    payload = switch.drives(KILLED)
    assert not switch.alive(payload)
    log = switch.eventually("was killed before its payload")
    assert any("Terminated, signal 15" in line for line in log)
