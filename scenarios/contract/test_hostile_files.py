"""A caller who plants, links and swaps files around the switch. The numbers are those of docs/hostile-callers.md."""

import pytest

from testbed.model.effect import refused
from testbed.pilot.node_files import CONF
from testbed.plugin import matrix
from testbed.site.layout import SWITCH

EVERYWHERE = "log-only setuid"
UNWRITABLE = refused(201, "caller", "target-proxy-unwritable")


def as_pilot(switch, script, *words):
    """Run a shell script as the pilot; its result."""
    return switch.run("sh", "-c", script, "sh", *words)


def listed(switch, folder):
    """What is in a folder: mode, owner, number of names and size of every file."""
    return switch.node.run(["ls", "-ln", "--time-style=+", folder], limit=10).text.splitlines()


SHOW = '/usr/bin/stat -c "%F %a" "$X509_USER_PROXY"'


def victim_of(switch):
    """An empty file that every account could write to; its path."""
    as_pilot(switch, "umask 0; : >/tmp/victim").check()
    return "/tmp/victim"


@matrix(mode=EVERYWHERE)
def test_a_target_proxy_lands_only_where_its_account_may_write(switch):
    """A45: written with the target's rights; not writable or not there: 201 (Nikhef wiki, Exit codes of gLExec)."""
    places = (
        "/etc/cron.d/x",
        "/root/x",
        "/tmp/../etc/x",
        "/no/such/folder/x",
        "/etc/passwd",
        "/usr/sbin/glexec",
        "x",
    )
    assert {place: switch.tries(env={"GLEXEC_TARGET_PROXY": place}) for place in places} == dict.fromkeys(
        places, UNWRITABLE
    )


@matrix(mode="setuid")
def test_links_planted_for_the_target_proxy_are_not_followed(switch):
    """A66: the caller's links in a shared folder lead nowhere, protected_symlinks or not (CVE-2023-41915)."""
    planted = "/tmp/planted"
    home = switch.pool().accounts[0].home
    as_pilot(switch, f"ln -s /etc/cron.d/planted {planted}; ln -s {home}/.profile {planted}2").check()
    paths = (planted, f"{planted}2")
    assert {path: switch.tries(env={"GLEXEC_TARGET_PROXY": path}) for path in paths} == dict.fromkeys(paths, UNWRITABLE)
    found = "ls -d /etc/cron.d/planted /home/*/.profile 2>/dev/null; readlink /tmp/planted"
    assert switch.node.run(["sh", "-c", found], limit=10).text == "/etc/cron.d/planted"


@matrix(mode=EVERYWHERE)
def test_a_link_that_may_be_replaced_is_replaced_and_not_followed(switch):
    """A66: GLEXEC_TARGET_PROXY is written under another name, then renamed: nobody sees half of it (our choice)."""
    victim = victim_of(switch)
    as_pilot(switch, 'mkdir -m 777 /tmp/shared; ln -s "$1" /tmp/shared/proxy', victim).check()
    effect = switch.tries(then=SHOW, env={"GLEXEC_TARGET_PROXY": "/tmp/shared/proxy"})
    assert (effect, effect.said) == (switch.runs(then=SHOW), "regular file 600\n")
    assert switch.read(victim) == ""


PLANT = """
import os, sys
victim, uid, *call = sys.argv[1:]
for pid in range(os.getpid(), os.getpid() + 400):
    name = f"x509up_u{uid}.glexec.{pid}"
    for planted in (name, f".glexec.{pid}.{name}"):
        os.symlink(victim, f"/tmp/{planted}")
os.execvp(call[0], call)
"""


@matrix(mode=EVERYWHERE)
def test_names_planted_for_the_target_proxy_are_not_used(switch):
    """A66: the usual name can be foreseen; where it is taken another one is chosen (BLAH's, HTCondor's tmp names)."""
    victim, uid = victim_of(switch), str(switch.facts().uids[0])
    effect = switch.tries(then=SHOW, before=("python3", "-c", PLANT, victim, uid))
    assert (effect, effect.said) == (switch.runs(then=SHOW), "regular file 600\n")
    assert switch.read(victim) == ""


@matrix(mode=EVERYWHERE)
def test_a_command_that_is_swapped_meanwhile_runs_as_the_target_or_not_at_all(switch):
    """A63: what is run is run with the target's rights whichever file it is (CVE-2005-1993); 10 races."""
    swap = """
        good=$1; shift; cp "$good" /tmp/swapped
        (for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            cp "$good" /tmp/new; mv /tmp/new /tmp/swapped
            ln -sf /etc/shadow /tmp/new; mv /tmp/new /tmp/swapped
            ln -sf "$good" /tmp/new; mv /tmp/new /tmp/swapped
        done) >/dev/null 2>&1 &
        exec "$@"
    """
    command = ("/tmp/swapped", *switch.witness.command()[1:])
    effects = [switch.tries(*command, before=("sh", "-c", swap, "sh", switch.witness.command()[0])) for _ in range(10)]
    who = {name for effect in effects for name in effect.ran}
    assert who <= set(switch.runs().ran)
    codes = {effect.code for effect in effects}
    assert codes <= {0, 2, 126, 201}  # 2: what is there now, the target's shell cannot read
    assert all(effect.ran == () for effect in effects if effect.code != 0)


