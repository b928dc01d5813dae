"""What a site, or a VO, can do against an attack that a mode lets through."""

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """The counter-measures that the testbed can take, one word each."""

    HIDEPID = "hidepid"
    PRIVATE_TMP = "private-tmp"
    TMP_NOSUID = "tmp-nosuid"
    EPILOGUE = "epilogue"
    END_LEFTOVERS = "end-leftovers"
    NETWORK_NAMESPACE = "network-namespace"
    PEER_CREDENTIALS = "peer-credentials"
    CAREFUL_PILOT = "careful-pilot"
    LIMITS = "limits"
    TRUSTED_LOG = "trusted-log"
    OWN_ACCOUNT = "own-account"
    COLD_MACHINES = "cold-machines"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A counter-measure in words: what is done, by whom, and what it costs."""

    measure: Measure
    says: str
    who: str
    """``site`` or ``VO``."""
    costs: str
    source: str


REMEDIES = {
    remedy.measure: remedy
    for remedy in (
        Remedy(
            Measure.HIDEPID,
            "/proc is mounted with hidepid=invisible",
            "site",
            "monitoring needs a group that may see all (gid=)",
            "proc(5); seen: 78 processes without, 3 with it",
        ),
        Remedy(
            Measure.PRIVATE_TMP,
            "the LCMAPS module mount-under-scratch gives each payload a /tmp, /var/tmp and /dev/shm of its own",
            "site",
            "root in the policy (user_identity_switch_by = lcmaps); the caller has to clean the folders",
            "lcmaps-plugins-mount-under-scratch, README",
        ),
        Remedy(
            Measure.TMP_NOSUID,
            "/tmp, /var/tmp and /dev/shm are mounted nosuid",
            "site",
            "a mount of its own for each",
            "mount(8)",
        ),
        Remedy(
            Measure.EPILOGUE,
            "an epilogue ends what the account still runs and removes what it left, homes and queued jobs included",
            "site",
            "one payload at a time for each account; glexec has to linger",
            "EGI-SVG-2011-1474 and 2011-1641: linger, switching and a site epilogue",
        ),
        Remedy(
            Measure.END_LEFTOVERS,
            "the switch ends what the payload leaves running, whatever it has forked (end_leftovers = yes)",
            "site",
            "an option of the testbed's switch, not of gLExec; at and cron start what is no descendant",
            "prctl(2), PR_SET_CHILD_SUBREAPER; docs/switch.md",
        ),
        Remedy(
            Measure.NETWORK_NAMESPACE,
            "the payload gets a network namespace of its own, so no loopback and no abstract socket of others",
            "site",
            "no network without more; EGI CSIRT tells sites to disable unprivileged ones",
            "EGI CSIRT 2022-10-19; unix(7)",
        ),
        Remedy(
            Measure.PEER_CREDENTIALS,
            "the service asks the kernel who has connected (SO_PEERCRED) and serves its own account only",
            "VO",
            "no help where the payload has the same uid; TCP on loopback has no such question",
            "unix(7)",
        ),
        Remedy(
            Measure.CAREFUL_PILOT,
            "the pilot closes its descriptors, cleans the environment, has umask 077 and no world-writable folder; "
            "it adopts what payloads leave running, and ends it",
            "VO",
            "none",
            "HTCondor 7.6 release notes (#2907); OSG-2018-03-05",
        ),
        Remedy(
            Measure.LIMITS,
            "who starts a job limits its memory (RLIMIT_DATA, as batch systems do), for each of its processes",
            "site",
            "limits have to be chosen, and many processes have many times as much; a control group would count all "
            "(here its files are read-only), and a quota of the disk is not to be had in a container",
            "setrlimit(2); cgroup files are read-only and tmpfs takes no usrquota on the nodes tried (observed)",
        ),
        Remedy(
            Measure.TRUSTED_LOG,
            "the log keeps beside each line the uid of who sent it, as the kernel knows it (SCM_CREDENTIALS), and only "
            "what the switch's own uid has sent counts as its record",
            "site",
            "a log daemon that asks for it; no help in log-only, where the switch has its caller's uid (observed)",
            "unix(7); rsyslog's imuxsock, SysSock.Annotate; systemd.journal-fields(7): fields that begin with _",
        ),
        Remedy(
            Measure.OWN_ACCOUNT,
            "pilots of mode vm have an account in which nothing else runs; other payloads are another pilot account's",
            "VO",
            "an account more, and question 4 answered with no",
            "docs/vm.md, fast start",
        ),
        Remedy(
            Measure.COLD_MACHINES,
            "the place where an account's machines are saved is root's, so that each machine is booted, as with --cold",
            "site",
            "seconds for each payload: bench/vm has both",
            "docs/vm.md, fast start",
        ),
    )
}
