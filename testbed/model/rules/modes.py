"""As whom a payload runs where nothing keeps it from running: that is what a mode is."""

from testbed.model.mode import Mode
from testbed.model.outcome import End, Outcome
from testbed.model.rules.rule import Rule, as_pilot

MODES: tuple[Rule, ...] = (
    Rule(
        "without the switch every payload is the pilot",
        "nobody is asked and nobody is told: the payload runs with the pilot's uid and reaches all that it reaches",
        "GDB 2007-10-10, glexec can do nothing; Linux: one uid may signal, trace and read itself",
        lambda case: case.cell.mode is Mode.NONE,
        as_pilot,
    ),
    Rule(
        "log-only decides and records, and separates nothing",
        "the switch has no set-id bit: the uid stays the pilot's, and attacks succeed as in mode none",
        "Quattor UMD-4 templates: 0555 in log-only; Linux: one uid may signal, trace and read itself",
        lambda case: case.cell.mode is Mode.LOG_ONLY,
        as_pilot,
    ),
    Rule(
        "setuid mode runs the payload as the user's pool account",
        "an account of the pool that the map files name is leased, by LCMAPS or by the authority; "
        "the switch becomes it for good",
        "Nikhef wiki, GLExec; LCMAPS 1.6.6 and its plugins as observed; Argus: local-environment-map",
        lambda case: case.cell.mode is Mode.SETUID,
        lambda case: Outcome(End.SEPARATED, 0, f"pool {case.pool}"),
    ),
    Rule(
        "namespaces of its own hide what the common uid would open",
        "the uid stays the pilot's, but processes, files and memory of others are not there to be named, and a user "
        "namespace of its own keeps the payload from tracing or reading what it could name",
        "Linux: user_namespaces(7), pid_namespaces(7), mount_namespaces(7), ptrace(2); observed",
        lambda case: case.cell.mode is Mode.CONTAINER,
        lambda case: Outcome(End.SEPARATED, 0, "container"),
    ),
    Rule(
        "a machine of its own holds nothing of others",
        "the payload has its own kernel, processes and disk; the worker node's are not there to be reached",
        "Vac and Vacuum platform: one virtual machine per payload",
        lambda case: case.cell.mode is Mode.VM,
        lambda case: Outcome(End.SEPARATED, 0, "guest"),
    ),
)
