"""What a payload inherits of its caller through the switch, and what it does not: the table of docs/switch.md."""

import json

import pytest

from testbed.lab.layout import NODE
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
PROBE = ("/usr/bin/python3", f"{NODE}/probes/inherited.py")


def compared(switch, *before):
    """What the probe finds under the same caller's hand without the switch, and through it."""
    without = switch.node.run([*before, *PROBE], user=switch.account.name, limit=20).text
    through = switch.call(*PROBE, before=before).text
    return json.loads(without.splitlines()[-1]), json.loads(through.splitlines()[-1])


@shows("R7")
@matrix(mode=EVERYWHERE)
def test_limits_of_the_caller_hold_for_the_payload(switch):
    """rlimits are inherited, so that a batch system's limits hold (policy R7; our choice)."""
    limits = ("--nofile=200:300", "--cpu=100:200", "--core=0:0", "--fsize=1000000:2000000", "--nproc=500:600")
    without, through = compared(switch, "prlimit", *limits)
    assert without["limits"]["RLIMIT_NOFILE"] == [200, 300]
    assert through["limits"] == without["limits"]


@shows("R7")
@matrix(mode=EVERYWHERE)
def test_the_place_in_the_queues_of_the_kernel_is_inherited(switch):
    """nice, CPU affinity, oom_score_adj, cgroup: as the batch system set them (policy R7; our choice)."""
    without, through = compared(switch, "nice", "-n", "5", "taskset", "1", "choom", "-n", "300", "--")
    rows = ("nice", "affinity", "out of memory", "cgroup")
    assert (without["nice"], without["affinity"], without["out of memory"]) == (5, [0], 300)
    assert {row: through[row] for row in rows} == {row: without[row] for row in rows}


@shows("R7")
@matrix(mode=EVERYWHERE)
def test_the_payload_stays_in_the_callers_session_and_process_group(switch):
    """glexec does not break the process tree: no setsid (Nikhef wiki, Batch system interoperability)."""
    tell = 'echo "$(cut -d" " -f5,6 /proc/$$/stat)"; exec "$@"'
    out = switch.call(*PROBE, before=("sh", "-c", tell, "sh")).text
    group_and_session, facts = out.splitlines()[-2:]
    seen = json.loads(facts)
    assert f"{seen['process group']} {seen['session']}" == group_and_session


@matrix(mode=EVERYWHERE)
def test_a_controlling_terminal_of_the_caller_is_the_payloads_as_well(switch):
    """The session is kept, and so is its terminal (our choice: pilots have none; sudo would give a new one)."""
    spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    without, through = compared(switch, "python3", "-c", spawn)
    assert without["terminal"] != 0
    assert through["terminal"] != 0


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("linger", ["yes", "no"])
def test_mask_descriptors_and_signals_of_the_caller_are_not_inherited(switch, linger):
    """Mask 022, nothing open above 2, no signal ignored or blocked (HTCondor's ticket 2907; values: our choice)."""
    spoil = 'umask 0; exec 5</etc/passwd 7>/dev/null; exec "$@"'
    signals = ("env", "--ignore-signal=USR1,CHLD,TERM", "--block-signal=USR2,HUP")
    with switch.configured(linger=linger):
        without, through = compared(switch, *signals, "sh", "-c", spoil, "sh")
        _, usual = compared(switch)
    assert (without["mask"], len(without["descriptors"])) == ("0000", 5)
    rows = ("mask", "descriptors", "ignored signals", "blocked signals")
    assert without["ignored signals"] != usual["ignored signals"]
    assert {row: through[row] for row in rows} == {row: usual[row] for row in rows}
    assert (usual["mask"], [each[0] for each in usual["descriptors"]]) == ("0022", ["0", "1", "2"])
    assert int(usual["blocked signals"], 16) == 0
