"""Containers of payloads on a worker node: bubblewrap as an ordinary account, under the node's own filter."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from testbed.lab import namespaces
from testbed.lab.engine import Engine, Errand
from testbed.lab.layout import NODE, PYTHON
from testbed.model.problem import Problem

LIMIT = 8.0
ORDINARY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def check(engine: Engine, errand: Errand) -> str:
    """A payload has namespaces of its own in a worker node as sites with ``user_namespaces = true`` have it."""
    confined = (*errand.security, *namespaces.security())
    node = dataclasses.replace(errand, command=("sleep", f"{2 * LIMIT:g}"), security=confined)
    with engine.errand(node) as container:
        trouble = ""
        try:
            namespaces.show_processes(engine, container, errand.image, errand.labels)
        except Problem as problem:
            trouble = f"{problem.what}: {problem.cause or problem.found}"
        said = container.execute([*ORDINARY, *PYTHON, f"{NODE}/container", "--probe"], limit=LIMIT)
    found: Mapping[str, Any] = json.loads(said)
    if not found["usable"]:
        cause = "; ".join(part for part in (found["cause"], trouble) if part)
        raise Problem("no payload can have namespaces of its own", cause=cause, remedy=found["remedy"])
    return f"{found['cause']}, with Docker's filter and what {namespaces.FILTER.name} adds"
