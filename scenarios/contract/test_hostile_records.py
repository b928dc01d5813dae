"""A caller who wants another story in the site's log. The numbers are those of docs/hostile-callers.md."""

import re

from testbed.model.effect import refused
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid"
FORGED = 'real_user(pilot),real_group(pilot)->mapped_user(forged),mapped_group(forged) cwd: "/" cmd: "/forged"'
HOSTILE = (
    f"\nglexec[1]: {FORGED}",
    f"\r\nNov 25 21:00:00 node glexec[1]: {FORGED}",
    "\x1b[2J\x1b[1;1Hwiped",
    '" args: "quoted',
    "\\x22 and \\",
    "bidi \u202e\u2066 and \u00fcml\u00e4uts",
    "\x7f\x01\x02\t",
    "%s%n%d",
)
LINE = re.compile(r"\S+ \S+ (glexec|lcmaps)(\[\d+\])?: [\x20-\x7e]*")


@shows("R4")
@matrix(mode=EVERYWHERE)
def test_hostile_text_stays_inside_its_value(switch):
    """A36: arguments, GLEXEC_ID, folder and file names are one line of printable ASCII (CVE-2023-28486)."""
    seen, expected, lines = {}, {}, []
    for text in HOSTILE:
        command = (*switch.witness.command(":"), text)
        seen[text] = switch.tries(*command, env={"GLEXEC_ID": text})
        expected[text] = switch.runs(*command)
        lines += switch.witness.log
    assert seen == expected
    assert [line for line in lines if not LINE.fullmatch(line) or '"quoted' in line] == []


@shows("R4")
@matrix(mode=EVERYWHERE)
def test_a_hostile_name_of_folder_or_command_stays_inside_its_value(switch):
    """A36: the folder that a payload starts in and the command itself are the caller's to name."""
    folder = "/tmp/a\nglexec[1]: forged \u202e"
    make = 'mkdir -m 755 "$1"; cp "$2" "$1/run\nme"; chmod 755 "$1/run\nme"'
    switch.node.run(["sh", "-c", make, "sh", folder, switch.witness.command()[0]], limit=10).check()
    command = (f"{folder}/run\nme", *switch.witness.command()[1:])
    assert switch.tries(*command, before=("sh", "-c", 'cd "$0"; exec "$@"', folder)) == switch.runs(*command)
    assert [line for line in switch.witness.log if not LINE.fullmatch(line)] == []


@shows("R4")
@matrix(mode=EVERYWHERE)
def test_what_is_too_long_for_a_line_is_cut_and_the_cut_is_seen(switch):
    """A37: 64 kB of arguments run, and the record says how many bytes it leaves out (our choice)."""
    command = (*switch.witness.command(":"), *(64 * ["x" * 1023]))
    effect = switch.tries(*command)
    whole = len(" ".join(command[1:]))
    assert (effect.code, effect.ran) == (0, switch.runs().ran)
    [record] = effect.recorded
    assert record.command.endswith(f"x...[cut, {whole} bytes]")
    assert record.end == "exit 0"


@shows("R4")
@matrix(mode=EVERYWHERE)
def test_a_forged_line_is_in_the_log_and_the_kernel_knows_its_forger(switch):
    """A33: anybody may write to the system log with any name; the kernel tells the log daemon the pid and the uid.

    In a set-id installation real records are root's. In log-only they are the caller's, like the forged ones.
    """
    pilot = switch.account
    assert switch.tries() == switch.runs()
    real = switch.records(1)[-1].pid
    for line in (FORGED, "Terminated, exit 0, CPU user 0.000 system 0.000 mapped_user(forged)"):
        forge = ["logger", "-t", f"glexec[{real}]", "--", line]
        switch.witness.effect(switch.node.run(forge, user=pilot.name, limit=10))
        [seen] = [each for each in switch.witness.log if line in each]
        assert f"glexec[{real}]" not in seen
    records = ("real_user(", "Terminated, ", "Used DN")
    lines = [line for line in switch.read("/var/log/messages").splitlines() if any(word in line for word in records)]
    writers = [("forged" in line, found[1]) for line in lines if (found := re.search(r" uid=(\d+) ", line))]
    real_uid = "0" if switch.separates else str(pilot.uid)
    assert sorted(writers) == [*(3 * [(False, real_uid)]), *(2 * [(True, str(pilot.uid))])]


@shows("R4")
@matrix(mode="setuid")
def test_a_limit_of_the_callers_cannot_suppress_the_record(switch):
    """A55: a log file that RLIMIT_FSIZE keeps from growing means no record, and so no run: 202 (our choice)."""
    log = "/var/log/glexec-own.log"
    make = 'head -c 65535 /dev/zero | tr "\\0" x >"$1"; chown glexec:glexec "$1"; chmod 640 "$1"'
    switch.node.run(["sh", "-c", make, "sh", log], limit=10).check()
    with switch.altered(log), switch.configured(log_destination="file", log_file=log):
        effect = switch.tries(env={"GLEXEC_TARGET_PROXY": "/dev/null"}, before=("prlimit", "--fsize=32768"))
        assert effect == refused(202, "untraceable", "no-record")
        assert len(switch.tries(env={"GLEXEC_TARGET_PROXY": "/dev/null"}).ran) == 1
    switch.node.run(["rm", log], limit=10).check()
