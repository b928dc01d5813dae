"""Which of the caller's groups are tracking groups: those without a name, or of a range, and never anybody else's."""

import ctypes
import grp
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "images" / "worker-node" / "lcmaps-plugins"
MAX = 256
NAMELESS = next(gid for gid in range(20011, 60000) if gid not in {group.gr_gid for group in grp.getgrall()})
NAMED = next(group.gr_gid for group in grp.getgrall() if group.gr_gid > 0)
ANY = (1, 2**32 - 2)


class Range(ctypes.Structure):
    """struct tracking_range"""

    _fields_ = (("min", ctypes.c_uint32), ("max", ctypes.c_uint32))


class Groups(ctypes.Structure):
    """struct tracking_groups"""

    _fields_ = (("primary", ctypes.c_uint32), ("gids", ctypes.c_uint32 * MAX), ("count", ctypes.c_size_t))


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    """The part of the module that decides; it needs no LCMAPS."""
    if shutil.which("gcc") is None or shutil.which("make") is None:
        pytest.skip("gcc and make are needed to compile the module")
    folder = tmp_path_factory.mktemp("tracking")
    command = ["make", "-s", "-C", str(SOURCES), f"BUILD={folder}", f"{folder}/tracking.so"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(folder / "tracking.so"))
    for name in ("tracking_options", "tracking_groups_read", "tracking_groups_own", "tracking_choose"):
        getattr(library, name).restype = ctypes.c_char_p
    return library


def options(tracking, *words):
    """The range that these words of lcmaps.db mean, or what is wrong with them."""
    argv = (ctypes.c_char_p * (len(words) + 2))(b"module", *(word.encode() for word in words))
    found = Range()
    problem = tracking.tracking_options(ctypes.byref(found), len(words) + 1, argv)
    return problem.decode() if problem else (found.min, found.max)


def chosen(tracking, text, bounds=ANY):
    """The tracking gids of such a caller, or what is wrong."""
    groups, gids, count = Groups(), (ctypes.c_uint32 * MAX)(), ctypes.c_size_t()
    problem = tracking.tracking_groups_read(ctypes.byref(groups), text.encode()) or tracking.tracking_choose(
        ctypes.byref(Range(*bounds)), ctypes.byref(groups), gids, ctypes.byref(count)
    )
    return problem.decode() if problem else gids[: count.value]


def test_a_gid_without_a_name_is_a_tracking_gid(tracking):
    assert chosen(tracking, f"40000,{NAMELESS}") == [NAMELESS]
    assert chosen(tracking, f"40000,{NAMED},{NAMELESS},{NAMELESS}") == [NAMELESS]


@pytest.mark.parametrize("gid", [0, 2**32 - 1, NAMED])
def test_root_nobody_in_particular_and_named_groups_are_none(tracking, gid):
    assert chosen(tracking, f"40000,{gid}") == []
    assert chosen(tracking, f"40000,{gid}", (max(gid, 1), min(max(gid, 1), 2**32 - 2))) == []


def test_the_callers_primary_group_is_none_even_without_a_name(tracking):
    assert chosen(tracking, f"{NAMELESS}") == []
    assert chosen(tracking, f"{NAMELESS},{NAMELESS}") == []


def test_a_range_keeps_others_out(tracking):
    assert chosen(tracking, f"40000,{NAMELESS}", (NAMELESS, NAMELESS)) == [NAMELESS]
    assert chosen(tracking, f"40000,{NAMELESS}", (NAMELESS + 1, 2**32 - 2)) == []
    assert chosen(tracking, f"40000,{NAMELESS}", (1, NAMELESS - 1)) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "40000,", ",20011", "40000,,20011", "40000, 20011", "-1", "4294967296", "0x10", "040000"),
        *("40000 ", "x", "40000," + 300 * "9", "40000\n"),
    ],
)
def test_a_list_that_is_not_plain_is_refused(tracking, text):
    assert "a gid of the caller" in chosen(tracking, text)


def test_a_list_that_is_too_long_is_refused(tracking):
    assert chosen(tracking, "40000" + 256 * ",0") == []
    assert chosen(tracking, "40000" + 257 * ",0") == "the caller has too many groups"


def test_elsewhere_the_groups_of_the_process_count(tracking):
    groups = Groups()
    assert tracking.tracking_groups_own(ctypes.byref(groups)) is None
    seen = subprocess.run(["id", "-G"], capture_output=True, text=True, timeout=10, check=True).stdout.split()
    assert {groups.primary, *groups.gids[: groups.count]} == {int(gid) for gid in seen}


def test_the_options_give_the_range(tracking):
    low, high = "--tracking-groupid-min", "--tracking-groupid-max"
    assert options(tracking) == ANY
    assert options(tracking, low, "20000", high, "20100") == (20000, 20100)
    assert options(tracking, high, "20100") == (1, 20100)
    assert options(tracking, low, "20000") == (20000, 2**32 - 2)


@pytest.mark.parametrize(
    "words",
    [
        ("--tracking-groupid-min",),
        ("--tracking-groupid-min", "0"),
        ("--tracking-groupid-max", "4294967295"),
        ("--tracking-groupid-min", "-1"),
        ("--tracking-groupid-min", "1e3"),
        ("--tracking-groupid-min", ""),
        ("--tracking-groupid-min", "20100", "--tracking-groupid-max", "20000"),
        ("--tracking-groupid-min", "1", "--tracking-groupid-min", "1"),
        ("--tracking-groupid", "1"),
        ("20000",),
    ],
)
def test_options_that_mean_nothing_are_refused(tracking, words):
    assert isinstance(options(tracking, *words), str)
