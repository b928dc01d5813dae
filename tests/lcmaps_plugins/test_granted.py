"""An account that a service grants, on this node: known by name and number, nobody's root, and no group lost."""

import ctypes
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USERS = (
    "root:x:0:0::/:/bin/sh\npool001:x:50001:50000::/:/bin/sh\ntoor:x:0:50000::/:/bin/sh\nwheel:x:50002:0::/:/bin/sh\n"
)
MEMBERS = ",".join(f"member{number:05}" for number in range(20_000))
MANY = "".join(f"many{number}:x:{60_000 + number}:\n" for number in range(129))
GROUPS = f"root:x:0:\npool:x:50000:\nsec:x:51000:\nbig:x:52000:{MEMBERS}\nzero:x:0:\n{MANY}"

Account = tuple[int, int, list[int]] | str
Ask = Callable[..., Account]


@pytest.fixture(scope="module")
def ask(pep: ctypes.CDLL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What a node with these accounts makes of what is granted: uid, gid and secondary gids, or the word of a cause."""
    folder = tmp_path_factory.mktemp("accounts")
    (folder / "passwd").write_text(USERS)
    (folder / "group").write_text(GROUPS)
    script = 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && exec "$@"'
    python = [sys.executable, "-m", "tests.lcmaps_plugins.accounts", str(pep._name)]
    process = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(folder), *python],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def ask(*steps: tuple[str, str]) -> Account:
        stdin.write(json.dumps(steps) + "\n")
        stdin.flush()
        found = json.loads(stdout.readline())
        return found if isinstance(found, str) else (found[0], found[1], found[2])

    yield ask
    process.communicate(timeout=30)


def test_a_name_is_an_account_with_its_group(ask: Ask) -> None:
    assert ask(("user", "pool001")) == (50001, 50000, [])
    assert ask(("user", "pool001"), ("group", "sec")) == (50001, 51000, [])


def test_secondary_groups_are_kept_once_and_without_the_primary_one(ask: Ask) -> None:
    steps = [("user", "pool001"), ("group", "pool"), *(("secondary", name) for name in ("pool", "sec", "sec"))]
    assert ask(*steps) == (50001, 50000, [51000])


def test_a_group_with_any_number_of_members_is_known(ask: Ask) -> None:
    """Argus' C client had 10000 bytes for it, and fell back to another group (observed)."""
    assert ask(("user", "pool001"), ("group", "big")) == (50001, 52000, [])
    assert ask(("user", "pool001"), ("secondary", "big")) == (50001, 50000, [52000])


@pytest.mark.parametrize(
    "step", [("user", "pool"), ("user", "po"), ("user", "pool0011"), ("user", "POOL001"), ("user", "pool001 ")]
)
def test_a_name_that_is_not_wholly_it_is_nobody(ask: Ask, step: tuple[str, str]) -> None:
    assert ask(step) == "account-missing"


@pytest.mark.parametrize("kind", ["group", "secondary"])
def test_a_group_that_is_unknown_is_not_left_out(ask: Ask, kind: str) -> None:
    assert ask(("user", "pool001"), (kind, "nosuchgroup")) == "account-missing"


@pytest.mark.parametrize("name", ["root", "toor", "wheel", "0", "50001", "-1", "4294967296", "+5", "", "-"])
def test_root_and_what_others_would_take_for_a_number_is_granted_to_nobody(ask: Ask, name: str) -> None:
    assert ask(("user", name)) == "account-refused"


@pytest.mark.parametrize("kind", ["group", "secondary"])
@pytest.mark.parametrize("name", ["root", "zero", "0", "50000", "-1", ""])
def test_neither_is_the_group_of_root(ask: Ask, kind: str, name: str) -> None:
    assert ask(("user", "pool001"), (kind, name)) == "account-refused"


def test_more_groups_than_there_is_room_for_are_refused(ask: Ask) -> None:
    many = [("secondary", f"many{number}") for number in range(129)]
    assert len(ask(("user", "pool001"), *many[:128])[2]) == 128
    assert ask(("user", "pool001"), *many) == "account-refused"


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-1",
        "4294967295",
        "4294967296",
        "99999999999",
        "0x10",
        "50001junk",
        " 50001",
        "050001",
        "+50001",
        "",
        "abc",
    ],
)
@pytest.mark.parametrize("kind", ["uid", "gid", "secondary_gid"])
def test_a_number_is_strictly_decimal_and_in_range(ask: Ask, kind: str, text: str) -> None:
    assert ask(("uid", "50001"), (kind, text)) == "account-refused"


def test_a_uid_is_somebody_on_this_node(ask: Ask) -> None:
    assert ask(("uid", "50001")) == (50001, 50000, [])
    assert ask(("uid", "50003")) == "account-missing"
    assert ask(("uid", "50002")) == "account-refused", "its group is root's"


def test_a_gid_is_one_of_this_nodes(ask: Ask) -> None:
    assert ask(("uid", "50001"), ("gid", "51000"), ("secondary_gid", "50000")) == (50001, 51000, [50000])
    assert ask(("uid", "50001"), ("gid", "51001")) == "account-missing"
    assert ask(("uid", "50001"), ("secondary_gid", "51001")) == "account-missing"
