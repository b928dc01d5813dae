"""A caller who plants, links and swaps files around the switch. The numbers are those of docs/hostile-callers.md."""

from testbed.model.effect import refused
from testbed.pilot.caller import SWITCH
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
UNWRITABLE = refused(201, "caller", "target-proxy-unwritable")


def as_pilot(switch, script, *words):
    """Run a shell script as the pilot; its result."""
    return switch.node.run(["sh", "-c", script, "sh", *words], user=switch.account.name, limit=20)


def listed(switch, folder):
    """What is in a folder: mode, owner, number of names and size of every file."""
    return switch.node.run(["ls", "-ln", "--time-style=+", folder], limit=10).text.splitlines()


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
def test_names_planted_for_the_target_proxy_are_not_used(switch):
    """A66: the usual name can be foreseen; where it is taken another one is chosen (BLAH's, HTCondor's tmp names)."""
    plant = 'for n in $(seq 1 300); do ln -s /etc/planted "/tmp/x509up_u$1.glexec.$(($$ + n))"; done; shift; exec "$@"'
    uid = switch.node.run(["id", "-u", switch.facts().user], limit=10).text
    effect = switch.tries(then='/usr/bin/test -f "$X509_USER_PROXY"', before=("sh", "-c", plant, "sh", uid))
    assert effect == switch.runs(then='/usr/bin/test -f "$X509_USER_PROXY"')
    assert switch.node.run(["ls", "/etc/planted"], limit=10).code != 0


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


@matrix(mode=EVERYWHERE)
def test_credentials_that_are_swapped_meanwhile_never_mix_two_users(switch):
    """A63 for credentials: who is recorded is who runs; see what_others_replace_while_it_is_read for the file alone."""
    swap = """
        (for _ in 1 2 3 4 5 6 7 8 9 10; do ln -f "$1" "$3.l"; cp -p "$1" "$3.n"; mv "$3.n" "$3"; cp -p "$2" "$3.n"
            mv "$3.n" "$3"; rm -f "$3.l"; done) >/dev/null 2>&1 &
        shift 3; exec "$@"
    """
    alice, bob, target = switch.placed("alice"), switch.placed("bob"), switch.place("alice")
    possible = (switch.runs(), switch.runs(user="bob"), refused(201, "caller", "credential-unusable"))
    env = {"GLEXEC_SOURCE_PROXY": target}
    effects = [
        switch.tries(proxy=target, env=env, before=("sh", "-c", swap, "sh", alice, bob, target)) for _ in range(6)
    ]
    assert [effect for effect in effects if effect not in possible] == []
