"""Room, memory, cores and Python: what the testbed needs of any machine."""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed.lab.doctor.question import ask
from testbed.lab.engine import Engine, Errand
from testbed.model.problem import Problem

GB = 10**9
ROOM_TO_BUILD, ROOM_TO_RUN = 3 * GB, GB
"""Bytes: for building the images, and for worlds and evidence once there are images."""
MEMORY = 2 * GB
"""Bytes: some warm worlds and a few guests of 256 MB."""
PYTHON = (3, 11)


def check_room(engine: Engine, errand: Errand) -> str:
    """Room for images where the engine has them, seen from a container's own root."""
    return room(ask(engine, errand, "surroundings")["free"], ROOM_TO_RUN)


def check_room_here() -> str:
    """Room where the engine of this machine would have, or has, its images."""
    place = next(path for path in (Path("/var/lib/docker"), Path("/var/lib"), Path("/")) if path.exists())
    return room(shutil.disk_usage(place).free, ROOM_TO_BUILD)


def room(free: int, wanted: int) -> str:
    """Whether so many bytes are enough."""
    if free < wanted:
        raise Problem(
            f"only {free / GB:.1f} GB are free for images and containers",
            cause=f"{wanted / GB:.0f} GB are needed",
            remedy="make room on the disk of the engine's data root (df -h; docker system df says what it holds)",
        )
    return f"{free / GB:.0f} GB free for images and containers"


def check_strength(facts: Mapping[str, Any]) -> str:
    """Cores and memory of the engine's machine."""
    return strength(int(facts["NCPU"]), int(facts["MemTotal"]))


def check_strength_here() -> str:
    """Cores and memory of this machine."""
    return strength(os.cpu_count() or 1, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def strength(cores: int, memory: int) -> str:
    """Whether so many cores and bytes of memory are enough; one core is, but two are what times are measured on."""
    said = f"{cores} core{'s' if cores > 1 else ''}, {memory / GB:.1f} GB of memory"
    if memory < MEMORY:
        raise Problem(said, cause=f"worlds and guests want {MEMORY / GB:.0f} GB", remedy="a machine with more memory")
    return said


def check_python() -> str:
    """The Python that runs the testbed."""
    if sys.version_info < PYTHON:
        wanted = ".".join(map(str, PYTHON))
        raise Problem(
            f"Python {platform.python_version()}", cause=f"{wanted} is needed", remedy=f"python{wanted} or later"
        )
    return f"Python {platform.python_version()}"
