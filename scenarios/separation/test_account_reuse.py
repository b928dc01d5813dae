"""One account, two payloads: of two users one after the other, and of one user at once."""

import pytest

from testbed.plugin import matrix, shows


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack="former-file former-home former-process")
def test_what_the_next_holder_of_an_account_meets(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="setuid", attack="former-file former-home former-process", measure="epilogue")
def test_what_an_epilogue_keeps_from_the_next_holder(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R8")
@matrix(mode="none log-only setuid container vm", attack="own-other-payload")
def test_what_one_payload_of_a_user_reaches_of_her_other(raid, cell, expect):
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
