"""What a payload, or a pilot, that lies can make of the site's log, and of what it is taken for."""

from testbed.plugin import matrix, shows

ALL = "none log-only setuid container vm"


@shows("R4", "R5")
@matrix(mode=ALL, attack="skipped-record forged-record suppressed-end injected-record cut-record")
def test_what_can_be_made_of_the_sites_record(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R4")
@matrix(mode=ALL, attack="forged-record", measure="trusted-log")
def test_a_log_that_knows_the_writer_tells_a_forged_record_where_the_switch_has_a_uid_of_its_own(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R5", "R6", "R8")
@matrix(mode=ALL, attack="payload-calls-switch borrowed-proxy target-elsewhere weaker-mode gridmapdir")
def test_what_a_caller_can_have_of_the_switch_that_is_not_his(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect


@shows("R3", "R6", "R9")
@matrix(
    mode=ALL,
    attack="wrong-kind-of-proxy spoilt-credential spoilt-attributes shared-proxy-file odd-proxy-file",
)
def test_what_a_pilot_gets_for_a_credential_that_proves_nothing(raid, cell, expect):
    assert raid.outcome(cell.attack) == expect
