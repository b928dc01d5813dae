"""Whose a proxy's account is, by the site's own LCMAPS."""

import os
import pwd
import re
import select
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from ..common.memory import memory_file
from .account import Account, Refused, Undecided, become

CONF = "/etc/glexec.conf"
LCMAPS_ACCOUNT = "/usr/libexec/glexec/lcmaps-account"
KEEPER = "glexec"
"""The account that LCMAPS runs as, as in a set-id installation of the switch."""
ANSWER, LOG, POLICY = 3, 4, 5
"""What lcmaps-account has open, as images/worker-node/glexec/answer.h says."""
ATTEMPTS_SECONDS = 30.0
VERDICT_REFUSED = 11
"""How lcmaps-account ends where LCMAPS ran and gave no account, as images/worker-node/glexec/answer.h says."""
DENIALS = (
    *("banned", "credential-refused", "credential-expired", "not-mapped", "account-refused", "account-differs"),
    *("denied", "no-rule", "lcmaps-refused"),
)
"""The causes of lcmaps-account that are about the user; where it names none a module has refused. Any other is an
outage: nobody has decided."""
MINIMUM = "1000"
"""The lowest uid and gid of a job, where glexec.conf says nothing, as images/worker-node/glexec/options.c has it."""
NO_CHANGE = 2**32 - 1


def settings(text: str) -> Mapping[str, str]:
    """The options of a glexec.conf, of which only the section [glexec] counts."""
    section = re.split(r"(?m)^\[.*\]\s*$", f"\n{text}".partition("\n[glexec]\n")[2])[0]
    lines = (line.split("#")[0].partition("=") for line in section.splitlines())
    return {name.strip(): value.strip().strip('"') for name, found, value in lines if found}


def mapped(proxy: str) -> Account:
    """The account of the proxy's owner. Raises `Refused`, and `Undecided` where nobody could say."""
    keeper = pwd.getpwnam(KEEPER)
    try:
        conf = settings(Path(CONF).read_text())
        policy = Path(conf["lcmaps_db_file"]).read_bytes()
    except (OSError, KeyError) as error:
        raise Undecided(f"the site's configuration cannot be read: {error}") from None
    files = [memory("policy", policy, keeper), memory("log", b"", keeper)]
    source = memory("proxy", proxy.encode(), keeper)
    hear, say = os.pipe()
    environment = {
        "LCMAPS_DB_FILE": f"/proc/self/fd/{POLICY}",
        "LCMAPS_POLICY_NAME": conf.get("lcmaps_get_account_policy", ""),
        "LCMAPS_DEBUG_LEVEL": "3",
    }
    pid = os.fork()
    if not pid:
        try:
            for number, descriptor in enumerate((say, files[1], files[0], source)):
                os.dup2(descriptor, 100 + number)
            for number, place in enumerate((ANSWER, LOG, POLICY, 0)):
                os.dup2(100 + number, place)
            os.closerange(POLICY + 1, 200)
            become(Account(keeper.pw_uid, keeper.pw_gid, ()))
            os.execve(LCMAPS_ACCOUNT, [LCMAPS_ACCOUNT], environment)
        finally:
            os._exit(127)
    os.close(say)
    deadline = time.monotonic() + ATTEMPTS_SECONDS
    answer = read_until(hear, deadline)
    code = end_of(pid, deadline if answer is not None else 0.0)
    for descriptor in (*files, source, hear):
        os.close(descriptor)
    if answer is None:
        raise Undecided(f"LCMAPS did not answer within {ATTEMPTS_SECONDS:g} s")
    return account_of(answer, code, conf, keeper)


def account_of(answer: bytes, code: int, conf: Mapping[str, str], keeper: pwd.struct_passwd) -> Account:
    """The account that lcmaps-account says. Raises `Refused` for what the switch would not become either."""
    lines = [line.split(" ", 1) for line in answer.decode(errors="replace").splitlines()]
    told = {
        word: [line[1] for line in lines if line[0] == word and len(line) > 1]
        for word in ("dn", "uid", "pgid", "sgid", "cause")
    }
    if code != 0 or ["end"] not in lines or not told["uid"] or not told["pgid"]:
        cause = (told["cause"] or ["no account"])[0]
        decided = code == VERDICT_REFUSED and ["end"] in lines and (not told["cause"] or cause in DENIALS)
        raise (Refused if decided else Undecided)(f"{cause} (lcmaps-account: {code})")
    [uid, *more] = (number(text, conf.get("minimum_uid", MINIMUM)) for text in told["uid"])
    groups = [number(text, conf.get("minimum_gid", MINIMUM)) for text in (*told["pgid"], *told["sgid"])]
    if more or uid == keeper.pw_uid or groups[0] == keeper.pw_gid:
        raise Refused("account-refused: two uids, or the account that keeps the mappings")
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise Undecided(f"account-missing: uid {uid}") from None
    return Account(uid, groups[0], groups, told["dn"][0] if told["dn"] else "")


def number(text: str, minimum: str) -> int:
    """A uid or gid that the site lets jobs have. Raises `Refused`: to setresuid(2) -1, or 4294967295, is no change."""
    found = int(text) if re.fullmatch(r"[1-9][0-9]{0,9}", text) else 0
    if not max(int(minimum), 1) <= found < NO_CHANGE:
        raise Refused(f"account-refused: {text[:20]!r} is below minimum_uid or minimum_gid, or no real number")
    return found


def end_of(pid: int, deadline: float) -> int:
    """The exit code of a child, which is ended where it does not end in time."""
    waited = os.pidfd_open(pid)
    try:
        if not select.select([waited], [], [], max(0.0, deadline - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(waited)


def read_until(descriptor: int, deadline: float) -> bytes | None:
    """All that comes until it is closed, up to 64 KiB; None when the time is up."""
    found = b""
    while len(found) < 1 << 16:
        if not select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        if not (data := os.read(descriptor, 4096)):
            break
        found += data
    return found


def memory(name: str, content: bytes, owner: pwd.struct_passwd) -> int:
    """A file without a place, at its beginning, that this account may open by its descriptor."""
    descriptor = memory_file(name, content)
    os.fchown(descriptor, owner.pw_uid, owner.pw_gid)
    os.fchmod(descriptor, 0o600)
    return descriptor
