"""The site's accounts and groups with their numbers, out of lines as in passwd(5) and group(5)."""

from dataclasses import dataclass
from pathlib import Path

from testbed.authority.answer import Account
from testbed.model.problem import Problem

UNKNOWN = -1
"""The number of an account or group that the service knows by name only. Argus sends names and never looks."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Names to numbers. Argus needs none of them, SCAS all."""

    users: dict[str, tuple[int, int]]
    """Name to uid and number of the own group."""
    groups: dict[str, int]

    def numbered(self, user: str, group: str = "", groups: tuple[str, ...] = ()) -> Account:
        """The account with what numbers are known, `UNKNOWN` for the others."""
        uid, _ = self.users.get(user, (UNKNOWN, UNKNOWN))
        gid = self.groups.get(group, UNKNOWN) if group else UNKNOWN
        return Account(user, uid, group, gid, groups, tuple(self.groups.get(name, UNKNOWN) for name in groups))

    def own_group(self, user: str) -> str:
        """The name of the account's own group in passwd; empty where it has none."""
        _, own = self.users.get(user, (UNKNOWN, UNKNOWN))
        return next((name for name, gid in self.groups.items() if gid == own), "")

    def lacking(self, account: Account) -> str:
        """What of an account has no number, in words; "" where everything has one."""
        if account.uid == UNKNOWN:
            return f"no account {account.user}"
        names = (account.group, *account.groups)
        without = [name for name, gid in zip(names, (account.gid, *account.gids), strict=True) if gid == UNKNOWN]
        return f"no group {', '.join(name or '(none)' for name in without)}" if without else ""


def read_accounts(passwd: str, group: str, where: str = "") -> Accounts:
    """The accounts in the text of passwd and group. ``where`` is the folder of both, for a `Problem`."""
    users = {}
    for source, number, fields in _lines(passwd, str(Path(where) / "passwd"), 7):
        users[fields[0]] = (_number(fields[2], source, number), _number(fields[3], source, number))
    groups = {}
    for source, number, fields in _lines(group, str(Path(where) / "group"), 4):
        groups[fields[0]] = _number(fields[2], source, number)
    return Accounts(users, groups)


def _lines(text: str, source: str, count: int) -> list[tuple[str, int, list[str]]]:
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(":")
        if len(fields) != count or not fields[0]:
            raise Problem(
                "this is no account or group",
                where=f"{source}, line {number}",
                found=line,
                expected=f"{count} fields with colons between them, the first one a name",
            )
        lines.append((source, number, fields))
    return lines


def _number(text: str, source: str, line: int) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Problem("this is no number", where=f"{source}, line {line}", found=text or "nothing", expected="digits")
    return int(text)
