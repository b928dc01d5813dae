"""One account, two payloads: of two users one after the other, and of one user, at once and one after the other."""

import pytest

from testbed.plugin import matrix, shows

FORMER = "own-former-file own-former-segment own-former-home own-former-process"


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack="former-file former-home former-process")
def test_what_the_next_holder_of_an_account_meets(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="former-file former-home former-process", measure="epilogue")
def test_what_an_epilogue_keeps_from_the_next_holder(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack="own-other-payload own-other-process")
def test_what_one_payload_of_a_user_reaches_of_her_other(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack=FORMER)
def test_what_a_users_next_payload_meets_of_her_former_one(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack=FORMER, measure="epilogue")
def test_what_an_epilogue_keeps_from_the_same_user(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="own-former-file", measure="private-tmp")
def test_what_folders_of_the_payloads_own_keep_from_the_same_user(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="setuid", attack="own-former-process", measure="end-leftovers careful-pilot")
def test_what_is_ended_before_the_same_user_comes_again(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="none log-only", attack="own-former-process", measure="careful-pilot")
def test_what_a_pilot_ends_that_shares_the_account_with_its_payloads(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="setuid", attack="former-file", measure="private-tmp")
def test_what_folders_of_the_payloads_own_keep_from_the_next_holder(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@pytest.mark.slow
@shows("R8")
@matrix(mode="setuid", attack="former-process", measure="end-leftovers careful-pilot")
def test_what_is_ended_before_the_next_holder_comes(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
