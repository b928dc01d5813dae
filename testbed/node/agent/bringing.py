"""Bringing a payload's outputs back, from its account or out of its machine."""

import os
import sys
import tarfile
from collections.abc import Mapping

from ..common.plain_file import read_plain
from .beside import beside
from .means import Means
from .packing import LARGEST_OUTPUTS, good_outputs
from .removal import PACK_LIMIT
from .report import Account, Report
from .task import Task, without_copy


def bring_back(means: Means, task: Task, report: Report) -> bytes:
    """The tar of the payload's outputs, made by its own account. What of it is left out is told."""
    account, names = task.account, task.payload.outputs
    if not names:
        return b""
    if means.orders.mode == "vm" and not report.bypassed:
        return brought_from_machine(means, task)
    through = means.mode.own_account and not report.bypassed
    command = [os.path.realpath(sys.executable), "-I", "-S", os.path.abspath(sys.argv[0]), "--pack"]
    command += [str(task.place.work if through else task.place.folder), *names]
    environment: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}
    if through:
        command, environment = [means.orders.switch, *command], without_copy(task)
    ran = beside(means, command, environment, task, PACK_LIMIT, LARGEST_OUTPUTS + 1)
    account.left_out = "; ".join(ran.err.decode(errors="replace").splitlines())
    if ran.code != 0:
        account.left_out = f"all of it: packing ended with {ran}; {account.left_out}"
        return b""
    return usable(ran.out, account)


def brought_from_machine(means: Means, task: Task) -> bytes:
    """The tar that the launcher has written; a machine that was lost has left none."""
    task.account.left_out = task.machine.left_out
    try:
        file = means.sandbox.private(f"{task.payload.ident}.machine") / "outputs"
        return usable(read_plain(file, LARGEST_OUTPUTS, os.O_NOFOLLOW), task.account)
    except OSError as error:
        task.account.left_out = f"all of it: nothing came out of the payload's machine: {error.strerror}"
        return b""


def usable(archive: bytes, account: Account) -> bytes:
    """A tar that came from a payload's account, if it is one that may be handed on."""
    try:
        if len(archive) > LARGEST_OUTPUTS:
            raise tarfile.TarError(f"more than {LARGEST_OUTPUTS} bytes")
        account.files = good_outputs(archive) if archive else 0
    except (tarfile.TarError, EOFError) as error:
        account.left_out = f"all of it: what came back cannot be used: {error}"
        return b""
    account.bytes = len(archive) if account.files else 0
    return archive if account.files else b""
