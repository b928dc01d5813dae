"""A plugin of pytest's: runs share one list of files, some from its front, some from its back, until none is left.

All are started with the same arguments, but for ``--from``, and with the same empty folder, ``--share``. Who makes a
file's mark in that folder first runs its tests; so each test is run once, and none waits for another one at the end.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

ENDS = ("front", "back")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", type=Path, required=True, metavar="DIR", help="where the marks of all runs are")
    parser.addoption("--from", dest="end", choices=ENDS, required=True, help="at which end of the list to begin")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run what is ours. Where not everything could be collected pytest's own loop says so."""
    if session.testsfailed or session.config.option.collectonly:
        return None
    turns = _turns(session)
    item = next(turns, None)
    while item is not None:
        following = next(turns, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


def _turns(session: pytest.Session) -> Iterator[pytest.Item]:
    """The tests of each file that is still to be had, file by file."""
    files: dict[str, list[pytest.Item]] = {}
    for item in session.items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    names = list(files)
    for name in names if session.config.option.end == "front" else reversed(names):
        if _mine(session.config.option.share / quote(name, safe="")):
            yield from files[name]


def _mine(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
