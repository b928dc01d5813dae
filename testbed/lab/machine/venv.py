"""Makes `.venv` with the pinned packages: ``python3 -m testbed.lab.machine.venv``, as the Makefile calls it."""

import hashlib
import importlib.util
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from testbed.lab.machine import command, packages
from testbed.lab.machine.phases import phase, tell
from testbed.model.problem import Problem

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".venv"
STAMP = FOLDER / "made-from"
"""Written last: the checksums of what the environment was made from, in the format of sha256sum."""
INPUTS = ("pyproject.toml", "constraints.txt")
LIMIT = 600.0


def main() -> int:
    """Make it, or say what stands in the way: 0, or 2, also when interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with phase(".venv") as going:
            make()
            going.detail = f"python {sys.version.split()[0]}"
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing half-made is left, the next call goes on from here", file=sys.stderr)
        return 2
    return 0


@contextmanager
def beside() -> Iterator[None]:
    """Make it while the body does something else; a failure of either ends the other, and nothing half-made stays."""
    ensure_module()
    process = subprocess.Popen([sys.executable, "-m", "testbed.lab.machine.venv"], cwd=ROOT, start_new_session=True)
    try:
        yield
        if (code := process.wait(LIMIT)) != 0:
            raise SystemExit(code)  # it has said why
    finally:
        command.stop(process)
        if not STAMP.exists():
            shutil.rmtree(FOLDER, ignore_errors=True)


def make() -> None:
    """Make the environment anew with the Python that runs this. An environment that is half made is removed."""
    ensure_module()
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(prefix="glexec-testbed-") as folder:
            scratch = {"TMPDIR": folder}  # what pip leaves when it is cut short goes with it
            command.run([sys.executable, "-m", "venv", str(FOLDER)], limit=120, environment=scratch)
            _install(scratch)
        STAMP.write_text("".join(f"{_sum(ROOT / name)}  {name}\n" for name in INPUTS))
    finally:
        if not STAMP.exists():
            shutil.rmtree(FOLDER, ignore_errors=True)


def _install(scratch: Mapping[str, str]) -> None:
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    pinned = ["--no-compile", "-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}[dev]"]
    try:
        command.run([*pip, *pinned], limit=LIMIT, environment=scratch)
    except Problem as problem:
        raise Problem(
            "the pinned Python packages cannot be installed",
            cause=problem.cause or problem.what,
            remedy=problem.remedy or "see that pip reaches a package index (pip config list), then try again",
        ) from problem


def ensure_module() -> None:
    """Debian keeps the module that makes environments in a package of its own."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages.install([f"python{version}-venv"], f"Python {version} cannot make environments", tell)
    check = [sys.executable, "-c", "import ensurepip, venv"]
    if subprocess.run(check, timeout=30, check=False).returncode != 0:
        raise Problem(
            f"Python {version} still cannot make environments",
            where=sys.executable,
            remedy="make PYTHON=/path/to/python3 ..., a Python 3.11 or later with the modules venv and ensurepip",
        )


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
