"""What a payload, or a pilot, can try against others: the catalogue, and what each mode does about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from testbed.model.kernel import Kernel
from testbed.model.measure import Measure
from testbed.model.mode import Mode


class Stage(StrEnum):
    """When an attack is tried: the attacks of one stage share one staging in each mode."""

    BESIDE = "beside"
    """Alice's payload, while Bob's payload, the pilot and a daemon of the pilot's run on the same node."""
    LAUNCH = "launch"
    """A payload started by a careless pilot: what it is handed without being meant to have it."""
    AFTER = "after"
    """Alice's payload leaves things behind; what is there when it has ended, and what Bob's payload finds."""
    REUSED = "reused"
    """The same, but Bob's payload runs on the account that Alice's had, after its lease was recycled."""
    AGAIN = "again"
    """Two payloads of the same user, by two pilots, at once."""
    SAVED = "saved"
    """A machine that is saved for later payloads, after one of them ran on the node itself."""
    LOAD = "load"
    """A payload that takes what it can get, within limits of the testbed's own."""
    RECORD = "record"
    """The site's log, by a pilot or a payload that lies."""
    CALL = "call"
    """The switch, by a pilot or a payload that should not call it so."""
    CREDENTIAL = "credential"
    """The switch, by a pilot that shows it credentials which prove nothing, or not what they say."""
    WITHIN = "within"
    """One payload that is both sides. No attack is of this stage: it shows which work in such a place at all."""


class Attack(StrEnum):
    """The attacks, one word each."""

    BOBS_PROXY = "bobs-proxy"
    BOBS_FILE = "bobs-file"
    BOBS_OPEN_FILE = "bobs-open-file"
    BOBS_ENVIRONMENT = "bobs-environment"
    BOBS_COMMAND_LINE = "bobs-command-line"
    BOBS_PROCESS = "bobs-process"
    BOBS_MEMORY = "bobs-memory"
    BOBS_DESCRIPTOR = "bobs-descriptor"
    BOBS_SEGMENT = "bobs-segment"
    BOBS_OPEN_SEGMENT = "bobs-open-segment"
    BOBS_MESSAGES = "bobs-messages"
    BOBS_OPEN_MESSAGES = "bobs-open-messages"
    BOBS_SHARED_MEMORY = "bobs-shared-memory"
    BOBS_OPEN_SHARED_MEMORY = "bobs-open-shared-memory"
    BOBS_FILE_IN_TMP = "bobs-file-in-tmp"
    BOBS_GROUP_FILE = "bobs-group-file"
    BOBS_QUEUE = "bobs-queue"
    BOBS_OPEN_QUEUE = "bobs-open-queue"
    PILOTS_PROXY = "pilots-proxy"
    PILOTS_ENVIRONMENT = "pilots-environment"
    PILOTS_COMMAND_LINE = "pilots-command-line"
    PILOTS_PROCESS = "pilots-process"
    PILOTS_MEMORY = "pilots-memory"
    PILOTS_DESCRIPTOR = "pilots-descriptor"
    PILOTS_LIMITS = "pilots-limits"
    PILOTS_PROGRAM = "pilots-program"
    PILOTS_OPEN_FOLDER = "pilots-open-folder"
    PILOTS_GROUP_FILE = "pilots-group-file"
    PILOTS_CORE = "pilots-core"
    PILOTS_ABSTRACT_SOCKET = "pilots-abstract-socket"
    PILOTS_LOOPBACK = "pilots-loopback"
    PILOTS_BATCH_COOKIE = "pilots-batch-cookie"
    INHERITED_DESCRIPTOR = "inherited-descriptor"
    INHERITED_ENVIRONMENT = "inherited-environment"
    FOREIGN_KEY = "foreign-key"
    LEFT_DAEMON = "left-daemon"
    OUTLIVED_PILOT = "outlived-pilot"
    LEFT_FILE = "left-file"
    LEFT_OPEN_FILE = "left-open-file"
    LEFT_SEGMENT = "left-segment"
    LEFT_QUEUE = "left-queue"
    LEFT_HOME = "left-home"
    LEFT_SET_ID_FILE = "left-set-id-file"
    LEFT_AT_JOB = "left-at-job"
    LEFT_CRON_JOB = "left-cron-job"
    FORMER_FILE = "former-file"
    FORMER_HOME = "former-home"
    FORMER_PROCESS = "former-process"
    OWN_OTHER_PAYLOAD = "own-other-payload"
    SAVED_MACHINE = "saved-machine"
    OWN_OTHER_PROCESS = "own-other-process"
    OWN_FORMER_FILE = "own-former-file"
    OWN_FORMER_SEGMENT = "own-former-segment"
    OWN_FORMER_HOME = "own-former-home"
    OWN_FORMER_PROCESS = "own-former-process"
    MANY_PROCESSES = "many-processes"
    MUCH_MEMORY = "much-memory"
    FULL_DISK = "full-disk"
    MANY_FILES = "many-files"
    SKIPPED_RECORD = "skipped-record"
    FORGED_RECORD = "forged-record"
    SUPPRESSED_END = "suppressed-end"
    INJECTED_RECORD = "injected-record"
    CUT_RECORD = "cut-record"
    PAYLOAD_CALLS_SWITCH = "payload-calls-switch"
    BORROWED_PROXY = "borrowed-proxy"
    TARGET_ELSEWHERE = "target-elsewhere"
    WEAKER_MODE = "weaker-mode"
    GRIDMAPDIR = "gridmapdir"
    WRONG_KIND_OF_PROXY = "wrong-kind-of-proxy"
    SPOILT_CREDENTIAL = "spoilt-credential"
    SPOILT_ATTRIBUTES = "spoilt-attributes"
    SHARED_PROXY_FILE = "shared-proxy-file"
    ODD_PROXY_FILE = "odd-proxy-file"


