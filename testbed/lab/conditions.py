"""Under which conditions this machine makes a run."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from testbed import __version__
from testbed.report.conditions import Conditions
from testbed.site.choice import Choice
from testbed.site.switch import REFERENCE

SETTINGS = (
    "kernel/yama/ptrace_scope",
    "fs/protected_hardlinks",
    "fs/protected_symlinks",
    "fs/protected_regular",
    "fs/protected_fifos",
    "fs/suid_dumpable",
    "kernel/core_pattern",
    "dev/tty/legacy_tiocsti",
    "kernel/unprivileged_userns_clone",
    "kernel/apparmor_restrict_unprivileged_userns",
    "user/max_user_namespaces",
)
"""The kernel settings that change what is expected, as paths below /proc/sys. Containers share them with this host."""


def conditions(choice: Choice, engine: str) -> Conditions:
    """What a reader must know before comparing this run with another."""
    return Conditions(
        started=datetime.now(UTC),
        site=", ".join(site.name for site in choice.sites),
        answers=choice.sites[0].answers,
        switch=str(choice.switch or REFERENCE),
        engine=engine,
        kernel=Path("/proc/sys/kernel/osrelease").read_text().strip(),
        settings=kernel_settings(),
        versions={"testbed": __version__},
        commit=_commit(),
    )


def kernel_settings() -> dict[str, str]:
    """The settings by their sysctl names; ``absent`` where this kernel has none."""
    return {setting.replace("/", "."): _read(Path("/proc/sys") / setting) for setting in SETTINGS}


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return "absent"


def _commit() -> str:
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty"], capture_output=True, timeout=5, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
