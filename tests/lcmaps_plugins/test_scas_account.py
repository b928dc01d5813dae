"""The account of a SCAS or GUMS server's Permit on this node: all of it, the same by name and number, or none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSWD = "root:x:0:0::/:/bin/sh\npool001:x:50001:50000::/:/bin/sh\npool002:x:50002:50000::/:/bin/sh\n"
GROUP = "root:x:0:\npool:x:50000:\nsec:x:51000:\nmore:x:52000:\n"


@pytest.fixture
def node(scas, tmp_path):
    """What a node with these accounts makes of accounts in answers."""

    def ask(*accounts):
        (tmp_path / "passwd").write_text(PASSWD)
        (tmp_path / "group").write_text(GROUP)
        script = 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && exec "$@"'
        python = [sys.executable, "-m", "tests.lcmaps_plugins.scas", scas._name]
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(tmp_path), *python],
            input="".join(json.dumps(account) + "\n" for account in accounts),
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def test_numbers_of_scas_are_an_account_with_these_groups_and_no_others(node):
    """The primary group is the one that is sent, not the one of passwd; it is not among the secondary ones again."""
    assert node(
        {"uid": "50001", "gid": "50000"},
        {"uid": "50001", "gid": "51000", "gids": ["52000", "51000", "52000"]},
    ) == [[50001, 50000, []], [50001, 51000, [52000]]]


def test_names_of_gums_are_an_account(node):
    assert node(
        {"user": "pool001"},
        {"user": "pool001", "gid": "51000"},
        {"user": "pool001", "group": "sec", "groups": ["more", "pool"]},
    ) == [[50001, 50000, []], [50001, 51000, []], [50001, 51000, [52000, 50000]]]


def test_what_is_named_twice_has_to_be_the_same(node):
    assert node(
        {"user": "pool001", "uid": "50001", "gid": "50000"},
        {"user": "pool001", "uid": "50002", "gid": "50000"},
        {"user": "pool001", "group": "sec", "gid": "51000"},
        {"user": "pool001", "group": "sec", "gid": "52000"},
    ) == [[50001, 50000, []], "account-refused", [50001, 51000, []], "account-refused"]


@pytest.mark.parametrize(
    ("account", "cause"),
    [
        ({"uid": "0", "gid": "50000"}, "account-refused"),
        ({"uid": "-1", "gid": "50000"}, "account-refused"),
        ({"uid": "4294967295", "gid": "50000"}, "account-refused"),
        ({"uid": "4294967296", "gid": "50000"}, "account-refused"),
        ({"uid": "4295017297", "gid": "50000"}, "account-refused"),
        ({"uid": "050001", "gid": "50000"}, "account-refused"),
        ({"uid": " 50001", "gid": "50000"}, "account-refused"),
        ({"uid": "50001\n", "gid": "50000"}, "account-refused"),
        ({"uid": "pool001", "gid": "50000"}, "account-refused"),
        ({"uid": "50003", "gid": "50000"}, "account-missing"),
        ({"uid": "50001", "gid": "0"}, "account-refused"),
        ({"uid": "50001", "gid": "50003"}, "account-missing"),
        ({"uid": "50001", "gid": "50000", "gids": ["51000", "50003"]}, "account-missing"),
        ({"uid": "50001", "gid": "50000", "gids": ["51000", "0"]}, "account-refused"),
        ({"user": "root"}, "account-refused"),
        ({"user": "50001"}, "account-refused"),
        ({"user": "pool00"}, "account-missing"),
        ({"user": "pool001", "group": "nosuchgroup"}, "account-missing"),
        ({"user": "pool001", "group": "root"}, "account-refused"),
        ({"user": "pool001", "groups": ["sec", "nosuchgroup"]}, "account-missing"),
        ({"user": "pool001", "uid": "50003", "gid": "50000"}, "account-missing"),
        ({"user": "pool003", "uid": "50001", "gid": "50000"}, "account-missing"),
    ],
)
def test_an_account_that_is_not_wholly_known_is_none(node, account, cause):
    """Observed: the C client of Argus leaves out the groups that it does not know, and hands root on."""
    assert node(account) == [cause]
