"""A folder for the payload that the pilot asks for: whose it is, what it costs, and how it goes again."""

import pytest

from testbed.plugin import matrix

MKGLTEMPDIR = "/usr/sbin/mkgltempdir"
EVERYWHERE = "log-only setuid"
LOOK = ("/usr/bin/stat", "-c", "%U %a")


@pytest.fixture
def make(switch):
    """Make a folder with Alice's proxy, in the silence that pilots take for success; its path."""

    def make(*arguments):
        made = switch.run(MKGLTEMPDIR, *arguments)
        assert (made.code, made.err) == (0, b"")
        return made.text

    return make


def shell(switch, script, user="alice"):
    """A payload's script, to its end."""
    return switch.call("/usr/bin/dash", "-c", script, user=user)


@matrix(mode="setuid")
def test_the_folder_is_the_payloads_and_the_pilot_cannot_read_it(switch, make):
    """A folder of the target's with mode 0700 below a private one of the pilot's with 0711 (Nikhef wiki, GLExec
    TransientPilotJobs; 0711 since LCMAPS' ChangeLog r1926-r2066).
    """
    path = make()
    private = path.rsplit("/", 2)[0]
    account = switch.facts().user
    assert switch.run(*LOOK, path, private).text.splitlines() == [f"{account} 700", f"{switch.account.name} 711"]
    assert shell(switch, f"cd {path} && echo mine >file && cat file").text == "mine"
    for attempt in (("/usr/bin/ls", path), ("/usr/bin/cat", f"{path}/file"), ("/usr/bin/touch", f"{path}/other")):
        assert b"Permission denied" in switch.run(*attempt).err


@matrix(mode="setuid")
def test_another_users_payload_reaches_nothing_in_it(switch, make):
    """Mode 0700 is for the payload alone (Nikhef wiki, GLExec TransientPilotJobs: -t, default 0700)."""
    path = make()
    assert shell(switch, f"echo alices >{path}/result").code == 0
    assert shell(switch, f"cat {path}/result || rm {path}/result || echo >{path}/result", user="bob").code != 0
    assert switch.call("/usr/bin/cat", f"{path}/result").text == "alices"


@matrix(mode="setuid")
def test_with_mode_777_every_account_that_knows_the_path_can_replace_the_results(switch, make):
    """ATLAS' pilot calls mkgltempdir -t 777, to write into the folder itself (PanDA pilot, glexec_utils.py).

    The price: the folder is everybody's. The private folder above hides its name from `ls`, not from `ps`.
    """
    path = make("-t", "777")
    assert switch.run("/usr/bin/touch", f"{path}/job-definition").code == 0
    assert shell(switch, f"umask 077; echo alices >{path}/result").code == 0
    assert shell(switch, f"rm -f {path}/result && echo bobs >{path}/result", user="bob").code == 0
    assert switch.call("/usr/bin/cat", f"{path}/result").text == "bobs"


@matrix(mode="setuid")
def test_the_sticky_bit_keeps_mode_777_from_costing_the_results(switch, make):
    """Mode 1777 is a mode as well (our choice: -t takes the sticky bit, never a set-id bit)."""
    path = make("-t", "1777")
    assert shell(switch, f"umask 077; echo alices >{path}/result").code == 0
    assert shell(switch, f"rm -f {path}/result && echo bobs >{path}/result", user="bob").code != 0
    assert switch.call("/usr/bin/cat", f"{path}/result").text == "alices"


@matrix(mode="setuid")
def test_the_way_to_the_folder_is_open_to_every_account_afterwards(switch, make):
    """The whole parent path is opened for passing through (Nikhef wiki, GLExec TransientPilotJobs; all pilots do it).

    The price: what the pilot has left readable in its private folder can be read by whoever knows the name.
    """
    readable = switch.place("alice", mode=0o644)
    base = readable.rpartition("/")[0]
    assert switch.call("/usr/bin/cat", readable, user="bob").code != 0
    path = make(base)
    assert switch.call("/usr/bin/cat", readable, user="bob").code == 0
    assert switch.run(MKGLTEMPDIR, "-r", path).code == 0
    assert switch.run(*LOOK, base).text == f"{switch.account.name} 711"


