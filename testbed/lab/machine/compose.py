"""Finding the Compose plugin (v2) of Docker's client, or installing it."""

import os
import shutil
import tempfile
from pathlib import Path

from testbed.lab.machine import command, mirror, packages
from testbed.lab.machine.mirror import SUITE, Mirror
from testbed.lab.machine.phases import Say
from testbed.model.problem import Problem

PLUGIN = Path("/usr/local/lib/docker/cli-plugins/docker-compose")
PACKAGES = ("docker-compose", "docker-compose-v2")
"""What distributions call it: Debian 13, Ubuntu."""
LIBC = (2, 34)
"""The oldest C library that Debian 13's plugin runs on."""
WHY = "docker compose does not work"
LIMIT = 180.0


def look() -> str:
    """The version of the plugin that works now, or ""."""
    try:
        version = command.run(["docker", "compose", "version", "--short"], limit=20).strip().removeprefix("v")
    except Problem:
        return ""
    return version if _major(version) >= 2 else ""


def ensure(say: Say) -> str:
    """A plugin that works, and where it came from. Installs it where that may be done."""
    if version := look():
        return f"compose {version}, answered"
    packages.permit(WHY, _remedy())
    packages.know()
    if not command.on_path("docker"):
        client = "docker-cli" if packages.candidate("docker-cli") else "docker.io"
        packages.install([client], "Docker's client is missing", say)
    origin = _install(say)
    if version := look():
        return f"compose {version}, installed from {origin}"
    raise Problem(
        "the Compose plugin was installed, but does not work", cause=_complaint(), remedy="docker compose version"
    )


def _install(say: Say) -> str:
    if package := _packaged():
        packages.install([package], WHY, say)
        return "this system's packages"
    _check_libc()
    source = mirror.read()
    if source is None:
        raise Problem(
            WHY,
            cause="neither this system's packages nor a Debian mirror in its apt configuration have Compose v2",
            remedy=f"put the plugin of docker's own packages at {PLUGIN}, then try again",
        )
    say(f"{WHY}: taking the plugin of Debian 13's package to {PLUGIN}")
    with tempfile.TemporaryDirectory(prefix="glexec-testbed-") as folder:
        place(_fetch(source, Path(folder)), PLUGIN)
    return "Debian 13"


def _packaged() -> str:
    """The package of this system that has the plugin, or ""."""
    return next((package for package in PACKAGES if _major(packages.candidate(package)) >= 2), "")


def _remedy() -> str:
    if package := _packaged():
        return f"apt-get install {package}"
    return f"put the plugin, as in Debian 13's package docker-compose, at {PLUGIN}"


def _fetch(source: Mirror, folder: Path) -> Path:
    """The plugin out of Debian 13's package, fetched with an apt state of its own: this machine's stays as it is."""
    for name in ("lists/partial", "cache/archives/partial", "etc", "out"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "etc" / "13.sources").write_text(source.stanzas(SUITE))
    (folder / "apt.conf").write_text(
        f"""
        Dir::State "{folder}";
        Dir::State::status "{folder}/status";
        Dir::Cache "{folder}/cache";
        Dir::Etc::sourcelist "/dev/null";
        Dir::Etc::sourceparts "{folder}/etc";
        Dir::Etc::preferences "/dev/null";
        Dir::Etc::preferencesparts "/dev/null";
        APT::Sandbox::User "root";
        APT::Get::List-Cleanup "false";
        Acquire::Languages "none";
        #clear DPkg::Post-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
        """
    )
    apt = ["apt-get", "-q", "-c", str(folder / "apt.conf")]
    command.run([*apt, "update"], limit=LIMIT)
    command.run([*apt, "download", "docker-compose"], limit=LIMIT, folder=folder)
    package = next(folder.glob("docker-compose_*.deb"))
    command.run(["dpkg-deb", "-x", str(package), str(folder / "out")], limit=60)
    return next((folder / "out").rglob("cli-plugins/docker-compose"))


def place(plugin: Path, target: Path) -> None:
    """Put the plugin where Docker's client looks for it, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(plugin, fresh)
        fresh.chmod(0o755)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _check_libc() -> None:
    found = (os.confstr("CS_GNU_LIBC_VERSION") or "an unknown C library").removeprefix("glibc ")
    numbers = tuple(int(part) for part in found.split(".") if part.isdecimal())
    if numbers < LIBC:
        raise Problem(
            WHY,
            found=f"glibc {found}",
            expected=f"glibc {'.'.join(map(str, LIBC))} or later, which Debian 13's plugin needs",
            remedy=f"put a plugin that runs here at {PLUGIN}, then try again",
        )


def _complaint() -> str:
    try:
        return command.run(["docker", "compose", "version"], limit=20)
    except Problem as problem:
        return problem.cause


def _major(version: str) -> int:
    """The first number of a version; 0 for none."""
    first = version.partition(".")[0]
    return int(first) if first.isdecimal() else 0
