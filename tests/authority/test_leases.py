"""Pool accounts are leased by hard links, as Argus and LCMAPS do it, and no two users ever share one."""

import fcntl
import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from testbed.authority.leases import Corrupt, GridMapDir, PoolExhausted, lease_name

QUICK = (0.0, 0.002)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(1, 6):
        (tmp_path / f"alpha{number:03}").touch()
    for name in ("alphaprd001", "beta001", "alpha", "alphaX"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("dn", "groups", "name"),
    [
        ("/O=Grid/CN=Jane Doe", ["atlas"], "%2fo%3dgrid%2fcn%3djane%20doe:atlas"),
        ("CN=Jane Doe,O=Grid", [], "%2fo%3dgrid%2fcn%3djane%20doe"),
        ("/CN=J-1.x_y", ["a", "b"], "%2fcn%3dj%2d1%2ex%5fy:a:b"),
        ("/CN=Łukasz", [], "%2fcn%3d%c5%81ukasz"),
        (r"/CN=\xC5\x81ukasz", [], "%2fcn%3d%c5%81ukasz"),
    ],
)
def test_a_lease_is_named_as_argus_and_lcmaps_name_it(dn: str, groups: list[str], name: str) -> None:
    assert lease_name(dn, groups) == name


def test_a_lease_is_a_second_name_of_an_account_of_the_pool(folder: Path) -> None:
    account = GridMapDir(folder).lease("alpha", "%2fjane")
    assert account in {f"alpha{number:03}" for number in range(1, 6)}
    assert (folder / "%2fjane").samefile(folder / account)
    assert (folder / account).stat().st_nlink == 2


def test_who_has_a_lease_keeps_the_account(folder: Path) -> None:
    first = GridMapDir(folder).lease("alpha", "%2fjane")
    assert {GridMapDir(folder).lease("alpha", "%2fjane") for _ in range(10)} == {first}


def test_a_lease_that_lcmaps_makes_while_we_look_for_an_account_counts(folder: Path) -> None:
    """LCMAPS knows nothing of our lock, so its link may come between our look and ours."""

    class Overtaken(GridMapDir):
        """Finds no lease at its first look, and one of LCMAPS' when it comes to make its own."""

        def _accounts(self, pool: str) -> list[str]:
            if not (folder / "%2fjane").exists():
                os.link(folder / "alpha004", folder / "%2fjane")
            return super()._accounts(pool)

    assert Overtaken(folder, QUICK).lease("alpha", "%2fjane") == "alpha004"


def test_another_process_that_gave_the_account_is_believed(folder: Path) -> None:
    ours = GridMapDir(folder)
    ours.lease("alpha", "%2fjane")
    (folder / "%2fjane").unlink()
    os.link(folder / "alpha004", folder / "%2fjane")
    assert ours.lease("alpha", "%2fjane") == "alpha004"


def test_a_lease_is_touched_at_every_use(folder: Path) -> None:
    leases = GridMapDir(folder)
    for _ in range(2):
        leases.lease("alpha", "%2fjane")
        age = time.time() - (folder / "%2fjane").stat().st_mtime
        assert abs(age) < 60
        os.utime(folder / "%2fjane", (1, 1))


def test_every_user_has_an_own_account_until_none_is_left(folder: Path) -> None:
    leases = GridMapDir(folder)
    assert len({leases.lease("alpha", f"%2fuser{number}") for number in range(5)}) == 5
    with pytest.raises(PoolExhausted, match="no account of pool alpha"):
        leases.lease("alpha", "%2fanother")
    assert not (folder / "%2fanother").exists()


def test_an_account_with_more_links_than_two_is_never_given(folder: Path) -> None:
    os.link(folder / "beta001", folder / "backup")
    os.link(folder / "beta001", folder / "backup2")
    with pytest.raises(PoolExhausted):
        GridMapDir(folder).lease("beta", "%2fjane")


def test_a_lease_with_more_links_than_two_is_corrupt(folder: Path) -> None:
    leases = GridMapDir(folder, QUICK)
    leases.lease("alpha", "%2fjane")
    os.link(folder / "%2fjane", folder / "backup")
    with pytest.raises(Corrupt):
        leases.lease("alpha", "%2fjane")


def test_a_lease_of_another_pool_is_no_lease_of_this_one(folder: Path) -> None:
    GridMapDir(folder).lease("beta", "%2fjane")
    with pytest.raises(Corrupt, match="no account of pool alpha"):
        GridMapDir(folder).lease("alpha", "%2fjane")


def test_a_pool_that_nobody_made_is_exhausted(folder: Path) -> None:
    with pytest.raises(PoolExhausted):
        GridMapDir(folder).lease("gamma", "%2fjane")


def test_a_third_link_that_passes_is_waited_for(folder: Path) -> None:
    leases = GridMapDir(folder, (0.02, 0.03))
    account = leases.lease("alpha", "%2fjane")
    os.link(folder / account, folder / "racer")
    timer = threading.Timer(0.05, (folder / "racer").unlink)
    timer.start()
    assert leases.lease("alpha", "%2fjane") == account
    timer.join()


def test_a_process_that_takes_its_turn_too_long_is_not_waited_for(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(Corrupt, match="at once"):
        GridMapDir(folder, QUICK).lease("alpha", "%2fjane")
    os.close(held)


def _lease_all(folder: str, process: int) -> dict[str, str]:
    leases = GridMapDir(Path(folder))
    return {
        name: leases.lease("pool", name)
        for name in [f"%2fuser{process}x{number}" for number in range(10)]
        + [f"%2fshared{number}" for number in range(5)]
    }


def test_processes_at_once_never_give_one_account_to_two_users(tmp_path: Path) -> None:
    for number in range(45):
        (tmp_path / f"pool{number:03}").touch()
    with ProcessPoolExecutor(4, get_context("spawn")) as processes:
        given = list(processes.map(_lease_all, [str(tmp_path)] * 4, range(4), timeout=60))
    users: dict[str, set[str]] = {}
    for leases in given:
        for name, account in leases.items():
            users.setdefault(account, set()).add(name)
    assert len(users) == 45
    assert all(len(names) == 1 for names in users.values())
    assert {(tmp_path / f"pool{number:03}").stat().st_nlink for number in range(45)} == {2}


def test_threads_at_once_never_give_one_account_to_two_users(tmp_path: Path) -> None:
    for number in range(16):
        (tmp_path / f"pool{number}").touch()
    leases = GridMapDir(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda number: leases.lease("pool", f"%2fuser{number % 16}"), range(64)))
    assert len(set(given)) == 16
    assert given[:16] == given[16:32] == given[32:48] == given[48:]


def test_reset_brings_the_leases_of_the_start_back(folder: Path) -> None:
    os.link(folder / "alpha001", folder / "%2fearly")
    os.link(folder / "alpha002", folder / "%2fmoved")
    leases = GridMapDir(folder)
    before = leases.leases()
    leases.lease("alpha", "%2fjane")
    (folder / "%2fearly").unlink()
    (folder / "%2fmoved").unlink()
    os.link(
        folder / "alpha003" if (folder / "alpha003").stat().st_nlink == 1 else folder / "alpha004", folder / "%2fmoved"
    )
    leases.reset()
    assert leases.leases() == before == {"%2fearly": "alpha001", "%2fmoved": "alpha002"}
    assert leases.lease("alpha", "%2fearly") == "alpha001"