@matrix(mode="log-only")
def test_in_log_only_the_folder_is_the_pilots_own(switch, make):
    """Log-only keeps the caller's uid (Nikhef wiki, GLExec), so there is no other account to give a folder to."""
    path = make()
    assert switch.run(*LOOK, path).text == f"{switch.account.name} 700"
    assert shell(switch, f"echo alices >{path}/result").code == 0
    assert switch.run("/usr/bin/cat", f"{path}/result").text == "alices"


@matrix(mode=EVERYWHERE)
def test_an_empty_folder_is_removed_with_all_around_it(switch, make):
    """-r removes what mkgltempdir has made; it must be empty (Nikhef wiki, GLExec TransientPilotJobs)."""
    path = make()
    assert shell(switch, f"mkdir {path}/left").code == 0
    refused = switch.run(MKGLTEMPDIR, "-r", path)
    assert (refused.code, b"is not empty" in refused.err) == (1, True)
    assert shell(switch, f"rmdir {path}/left").code == 0
    assert switch.run(MKGLTEMPDIR, "-r", path).code == 0
    assert switch.run("/usr/bin/ls", path.rsplit("/", 2)[0]).code != 0


@matrix(mode=EVERYWHERE)
def test_with_force_all_that_the_payload_left_is_removed(switch, make):
    """-f removes what is not empty (Nikhef wiki, GLExec TransientPilotJobs); -r FOLDER -f is PanDA's order of words.

    The payload may have closed its folders against everybody, itself included.
    """
    path = make()
    left = f"cd {path} && mkdir -p a/b && touch a/b/c file && ln -s /etc link && chmod 0 a/b a file . && echo left"
    assert shell(switch, left).text == "left"
    removed = switch.run(MKGLTEMPDIR, "-r", path, "-f")
    assert (removed.code, removed.out, removed.err) == (0, b"", b"")
    assert switch.run("/usr/bin/ls", path.rsplit("/", 2)[0]).code != 0
    assert switch.run("/usr/bin/ls", "/etc/glexec.conf").code == 0


@matrix(mode="setuid")
def test_with_force_what_the_pilot_itself_left_in_it_is_removed_too(switch, make):
    """ATLAS' pilot copies its own files into the folder and removes all by -r FOLDER -f (PanDA, glexec_utils.py)."""
    path = make("-t", "777")
    assert switch.run("/usr/bin/dash", "-c", f"umask 022; mkdir {path}/data; touch {path}/data/job").code == 0
    assert shell(switch, f"mkdir {path}/output && touch {path}/output/file").code == 0
    assert switch.run(MKGLTEMPDIR, "-r", path, "-f").code == 0
    assert switch.run("/usr/bin/ls", path.rsplit("/", 2)[0]).code != 0


@matrix(mode=EVERYWHERE)
def test_a_user_who_is_refused_gets_no_folder_and_nothing_is_left(switch):
    """The folder is made through glexec, so glexec decides: 203 (Nikhef wiki, Exit codes of gLExec; passing it on: our
    choice).
    """
    base = switch.place("dave").rpartition("/")[0]
    refused = switch.run(MKGLTEMPDIR, base, user="dave")
    assert (refused.code, refused.out) == (203, b"")
    assert b"LCMAPS failed." in refused.err
    assert refused.err.endswith(switch.call("/usr/bin/true", user="dave").err)  # with the cause, if the site reports it
    assert switch.run("/usr/bin/ls", base).text == "proxy"
    assert switch.run(*LOOK, base).text == f"{switch.account.name} 700"


@matrix(mode=EVERYWHERE)
def test_no_copy_of_the_proxy_stays_behind(switch, make):
    """GLEXEC_TARGET_PROXY=/dev/null leaves no copy (HTCondor since 8.0.2); mkgltempdir does so itself (our choice)."""
    before = switch.run("/usr/bin/dash", "-c", "ls -d /tmp/x509up_u* 2>/dev/null || true").text
    path = make()
    assert switch.run(MKGLTEMPDIR, "-r", "-f", path).code == 0
    assert switch.run("/usr/bin/dash", "-c", "ls -d /tmp/x509up_u* 2>/dev/null || true").text == before


@matrix(mode="setuid")
def test_the_site_has_a_record_of_who_got_the_folder(switch, make, records):
    """Every run through glexec is recorded (Nikhef wiki, GLExec), and the folder is made by one."""
    path = make()
    [record] = records(1)
    assert path in record.command
    assert record.account == switch.run("/usr/bin/stat", "-c", "%U", path).text
