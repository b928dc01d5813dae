"""Runs a bench as people run it."""

import os
import subprocess

from testbed.lab.engine import Engine
from testbed.lab.images import ROOT


def bench(program: str, *words: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, standard output and error of a run, and of its containers and networks none is there afterwards."""
    with subprocess.Popen(
        [ROOT / "bench" / program, *words],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        out, err = process.communicate(timeout=180)
    assert "Traceback" not in out + err
    assert not [owner for owner in Engine().owners().values() if f" {process.pid} " in owner]
    return process.returncode, out, err
