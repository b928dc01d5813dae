"""What the guest's supervisor tells of the payload's end, none of which is simply believed."""

import signal
from collections.abc import Mapping
from typing import Any

from .failure import Failure

LARGEST_OUTPUTS = 3 << 20
"""Bytes of the tar that comes out."""
TOLD_LIMIT = 40
"""Lines that the guest may tell, of at most `guest.LINE_LIMIT` bytes."""


def understood(told: list[bytes]) -> dict[str, Any]:
    """What the guest's supervisor told, line by line, as a result; the guest is not trusted to tell it properly."""
    try:
        lines = [line.decode("ascii", "backslashreplace").split(" ", 1) for line in told]
        left_out = [value for word, value in lines if word == "left-out"]
        facts = {word: value for word, value in lines if word != "left-out"}
        code, by = (int(facts[word]) if word in facts else None for word in ("code", "signal"))
        if (code is None) == (by is None) or not 0 <= (code or 0) <= 255 or not 0 <= (by or 0) < 128:
            raise ValueError("neither an exit code nor a signal")
        result: dict[str, Any] = {"code": code, "signal": by, "hostname": facts["hostname"], "kernel": facts["kernel"]}
        result["bytes"] = {"out": int(facts["out"]), "err": int(facts["err"])}
        result["files"] = int(facts.get("files", "0"))
        if not 0 <= result["files"] <= LARGEST_OUTPUTS:
            raise ValueError("more files than are let out")
        result["left_out"] = left_out
        groups = [int(group) for group in facts["groups"].split(",")]
        who = {"uid": int(facts["uid"]), "gid": int(facts["gid"]), "user": facts["user"], "groups": groups}
        result["identity"] = who
        result["cause"] = cause_of(facts, code, by)
    except (ValueError, KeyError) as error:
        remedy = "do not trust this payload; look at the guest's console (--console FILE)"
        cause = f"the guest told no proper result: {error!r} in {b' '.join(told)[:200]!r}"
        raise Failure("no-result", cause, remedy) from error
    return result | ({"errno": int(facts["errno"])} if "errno" in facts else {})


def cause_of(facts: Mapping[str, str], code: int | None, by: int | None) -> str:
    """Why a payload that ended badly may have done so: a word, or nothing."""
    if code == 0:
        return ""
    if int(facts.get("oom", "0")) > 0 and (by == signal.SIGKILL or code):
        return "out-of-memory"
    return "disk-full" if int(facts.get("full", "0")) else ""
