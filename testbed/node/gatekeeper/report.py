"""What became of a job, as a pilot would report it."""

import base64
import json
import sys
from collections.abc import Mapping
from typing import Any

from ..common.handshake import started
from .account import Account


def judged(account: Account, code: int | None, out: bytes, err: bytes, why: str, left: str = "") -> Mapping[str, Any]:
    """What became of a job, and of what it ``left`` running, as a pilot would report it."""
    identity, _, out = started(out)
    state = why or ("ended" if identity else "returned")
    said = {
        "hung": "the job did not end in time, so it was ended",
        "lost": "the gatekeeper was hung up on, or told to end, while the job ran",
        "ended": f"the job ran as {account.name}",
        "returned": "the job did not start",
    }
    return {
        "state": state,
        "code": code,
        "separated": identity is not None,
        "identity": identity,
        "out": out,
        "err": err,
        "why": said[state] + left,
    }


def tell(report: Mapping[str, Any]) -> None:
    """The report of a job."""
    whole = {"code": None, "separated": False, "bypassed": False, "identity": None, "out": b"", "err": b"", **report}
    texts = {name: base64.b64encode(whole[name]).decode() for name in ("out", "err")}
    sys.stdout.write(json.dumps({**whole, **texts}))
    sys.stdout.flush()
