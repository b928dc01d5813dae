"""One account, two payloads: of two users one after the other, and of one user at once."""

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
