"""Asking what one of the programs of `inside` finds in a container of a given kind, or on this machine."""

import dataclasses
import json
import sys
from importlib import resources
from typing import Any

from testbed.lab.engine import Engine, Errand
from testbed.lab.machine import command
from testbed.model.problem import Problem

LIMIT = 8.0
"""Seconds for one question; usual is one second, the container included."""


def program(question: str, room: str = "testbed.lab.doctor.inside") -> tuple[str, ...]:
    """The command that runs a program of ours where it is not installed."""
    return ("python3", "-c", (resources.files(room) / f"{question}.py").read_text())


def ask(engine: Engine, errand: Errand, question: str, *words: str) -> dict[str, Any]:
    """What is found in a container that is like ``errand``, whose command does not matter."""
    asked = dataclasses.replace(errand, command=(*program(question), *words))
    with engine.errand(asked) as container:
        ending = container.ending(LIMIT)
    if ending.code != 0:
        raise Problem(f"the trial {question!r} failed", found=f"exit code {ending.code}", cause=ending.err[-2000:])
    return _object(ending.out.decode())


def ask_here(question: str, *words: str) -> dict[str, Any]:
    """What is found on this machine, outside of containers."""
    return _object(command.run([sys.executable, *program(question)[1:], *words], limit=LIMIT))


def _object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