class Chance(StrEnum):
    """What an attack is known to come to in a mode."""

    SUCCEEDS = "succeeds"
    BLOCKED = "blocked"
    MEANINGLESS = "meaningless"
    """There is nothing of the kind in this mode."""


LETTERS = {"S": Chance.SUCCEEDS, "B": Chance.BLOCKED, "-": Chance.MEANINGLESS}
ORDER = (Mode.NONE, Mode.LOG_ONLY, Mode.SETUID, Mode.CONTAINER, Mode.VM)
"""The modes in the order of the letters of `Threat.letters`."""
ENCLOSING = (Mode.CONTAINER, Mode.VM)
"""Those in which a payload has a place of its own, with other programs and devices in it than the node has."""

Setting = Callable[[Mode, Kernel], Chance | None]


def unless(setting: Callable[[Kernel], bool], chance: Chance = Chance.BLOCKED) -> Setting:
    """The kernel's setting decides, in whatever mode."""
    return lambda mode, kernel: chance if setting(kernel) else None


TRACING = unless(lambda kernel: kernel.ptrace_scope > 0)
"""Yama lets nobody trace what is not his own child."""
CORE_ELSEWHERE = unless(lambda kernel: kernel.core_pattern[:1] in ("|", "/", ""), Chance.MEANINGLESS)
"""The kernel leaves no core dump in the folder of a process."""
NO_SET_ID = unless(lambda kernel: kernel.tmp_nosuid)
"""The folders that everybody may write ignore set-id bits."""


@dataclass(frozen=True, slots=True)
class Threat:
    """One attack of the catalogue.

    ``letters`` say for none, log-only, setuid, container and vm whether it succeeds (S), is blocked (B) or has no
    meaning (-); ``settings`` are the kernel's that say otherwise. A container's are those of the usual options:
    user, mount, pid and ipc namespaces, private /tmp, /dev/shm and home, a shared network.
    """

    attack: Attack
    number: str
    """In the catalogue of threats: ``A01``."""
    stage: Stage
    says: str
    letters: str
    why: str
    """What decides, in a sentence with its source."""
    settings: Setting = field(default=lambda mode, kernel: None)
    measures: Mapping[Measure, tuple[Mode, ...]] = field(default_factory=dict)
    """What blocks it, and in which modes that helps."""
    proved_in: Mode | None = Mode.NONE
    """The mode in which the probe has to succeed here first; ``None``: no mode lets it through, mutants prove it."""
    no_control: str = ""
    """Why no payload can be victim and attacker within one container or machine; empty: one is, see `Stage.WITHIN`,
    but for attacks that no mode lets through."""

    def controlled_in(self, mode: Mode) -> bool:
        """Whether it has to succeed within a mode, `Stage.WITHIN`, for its being blocked there to be worth anything."""
        if mode not in ENCLOSING or self.no_control or self.proved_in is None:
            return False
        return LETTERS[self.letters[ORDER.index(mode)]] is Chance.BLOCKED

    def chance(self, mode: Mode, kernel: Kernel, *measures: Measure | None) -> Chance:
        """What it is known to come to where these measures are taken."""
        usual = LETTERS[self.letters[ORDER.index(mode)]]
        if usual is Chance.MEANINGLESS:
            return usual
        by_kernel = self.settings(mode, kernel) if usual is Chance.SUCCEEDS else None
        if by_kernel is not None:
            return by_kernel
        return Chance.BLOCKED if self.stopped_by(mode, *measures) else usual

    def stopped_by(self, mode: Mode, *measures: Measure | None) -> tuple[Measure, ...]:
        """Those of these measures that help against it in a mode."""
        return tuple(each for each in measures if each and mode in self.measures.get(each, ()))
