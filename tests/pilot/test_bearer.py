"""A pilot that shows credentials waits for no switch for ever, and changes a file once the switch has looked at it."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from testbed.model.attack import Attack
from testbed.model.problem import Problem
from testbed.pilot.probes import probe
from testbed.pilot.stages.credential import _judged
from testbed.pilot.stages.reception import OWN, UNWAITED, Card, Reception, bad_ones

LOCKS = """
exec 3<"$GLEXEC_CLIENT_CERT"
[ "$(stat -c %a "$GLEXEC_CLIENT_CERT")" = 600 ] || exit 7
flock -s 3
[ "$(stat -c %a-%h "$GLEXEC_CLIENT_CERT")" = 600-1 ] || exit 201
[ -s "$GLEXEC_CLIENT_CERT" ] && exec "$@"
"""
"""A switch that looks at its credential before and after it waits for it. What was wrong at once is 7."""
DOES_NOT = '[ "$(stat -c %a-%h "$GLEXEC_CLIENT_CERT")" = 600-1 ] && exec "$@"; exit 201\n'
READS = 'cat "$GLEXEC_CLIENT_CERT" >/dev/null; exec "$@"\n'
HANDS_ON = 'export X509_USER_PROXY="$GLEXEC_CLIENT_CERT"; exec "$@"\n'


def bearer(folder: Path, switch: str, *shown: dict[str, str], limit: float = 10.0) -> list[dict[str, Any]]:
    """What becomes of these, shown to a shell script that stands in for the switch."""
    program = folder / "switch"
    program.write_text(f"#!/bin/bash\n{switch}")
    program.chmod(0o755)
    plan = json.dumps({"program": str(program), "limit": limit, "shown": shown})
    done = subprocess.run(
        ["/usr/bin/python3", "-S", "-", plan], input=probe("bearer"), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    said: list[dict[str, Any]] = json.loads(done.stdout)
    return said


def good(folder: Path, name: str = "proxy") -> Path:
    file = folder / name
    file.write_text("a proxy" * 200)
    file.chmod(0o600)
    return file


def test_a_payload_that_runs_says_as_whom(tmp_path: Path) -> None:
    (said,) = bearer(tmp_path, READS, {"ident": "one", "path": str(good(tmp_path))})
    assert (said["code"], said["out"]) == (0, f"{os.getuid()} one")


def test_a_switch_that_hangs_is_given_up_and_the_next_is_shown(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    began = time.monotonic()
    shown = ({"ident": "pipe", "path": str(tmp_path / "pipe")}, {"ident": "good", "path": str(good(tmp_path))})
    assert [each["code"] for each in bearer(tmp_path, READS, *shown, limit=0.5)] == [None, 0]
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("change", ["opened up", "linked"])
def test_a_file_is_changed_when_the_switch_has_looked_at_it_and_waits_to_read(tmp_path: Path, change: str) -> None:
    """Whichever lock it asks for. A change before that look would be 7, one after the reading would be 0."""
    shown = {"ident": "one", "path": str(good(tmp_path)), "meanwhile": change}
    (said,) = bearer(tmp_path, LOCKS, shown)
    assert (said["code"], said["note"]) == (201, "")


def test_a_file_is_cut_or_replaced_as_well(tmp_path: Path) -> None:
    cut, replaced, other = (good(tmp_path, name) for name in ("cut", "replaced", "other"))
    other.chmod(0o644)
    shown = [
        {"ident": "cut", "path": str(cut), "meanwhile": "cut"},
        {"ident": "replaced", "path": str(replaced), "meanwhile": "replaced", "other": str(other)},
    ]
    assert [each["code"] for each in bearer(tmp_path, LOCKS, *shown)] == [0, 201]
    assert (cut.stat().st_size, other.exists()) == (700, False)


def test_where_the_switch_asks_for_no_lock_nobody_says_that_it_was_changed_in_time(tmp_path: Path) -> None:
    shown = {"ident": "one", "path": str(good(tmp_path)), "meanwhile": "opened up"}
    (said,) = bearer(tmp_path, DOES_NOT, shown)
    assert said["note"] == UNWAITED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file away")
def test_a_copy_for_another_users_payload_is_shown_while_that_runs_unless_it_is_the_callers_own(tmp_path: Path) -> None:
    own, foreign = good(tmp_path, "own"), good(tmp_path, "foreign")
    os.chown(foreign, 1, 1)
    shown = [{"ident": name, "lender": str(file)} for name, file in (("own", own), ("foreign", foreign))]
    mine, others = bearer(tmp_path, HANDS_ON, *shown)
    assert (mine["note"], mine["out"]) == (OWN, "")
    assert (others["note"], others["out"]) == ("of uid 1", f"{os.getuid()} foreign")


def came(code: int | None = 203, uid: str = "", *dns: str, note: str = "", **card: str) -> Reception:
    return Reception(Card(Attack.SPOILT_CREDENTIAL, "this one", **card), code, None, uid, note, dns=dns)  # type: ignore[arg-type]


REFUSED, RAN, HUNG = came(), came(0, "50001", "/CN=Alice"), came(None)


def test_what_ran_was_taken_and_so_was_what_made_the_switch_hang() -> None:
    assert [each.taken for each in (REFUSED, RAN, HUNG, came(0, "", "/CN=Alice"))] == [False, True, True, True]
    assert str(HUNG) == "this one: hung for 5 s"


def test_what_ran_for_whom_it_proves_was_not_taken_for_another() -> None:
    assert not came(0, "50001", "/CN=Pilot", whose="/CN=Pilot").taken
    assert came(0, "50001", "/CN=Alice", whose="/CN=Pilot").taken


def test_from_a_file_that_was_good_for_as_long_as_it_was_read_nothing_follows() -> None:
    assert not came(0, "50001", "/CN=Alice", note=UNWAITED, before="/CN=Alice").taken


def test_what_stands_for_another_than_the_file_was_for_was_read_when_it_was_changed() -> None:
    assert came(0, "50002", "/CN=Bob", note=UNWAITED, before="/CN=Alice", whose="/CN=Alice").taken
    assert came(0, "50001", "/CN=Alice", before="/CN=Alice").taken


def test_one_that_is_taken_is_enough_and_is_named_first() -> None:
    attempt, saw = _judged([REFUSED, RAN])
    assert (attempt, saw.startswith("this one: ran as uid 50001 for /CN=Alice")) == ("succeeded", True)
    assert _judged([REFUSED, REFUSED])[0] == "blocked"


@pytest.mark.parametrize("last", [REFUSED, HUNG, came(0, "", "/CN=Alice")])
def test_where_the_good_one_is_not_taken_either_nothing_was_stopped(last: Reception) -> None:
    assert bad_ones([REFUSED, RAN]) == [REFUSED]
    with pytest.raises(Problem, match="was not taken either"):
        bad_ones([REFUSED, last])
