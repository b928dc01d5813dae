"""Which files the switch takes for a credential: a plain file of the caller's own, read once, under a lock."""

import pytest

from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
ECHO = ("/usr/bin/echo", "ran")

ZOO = {
    "a-link": "ln -s {proxy} {place}",
    "a-pipe": "mkfifo -m 600 {place}",
    "a-folder": "mkdir -m 700 {place}",
    "a-device": "mknod -m 600 {place} c 1 5; chown --reference={proxy} {place}",
    "empty": "install -m 600 /dev/null {place}",
    "huge": "install -m 600 {proxy} {place}; truncate -s 300K {place}",
    "not-there": "true",
    "for-its-group": "install -m 640 {proxy} {place}",
    "set-id": "install -m 4600 {proxy} {place}",
}
"""What a caller may name as his credential, by the shell commands that make it."""

LOCKED = """
import fcntl, subprocess, sys
with open(sys.argv[1]) as held:
    fcntl.flock(held, fcntl.LOCK_EX)
    sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""
OPENED = """
import ctypes, os, struct, subprocess, sys
OPEN, CLOSE, ACCESS = 0x20, 0x18, 0x01  # inotify(7): what lies between keeps two openings from being told as one
libc = ctypes.CDLL(None, use_errno=True)
watch = libc.inotify_init1(os.O_NONBLOCK)
assert libc.inotify_add_watch(watch, os.fsencode(sys.argv[1]), OPEN | CLOSE | ACCESS) >= 0
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
events = os.read(watch, 1 << 16)
print(code, sum(bool(mask & OPEN) for _, mask, _, _ in struct.iter_unpack("iIII", events)))
"""


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("kind", list(ZOO))
def test_what_is_no_plain_file_of_the_caller_is_no_credential(switch, world, kind):
    """Unreadable, wrong mode or owner: 201 (Nikhef wiki, Exit codes); links, sizes, in bounded time: our choice."""
    proxy = switch.place("alice")
    place = f"{proxy}-{kind}"
    user = "root" if kind == "a-device" else switch.account.name
    script = ZOO[kind].format(proxy=proxy, place=place)
    world.node.run(["/usr/bin/dash", "-c", script], user=user, limit=10).check()
    done = switch.call(*ECHO, proxy=place, limit=5)
    assert (done.code, done.out) == (201, b"")


@matrix(mode=EVERYWHERE)
@pytest.mark.parametrize("owner", ["roots", "anothers"])
def test_a_credential_of_somebody_else_is_the_fault_of_the_caller(switch, world, site, owner):
    """GLEXEC_CLIENT_CERT has to belong to the calling uid: 201 (Nikhef wiki, Proxy file handling in gLExec)."""
    proxy = switch.place("alice")
    account = {"roots": "root", "anothers": site.pools[0].accounts[0].name}[owner]
    world.node.run(["chown", account, proxy], limit=10).check()
    done = switch.call(*ECHO, proxy=proxy)
    assert (done.code, done.out) == (201, b"")


@matrix(mode=EVERYWHERE)
def test_a_credential_that_stays_locked_is_given_up(switch):
    """Credentials are read under a lock (glexec.conf: input_lock_mechanism); its time limit is our choice: 201."""
    proxy = switch.place("alice")
    with switch.configured(input_lock_mechanism="flock", lock_timeout="1"):
        done = switch.call(*ECHO, proxy=proxy, before=("/usr/bin/python3", "-c", LOCKED, proxy), limit=8)
    assert (done.code, done.out) == (201, b"")


@matrix(mode=EVERYWHERE)
def test_a_credential_is_opened_once(switch):
    """Checked and read on one open descriptor: what was checked is what is read (our choice; CVE-2005-1993)."""
    proxy = switch.place("alice")
    watched = ("/usr/bin/python3", "-c", OPENED, proxy)
    assert switch.call("/usr/bin/true", proxy=proxy, before=watched).text == "0 1"


@matrix(mode=EVERYWHERE)
def test_the_payload_gets_a_copy_of_the_source_proxy(switch, proxies):
    """GLEXEC_SOURCE_PROXY is what the target proxy is a copy of (Nikhef wiki, Proxy file handling in gLExec)."""
    read = "exec /usr/bin/sha256sum <$X509_USER_PROXY"
    done = switch.call("/usr/bin/dash", "-c", read, env={"GLEXEC_SOURCE_PROXY": switch.place("bob")})
    assert done.text.split()[0] == proxies["bob"]


@matrix(mode=EVERYWHERE)
def test_a_source_proxy_that_cannot_be_used_is_the_fault_of_the_caller(switch):
    """Wrong mode of GLEXEC_SOURCE_PROXY, or empty: 201 (Nikhef wiki, Exit codes of gLExec)."""
    done = switch.call(*ECHO, env={"GLEXEC_SOURCE_PROXY": switch.place("bob", mode=0o644)})
    assert (done.code, done.out) == (201, b"")
