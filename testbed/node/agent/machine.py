"""What the launcher of mode vm has written down of a payload's machine, and what goes into one."""

import io
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ..common.plain_file import read_plain
from .process import LARGEST_PREVIEW

FAR = ("not started", "perhaps started", "started", "ended")
"""How far a payload of mode vm got, in its launcher's words."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the launcher of mode vm has written down of a payload's machine; empty where it has not come that far."""

    payload: str = ""
    """How far the payload got, a word of `FAR`."""
    cause: str = ""
    """What it failed of, or what the payload lacked: a word of docs/vm.md."""
    said: str = ""
    """In words, what the machine was like and what became of it."""
    left_out: str = ""

    @classmethod
    def read(cls, file: Path) -> "Machine":
        """The launcher's result, which a payload of our own account could have forged: its shape is looked at.

        The launcher writes it as a whole or not at all. Of one that makes no sense a run may have come.
        """
        try:
            found = json.loads(read_plain(file, LARGEST_PREVIEW, os.O_NOFOLLOW))
            cause = str(found.get("cause", ""))
            parts = [f"{found['start']} under {found['accelerator']}"] if "start" in found else []
            parts += [f"started after {found['start_seconds']} s"] if "start_seconds" in found else []
            parts += [str(found["hostname"])] if "hostname" in found else []
            parts += ["source ports {}-{}".format(*found["source_ports"])] if "source_ports" in found else []
            parts += [f"saved machine: {found['saved']}"] if "saved" in found else []
            parts += [f"{cause}: {found.get('error', 'as the guest told')}"] if cause else []
            reached = FAR.index(found["payload"])
            return cls(FAR[reached], cause, ", ".join(parts), "; ".join(map(str, found.get("left_out", ()))))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, IndexError):
            return cls("perhaps started", said="what its launcher wrote down makes no sense")

    @property
    def may_have_started(self) -> bool:
        """Whether the payload may have run although nobody has seen it."""
        return self.payload in ("perhaps started", "started")

    @property
    def of_the_users(self) -> bool:
        """Whether it was the payload's own things that kept it from starting."""
        return self.payload == "not started" and self.cause in ("input", "sandbox", "disk-full")


def packed(folder: Path) -> bytes:
    """A tar of a folder that we have laid out."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(folder, ".")
    return packed.getvalue()
