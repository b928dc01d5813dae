"""How the switch is installed: one that is set-id no more never runs a payload as the pilot."""

import pytest

from testbed.model.effect import refused
from testbed.pilot.node_files import CONF
from testbed.plugin import matrix
from testbed.site.layout import SWITCH


@pytest.fixture
def readable(switch, everybody_as):
    """A careless set-id site: everybody may read its files, and glexec.conf does not say how it is installed."""
    conf = "".join(line for line in switch.read(CONF).splitlines(True) if not line.startswith("installation"))
    policy = everybody_as("--dummy-username nobody")
    with switch.altered(CONF, conf, mode="0644"), switch.altered(switch.policy_file, policy, mode="0644"):
        yield switch


@matrix(mode="setuid")
def test_securebits_that_take_roots_power_away_run_nothing(switch):
    """A62: with SECBIT_NOROOT a set-id program gets no capability: it cannot switch, so nothing runs (our choice)."""
    become = switch.become("--clear-groups", "--securebits=+noroot,+noroot_locked")
    assert switch.tries(account="root", before=become) == refused(202)


@matrix(mode="log-only")
def test_no_new_privs_takes_nothing_from_log_only(switch):
    """A72: there is no set-id bit that it could keep the kernel from heeding (kernel's documentation)."""
    assert switch.tries(before=("setpriv", "--no-new-privs")) == switch.runs()


@matrix(mode="setuid")
def test_a_set_id_bit_that_the_kernel_does_not_heed_is_never_taken_for_log_only(readable):
    """A72: with no_new_privs the kernel starts the switch as the caller and says nothing: 202 with the cause."""
    assert readable.tries(before=("setpriv", "--no-new-privs")) == refused(202)
    assert any("no_new_privs" in line for line in readable.witness.log)


@matrix(mode="setuid")
def test_a_lost_set_id_bit_is_never_taken_for_log_only(readable):
    """A73: backup, copy or package tool dropped the bit: 202, never a payload run as the pilot (our choice)."""
    seen = {}
    for mode in ("0111", "0711", "0755", "2111"):
        with readable.altered(SWITCH, mode=mode):
            seen[mode] = readable.tries()
    assert seen == dict.fromkeys(seen, refused(202))


@matrix(mode="setuid")
def test_an_installation_that_is_not_the_one_the_site_names_runs_nothing(switch):
    """A73: 0555 is log-only's mode; `installation = setuid`, an option of ours, says that it was not meant so: 202."""
    with switch.altered(SWITCH, mode="0555"), switch.altered(CONF, mode="0644"):
        assert switch.tries() == refused(202, "site", "configuration")