@matrix(mode=EVERYWHERE)
def test_a_link_to_a_command_is_run_as_what_it_leads_to_and_both_are_recorded(switch):
    """A65: gLExec disliked links, callers resolved them first (glideinWMS); ours resolves as the target."""
    link = "/tmp/link-to-witness"
    as_pilot(switch, f'ln -s "$1" {link}', switch.witness.command()[0]).check()
    command = (link, *switch.witness.command()[1:])
    assert switch.tries(*command) == switch.runs(*command)
    assert any(f'cmd: "{link}" (="{switch.witness.command()[0]}")' in line for line in switch.witness.log)


@matrix(mode=EVERYWHERE)
def test_a_hard_link_keeps_an_old_switch_only_where_the_kernel_lets_it(switch):
    """A77: fs.protected_hardlinks = 1 forbids it (kernel); without that an old switch outlives its update."""
    protected = switch.read("/proc/sys/fs/protected_hardlinks").strip()
    linked = as_pilot(switch, f"ln {SWITCH} /tmp/old-switch")
    assert (linked.code == 0) == (protected == "0")


@matrix(mode="setuid")
def test_nobody_but_glexec_changes_a_lease(switch, named):
    """A47: gridmapdir is root's and glexec's; neither pilot nor payload links, renames, removes or writes there."""
    assert switch.tries() == switch.runs()
    tamper = """cd "$1" || exit; for account in "$2" "$(ls | grep % | head -n 1)"; do
        ln "$account" "%2fcn%3dvictim" && echo linked; mv "$account" x && echo renamed; rm -f "$account" && echo removed
        chmod 777 "$account" && echo changed; echo x >>"$account" && echo written; done; : >new && echo made"""
    folder = named("-gridmapdir")
    before = listed(switch, folder)
    words = (folder, switch.pool().accounts[0].name)
    assert as_pilot(switch, tamper, *words).out == b""
    assert switch.call("/usr/bin/dash", "-c", tamper, "sh", *words).out == b""
    assert listed(switch, folder) == before


OPENED = """
import ctypes, os, struct, subprocess, sys
OPEN, CLOSE, ACCESS = 0x20, 0x18, 0x01  # inotify(7): what lies between keeps two openings from being told as one
libc = ctypes.CDLL(None, use_errno=True)
watch = libc.inotify_init1(os.O_NONBLOCK)
assert libc.inotify_add_watch(watch, os.fsencode(sys.argv[1]), OPEN | CLOSE | ACCESS) >= 0
code = subprocess.run(sys.argv[2:]).returncode
print("opened", sum(bool(mask & OPEN) for _, mask, _, _ in struct.iter_unpack("iIII", os.read(watch, 1 << 16))))
sys.exit(code)
"""


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("file", ["configuration", "policy", "credential"])
def test_what_is_checked_is_what_is_read(switch, file):
    """A63: opened once, checked and read on one descriptor: nothing can be swapped in between (CVE-2005-1993)."""
    path = {"configuration": CONF, "policy": switch.policy_file, "credential": switch.place("alice")}[file]
    proxy = path if file == "credential" else None
    effect = switch.tries(proxy=proxy, account="root", before=("python3", "-c", OPENED, path, *switch.become()))
    assert (effect, effect.said) == (switch.runs(), "opened 1\n")


@matrix(mode=EVERYWHERE)
def test_credentials_that_are_swapped_meanwhile_never_mix_two_users(switch):
    """A63: who is recorded is who runs; what changed while it was read is refused (our choice): never half of each."""
    swap = """
        (for _ in 1 2 3 4 5 6 7 8 9 10; do ln -f "$1" "$3.l"; cp -p "$1" "$3.n"; mv "$3.n" "$3"; cp -p "$2" "$3.n"
            mv "$3.n" "$3"; rm -f "$3.l"; done) >/dev/null 2>&1 &
        shift 3; exec "$@"
    """
    alice, bob, target = switch.placed("alice"), switch.placed("bob"), switch.place("alice")
    possible = (switch.runs(), switch.runs(user="bob"), refused(201, "caller", "credential-unusable"))
    env, before = {"GLEXEC_SOURCE_PROXY": target}, ("sh", "-c", swap, "sh", alice, bob, target)
    effects = [switch.tries(proxy=target, env=env, before=before) for _ in range(8)]
    assert [effect for effect in effects if effect not in possible] == []
    accounts = {record.dn: record.account for record in switch.records()}
    assert len(set(accounts.values())) == len(accounts) or not switch.separates
