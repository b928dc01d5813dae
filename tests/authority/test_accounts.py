"""Accounts get their numbers from passwd and group as the site has them."""

import pytest

from testbed.authority.accounts import UNKNOWN, read_accounts
from testbed.authority.answer import Account
from testbed.model.problem import Problem

PASSWD = "# pool\nalpha001:x:5001:500:Pool:/home/alpha001:/bin/sh\n\nroot:x:0:0::/root:/bin/sh\n"
GROUP = "alpha:x:500:\nprd:x:501:alpha001,beta001\n"


def test_an_account_has_its_numbers_and_those_of_its_groups() -> None:
    account = read_accounts(PASSWD, GROUP).numbered("alpha001", "alpha", ("prd",))
    assert account == Account("alpha001", 5001, "alpha", 500, ("prd",), (501,))


def test_what_has_no_number_is_known_by_name_only() -> None:
    accounts = read_accounts(PASSWD, GROUP)
    assert accounts.numbered("alpha002", "other", ("prd", "more")) == Account(
        "alpha002", UNKNOWN, "other", UNKNOWN, ("prd", "more"), (501, UNKNOWN)
    )


@pytest.mark.parametrize(
    ("user", "group", "groups", "lacking"),
    [
        ("alpha001", "alpha", ("prd",), ""),
        ("alpha002", "alpha", (), "no account alpha002"),
        ("alpha001", "beta", (), "no group beta"),
        ("alpha001", "alpha", ("prd", "beta", "gamma"), "no group beta, gamma"),
        ("alpha001", "", (), "no group (none)"),
    ],
)
def test_what_an_account_lacks_is_said(user: str, group: str, groups: tuple[str, ...], lacking: str) -> None:
    accounts = read_accounts(PASSWD, GROUP)
    assert accounts.lacking(accounts.numbered(user, group, groups)) == lacking


@pytest.mark.parametrize(("user", "group"), [("alpha001", "alpha"), ("root", ""), ("nobody", "")])
def test_an_accounts_own_group_is_the_one_of_passwd(user: str, group: str) -> None:
    assert read_accounts(PASSWD, GROUP).own_group(user) == group


@pytest.mark.parametrize(
    ("passwd", "group", "where"),
    [
        ("a:x:1:1:::\nb:x:1:1::\n", "", "/etc/x/passwd, line 2"),
        ("a:x:one:1:::\n", "", "/etc/x/passwd, line 1"),
        ("a:x:1:-1:::\n", "", "/etc/x/passwd, line 1"),
        (":x:1:1:::\n", "", "/etc/x/passwd, line 1"),
        ("", "g:x:\n", "/etc/x/group, line 1"),
        ("", "g:x:²:\n", "/etc/x/group, line 1"),
    ],
)
def test_a_line_that_is_no_account_is_named(passwd: str, group: str, where: str) -> None:
    with pytest.raises(Problem) as problem:
        read_accounts(passwd, group, "/etc/x")
    assert problem.value.where == where
