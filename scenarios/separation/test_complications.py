"""What a mode makes more difficult for pilots and sites: signals, clean-up, file ownership, environment."""

import re

from testbed.plugin import matrix, shows

ALL = "none log-only setuid container vm"


def names(account):
    """Accounts of a pool are alike."""
    return re.sub(r"\d+$", "", account)


@shows("R10")
@matrix(mode=ALL)
def test_who_may_signal_the_payload(stayed, cell, notes):
    """kill(2): a process of another uid only root may signal; a machine's payload is no process of the node's."""
    notes.observed = {
        (True, True): "the pilot itself",
        (True, False): "root only; the switch for the pilot",
        (False, False): "nobody; the pilot ends its machine",
    }[bool(stayed.account), stayed.signalled]
    assert (names(stayed.account), stayed.signalled) == {
        "none": ("pilot", True),
        "log-only": ("pilot", True),
        "setuid": ("alpha", False),
        "container": ("pilot", True),
        "vm": ("", False),
    }[cell.mode]


@shows("R8")
@matrix(mode=ALL)
def test_what_is_left_of_a_file_in_its_home(stayed, cell, notes):
    """The home is the pilot's own folder for the payload, the pool account's, or one that ends with its namespace."""
    by_pilot = "the pilot may remove it" if stayed.removed else "the pilot may not remove it"
    notes.observed = f"{names(stayed.left_by)}'s; {by_pilot}" if stayed.left_by else "nothing"
    assert (names(stayed.left_by), stayed.removed) == {
        "none": ("", False),
        "log-only": ("", False),
        "setuid": ("alpha", False),
        "container": ("", False),
        "vm": ("", False),
    }[cell.mode]


@shows("R5")
@matrix(mode=ALL)
def test_whose_a_file_is_that_it_makes_where_it_works(stayed, cell, notes):
    """path_resolution(7): what another account made the pilot cannot remove; stage-out goes by the switch."""
    notes.observed = names(stayed.made_by) or "not on the node"
    assert (
        names(stayed.made_by)
        == {
            "none": "pilot",
            "log-only": "pilot",
            "setuid": "alpha",
            "container": "pilot",
            "vm": "",
        }[cell.mode]
    )


@shows("R9")
@matrix(mode=ALL)
def test_what_is_in_its_environment(stayed, cell, notes):
    """glexec gives HOME, its own names and the proxy (Nikhef wiki); launchers add what a login would have."""
    kept = [name for name in stayed.variables if name not in ("LC_CTYPE", "OLDPWD", "PWD", "SHLVL", "_")]
    own = [name for name in kept if name.startswith("GLEXEC_")]
    home = re.sub(r"-[_0-9a-z]+/.*$|[0-9]+$", "...", stayed.home)
    notes.observed = f"{len(kept)} variables, {len(own)} of the switch's; HOME is {home}"
    assert "X509_USER_PROXY" in kept
    assert bool(own) == (cell.mode != "none")
    assert ("PATH" in kept) == (cell.mode not in ("log-only", "setuid"))
