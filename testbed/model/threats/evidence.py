"""Attacks on what the site knows afterwards: its log, and whom the switch takes its caller for."""

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

RECORD = (
    Threat(
        Attack.SKIPPED_RECORD,
        "A32",
        Stage.RECORD,
        "a pilot that runs a payload without calling the switch: nothing is recorded",
        "SSSSS",
        "the site cannot know whether a pilot switched (INFN's notes on glexec); in setuid mode the uid shows it",
    ),
    Threat(
        Attack.FORGED_RECORD,
        "A33",
        Stage.RECORD,
        "write a line into the site's log that looks like one of the switch's",
        "SSSBB",
        "any uid may write /dev/log; where it is not in the namespace there is none. A log that knows the writer tells "
        "it apart where the switch's own lines are root's; in log-only they are the caller's, as the forged one is",
        measures={Measure.TRUSTED_LOG: (Mode.SETUID,)},
    ),
    Threat(
        Attack.SUPPRESSED_END,
        "A34",
        Stage.RECORD,
        "keep the record of the payload's end from being written: kill who would write it, or leave a child that holds "
        "open what is waited for",
        "-SBBB",
        "EGI-SVG-2011-1641; a process of another uid cannot be signalled, one of the same can, unless a pid namespace "
        "or a machine of its own keeps it from being named (observed)",
        proved_in=Mode.LOG_ONLY,
    ),
    Threat(
        Attack.INJECTED_RECORD,
        "A36",
        Stage.RECORD,
        "put a line of its own into the log through arguments, folder and variables",
        "-BBBB",
        "our switch escapes control characters (our choice); CVE-2023-28486 is sudo's",
        proved_in=None,
    ),
    Threat(
        Attack.CUT_RECORD,
        "A37",
        Stage.RECORD,
        "hide who it was behind a command so long that the record is cut",
        "-BBBB",
        "our switch cuts the command, never the identities (our choice)",
        proved_in=None,
    ),
)

CALL = (
    Threat(
        Attack.PAYLOAD_CALLS_SWITCH,
        "A40",
        Stage.CALL,
        "a payload calls the switch itself, with its own proxy",
        "SSBBB",
        "Nikhef wiki, Exit codes of gLExec: 203, not white-listed; a container and a guest have no switch that works",
    ),
    Threat(
        Attack.BORROWED_PROXY,
        "A41",
        Stage.CALL,
        "a payload that has somebody else's proxy calls the switch with it",
        "SSBBB",
        "EGI-SVG-2012-4039, 2012-4073: whoever has the proxy is the user; a payload's account may not call",
    ),
    Threat(
        Attack.TARGET_ELSEWHERE,
        "A45",
        Stage.CALL,
        "have the switch write the proxy's copy over a file of somebody else's (GLEXEC_TARGET_PROXY)",
        "-BBBB",
        "written with the target's rights, never followed: HTCondor #2501, #3794",
        proved_in=None,
    ),
    Threat(
        Attack.WEAKER_MODE,
        "A46",
        Stage.CALL,
        "choose a weaker way of working by a variable (GLEXEC_MODE)",
        "-BBBB",
        "the site's configuration decides, whatever the caller says",
        proved_in=None,
    ),
    Threat(
        Attack.GRIDMAPDIR,
        "A47",
        Stage.CALL,
        "get somebody else's account by the gridmapdir: link, rename or remove it, make its lease an old one",
        "--B--",
        "root's and glexec's: nobody else makes links there; link counts decide (Argus, obligation handlers). A "
        "log-only site leases no accounts",
        proved_in=None,
    ),
)
