"""What became of a job, as a pilot would report it."""

import base64
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from .account import Account

START = re.compile(rb"started (\d{0,10}) (\S*) (\S*)\n")


def judged(account: Account, code: int | None, out: bytes, err: bytes, why: str, left: str = "") -> Mapping[str, Any]:
    """What became of a job, and of what it ``left`` running, as a pilot would report it."""
    found = START.match(out)
    identity = None
    if found:
        uid, user, host = (part.decode(errors="replace") for part in found.groups())
        identity, out = {"uid": int(uid or -1), "user": user, "host": host}, out[found.end() :]
    state = why or ("ended" if found else "returned")
    said = {
        "hung": "the job did not end in time, so it was ended",
        "lost": "the gatekeeper was hung up on, or told to end, while the job ran",
        "ended": f"the job ran as {account.name}",
        "returned": "the job did not start",
    }
    return {
        "state": state,
        "code": code,
        "separated": found is not None,
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
