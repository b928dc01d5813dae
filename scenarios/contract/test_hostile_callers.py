"""A caller who wants more than he may have: what he hands down to the switch, and what a payload can still reach.

The numbers are those of docs/hostile-callers.md. In log-only the switch is an unprivileged program: what is set-id's
business is tried in setuid only.
"""

import json

import pytest

from testbed.model.effect import Effect, refused
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"


DESCRIPTORS = """links=$(for n in 0 1 2; do /usr/bin/readlink /proc/$$/fd/$n; done); echo "$links" >"$GLEXEC_ID" """


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("linger", ["yes", "no"])
def test_standard_descriptors_that_are_closed_lead_nowhere(switch, linger):
    """A53: no file of the switch's lands on 0, 1 or 2 (CVE-2002-0572; HTCondor's procd called it so)."""
    closings = {"<&-": [0], ">&-": [1], "2>&-": [2], "<&- >&-": [0, 1], "<&- >&- 2>&-": [0, 1, 2]}
    run = switch.runs(then=DESCRIPTORS, code=0, end="exit 0" if linger == "yes" else "")
    for number, (closing, closed) in enumerate(closings.items()):
        place, before = f"/tmp/descriptors-{linger}-{number}", ("sh", "-c", f'exec "$@" {closing}', "sh")
        with switch.configured(linger=linger):
            assert switch.tries(then=DESCRIPTORS, env={"GLEXEC_ID": place}, before=before) == run
        links = switch.read(place).splitlines()
        assert {links[each] for each in closed} <= {"/dev/null", "/dev/full"}


@matrix(mode=EVERYWHERE)
def test_tiny_limits_run_the_payload_whole_or_not_at_all(switch):
    """A55: what is too little for the switch runs nothing, what it does not need changes nothing (our choice)."""
    enough = ("--core=0", "--sigpending=0", "--memlock=0", "--cpu=1")
    too_little = ("--fsize=0", "--fsize=1", "--nofile=3", "--nofile=4", "--nofile=8", "--nproc=1")
    too_little += ("--as=1000000", "--stack=8192", "--data=100000")
    seen = {limit: switch.tries(before=("prlimit", limit)) for limit in (*enough, *too_little)}
    assert {limit: seen[limit] for limit in enough} == dict.fromkeys(enough, switch.runs())
    for limit in too_little:
        assert (seen[limit].ran, seen[limit].recorded) == ((), ()), limit
        assert seen[limit].code in (127, 139, 202), limit  # 127 and 139: the loader itself did not get that far


NO_ARGUMENTS = """
import ctypes, os, sys
name, words = sys.argv[2], [word.encode() for word in sys.argv[4:]]
variables = [f"{key}={value}".encode() for key, value in os.environ.items()] if sys.argv[1] == "kept" else []
given = [] if name == "no name" else [name.encode(), *words]
argv = (ctypes.c_char_p * (len(given) + 1))(*given, None)
envp = (ctypes.c_char_p * (len(variables) + 1))(*variables, None) if sys.argv[1] != "none" else None
ctypes.CDLL(None, use_errno=True).execve(sys.argv[3].encode(), argv, envp)
sys.exit(99)
"""


@matrix(mode=EVERYWHERE)
def test_without_arguments_or_environment_nothing_is_run(switch):
    """A56: argc 0 (the kernel makes it 1 since 5.18), an empty argv[0], no environment (CVE-2021-4034)."""
    calls = {
        ("none", "glexec"): refused(201, "caller", "no-credential"),
        ("empty", "glexec"): refused(201, "caller", "no-credential"),
        ("kept", ""): switch.runs(),
        ("kept", "no name"): Effect(0),
    }
    assert {each: switch.tries(before=("python3", "-c", NO_ARGUMENTS, *each)) for each in calls} == calls


REGAIN = """
import ctypes, json, os, sys
pilot = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
tries = {
    "setuid root": lambda: os.setuid(0), "seteuid root": lambda: os.seteuid(0),
    "setreuid pilot": lambda: os.setreuid(pilot, pilot), "setresuid pilot": lambda: os.setresuid(-1, pilot, -1),
    "setgid root": lambda: os.setgid(0), "setresgid": lambda: os.setresgid(-1, 0, -1),
    "setgroups": lambda: os.setgroups([0]), "chroot": lambda: os.chroot("/tmp"), "nice": lambda: os.nice(-1),
    "kill front": lambda: os.kill(os.getppid(), 0), "shadow": lambda: open("/etc/shadow"),
    "glexec.conf": lambda: open("/etc/glexec.conf", "a"),
}
def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "succeeded"
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({name: outcome(attempt) for name, attempt in tries.items()}
    | {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
    | {"securebits": libc.prctl(27, 0, 0, 0, 0), "keepcaps": libc.prctl(7, 0, 0, 0, 0)}))
"""


