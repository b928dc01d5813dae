"""The kernel settings, and the mounts of containers, that change what is expected."""

from collections.abc import Mapping

from testbed.lab.conditions import SETTINGS, kernel_settings
from testbed.lab.doctor.mounts import mount_of
from testbed.lab.doctor.question import ask
from testbed.lab.engine import Engine, Errand

HIDEPID, NOSUID = "hidepid of /proc in containers", "nosuid of /tmp in containers"
CHANGES = {
    "kernel.yama.ptrace_scope": "above 0 a payload cannot trace, or read the memory of, another process of its uid",
    "fs.protected_hardlinks": "1 stops hard links to files of others, such as the switch itself",
    "fs.protected_symlinks": "1 stops root from following others' links in /tmp",
    "fs.protected_regular": "above 0 stops root from writing others' files in /tmp",
    "fs.protected_fifos": "above 0 stops root from writing into others' pipes in /tmp",
    "fs.suid_dumpable": "above 0 a set-id program may leave a core, with what it held in memory",
    "kernel.core_pattern": "where the core of a pilot that was made to crash goes: a plain name is its own folder",
    "dev.tty.legacy_tiocsti": "1 lets a payload type into the terminal of whoever started it",
    "kernel.unprivileged_userns_clone": "0 forbids user namespaces to ordinary accounts (Debian's own switch)",
    "kernel.apparmor_restrict_unprivileged_userns": "1 forbids them to programs without a profile (Ubuntu's own)",
    "user.max_user_namespaces": "0 forbids user namespaces to everybody",
    HIDEPID: "unless off, a payload does not see the processes, and their arguments, of other uids",
    NOSUID: "yes makes a set-id shell that one payload left there useless to another",
}
"""Setting -> what its value changes. Sources: sysctl/kernel.rst, sysctl/fs.rst, proc(5), mount(8)."""


def settings(engine: Engine, errand: Errand) -> dict[str, str]:
    """The settings of the engine's machine, which may not be this one, and how containers mount what matters."""
    seen = ask(engine, errand, "surroundings", *SETTINGS)
    kernel = {path.replace("/", "."): value for path, value in seen["settings"].items()}
    return {**kernel, **of_mounts(seen["mounts"])}


def of_mounts(mountinfo: str) -> dict[str, str]:
    """What a container's mounts change, in the words of `CHANGES`."""
    hidden = [word for word in mount_of("/proc", mountinfo).options if word.startswith("hidepid=")]
    nosuid = "nosuid" in mount_of("/tmp", mountinfo).options
    return {HIDEPID: hidden[0].partition("=")[2] if hidden else "off", NOSUID: "yes" if nosuid else "no"}


def settings_here() -> dict[str, str]:
    """The settings of this machine; nothing about containers."""
    return kernel_settings()


def explained(settings: Mapping[str, str]) -> list[str]:
    """A line for each setting, and one below it that says what it changes."""
    lines = []
    for name, value in settings.items():
        lines += [f"  {name} = {value}", f"      {CHANGES[name]}"]
    return lines