@matrix(mode="setuid")
def test_a_payload_gets_back_nothing_of_the_caller_or_of_root(switch):
    """A61, A62: no saved id, no capability, no securebits (CVE-2000-0506; setuid demystified); the rest follows."""
    seen = json.loads(switch.call("/usr/bin/python3", "-c", REGAIN, str(switch.account.uid)).text)
    assert {name: what for name, what in seen.items() if what not in ("PermissionError", 0)} == {}


@matrix(mode="setuid")
def test_capabilities_of_the_caller_end_at_the_switch(switch):
    """A62: inheritable and ambient ones of a caller who has some do not reach the payload (CVE-2000-0506)."""
    become = switch.become("--clear-groups", "--inh-caps=+chown,+net_raw", "--ambient-caps=+chown,+net_raw")
    assert switch.tries(account="root", before=become) == switch.runs()


@matrix(mode="setuid")
def test_the_groups_of_the_caller_end_at_the_switch(switch):
    """A60: supplementary groups are replaced (CVE-2022-0358; observed): a batch system's tracking group is lost."""
    own = switch.account.group.gid
    assert switch.call("/usr/bin/id", "-Gn", groups=[4, own, 65000]).text == switch.pool().group.name


THEFT = """
import ctypes, json, os, signal, subprocess, sys
switch = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
switch.stdout.readline()
libc = ctypes.CDLL(None, use_errno=True)
seen = {}
pids, todo = [], [switch.pid]
while todo:
    pid = todo.pop()
    pids.append(pid)
    for task in os.listdir("/proc"):
        try:
            if task.isdigit() and int(open(f"/proc/{task}/stat").read().rpartition(")")[2].split()[1]) == pid:
                todo.append(int(task))
        except OSError:
            pass
for place, pid in enumerate(pids):
    handle = os.pidfd_open(pid)
    got = [number for number in range(16) if libc.syscall(438, handle, number, 0) >= 0]
    try:
        environment = open(f"/proc/{pid}/environ", "rb").read().decode()
    except OSError:
        environment = ""
    try:
        os.kill(pid, signal.SIGKILL if place > 0 else 0)
    except PermissionError:
        signalled = False
    else:
        signalled = place > 0
    seen[("front", "keeper", "payload")[place] if place < 3 else str(place)] = [got, bool(environment), signalled]
switch.communicate(b"\\n")
print(json.dumps(seen))
"""


@matrix(mode="setuid")
def test_a_caller_takes_no_descriptor_and_no_memory_from_the_switch_and_ends_only_its_front(switch):
    """A69: nothing of a set-id process can be taken, before or after it gives its rights up (CVE-2026-46333).

    What waits for the payload and records its end belongs to root: the caller cannot end it (EGI-SVG-2011-1641).
    """
    wait = "echo started; read -r go"
    effect = switch.tries(then=wait, before=("python3", "-c", THEFT))
    assert effect == switch.runs(then=wait)
    assert json.loads(effect.said) == {who: [[], False, False] for who in ("front", "keeper", "payload")}


@matrix(mode=EVERYWHERE)
def test_a_payload_that_calls_the_switch_gets_what_its_account_may(switch):
    """A40: a pool account is not on the white list: 203 (Nikhef wiki). In log-only the payload is the pilot still."""
    again = 'GLEXEC_CLIENT_CERT="$X509_USER_PROXY" /usr/sbin/glexec /usr/bin/id -un'
    result = switch.call("/usr/bin/dash", "-c", again)
    assert result.code == (204 if switch.separates else 0)
    assert result.out.decode().strip() == ("" if switch.separates else switch.account.name)


@matrix(mode="setuid")
def test_a_payload_with_a_stolen_proxy_becomes_nobody_else_but_a_pilot_does(switch):
    """A41: whoever may call and holds a proxy is its user to the grid: the record names both (SVG-2012-4039)."""
    stolen = "/tmp/stolen"
    switch.node.run(["install", "-m", "644", switch.placed("bob"), stolen], limit=10).check()
    steal = f'cp {stolen} "$HOME/p"; chmod 600 "$HOME/p"; GLEXEC_CLIENT_CERT="$HOME/p" /usr/sbin/glexec /usr/bin/id -un'
    payload = switch.call("/usr/bin/dash", "-c", steal)
    assert (payload.code, payload.out) == (204, b"")
    assert switch.tries(user="bob") == switch.runs(user="bob")
