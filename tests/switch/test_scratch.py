"""Private folders of a payload: asked for by the policy, made by the switch, and gone with the payload whatever it did.

What is documented of mount_under_scratch: a folder /tmp/glexec_mount_under_scratch_XXXXXX for each call, in it one for
each path, mounted over the path for the payload only (its README). That the switch clears up is our choice.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

GOOD = {"GLEXEC_CLIENT_CERT": "/mnt/home/pilot01/alice.pem"}
NAME = "glexec_mount_under_scratch_"
SYSTEM_FAULT = "[gLExec]: System fault. The site's administrators find the reason in their log.\n"


def answer(*paths):
    scratch = "".join(f"scratch {path}\n" for path in paths)
    return f"dn /CN=Alice\nuid 50001\npgid 50000\nsgid 51000\n{scratch}end\n"


def shell(script):
    return ("/bin/sh", "-c", script)


def python(script):
    return ("/usr/bin/python3", "-c", script)


@pytest.fixture
def tmp(node):
    """The node's own /tmp, empty. Nothing may be left in it."""
    place = node.path("/../tmp")
    empty(node, place)
    yield place
    assert empty(node, place) == []


def empty(node, place):
    """Removes what is in the node's /tmp; what that was."""
    found = [item.name for item in place.iterdir()]
    node.inside("rm", "-rf", *(f"/tmp/{name}" for name in found))
    return found


@pytest.fixture
def private(node):
    """The policy wants a private /tmp."""
    node.answers(answer("/tmp"))


@pytest.fixture
def start(node):
    """Starts a call and does not wait for its end."""
    running = []

    def begin(*command, **circumstances):
        call = subprocess.Popen(
            node.command(*command, **circumstances), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        running.append(call)
        return call

    yield begin
    for call in running:
        call.kill()
        call.communicate(timeout=30)


def child_of(pid):
    """The only child of a process: of the front the keeper, of the keeper the payload."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def mounts(node):
    return (node.path("").parents[1] / "mountinfo").read_text()


@pytest.mark.usefixtures("private")
def test_the_payload_has_an_empty_tmp_of_its_own(node, tmp):
    (tmp / "somebodys").write_text("x")
    done = node.call(*shell("ls -A /tmp; stat -c '%u %g %a' /tmp; echo mine >/tmp/mine; cat /tmp/mine"), env=quiet())
    (tmp / "somebodys").unlink()
    assert (done.code, done.out) == (0, "50001 50000 700\nmine\n"), done
    assert not (tmp / "mine").exists()


def quiet():
    """No copy of the proxy: it would lie in the private /tmp, too."""
    return GOOD | {"GLEXEC_TARGET_PROXY": "/dev/null"}


def test_each_path_of_the_policy_is_private(node, tmp):
    node.answers(answer("/var/tmp", "/tmp"))
    done = node.call(*shell("echo v >/var/tmp/v; echo t >/tmp/t; ls -A /var/tmp /tmp"), env=quiet())
    assert done.out == "/tmp:\nt\n\n/var/tmp:\nv\n"
    assert not node.path("/../var/tmp/v").exists()


def test_without_a_wish_nothing_is_private(node, tmp):
    assert node.call(*shell("echo x >/tmp/shared-by-all"), env=quiet()).code == 0
    (tmp / "shared-by-all").unlink()


@pytest.mark.usefixtures("private")
def test_two_payloads_of_one_account_do_not_see_each_other(node, tmp, start):
    wait = "while [ ! -e /mnt/seen/go ]; do sleep 0.01; done; ls -A /tmp"
    calls = [start(*shell(f"echo x >/tmp/{n}; echo x >/mnt/seen/{n}; {wait}"), env=quiet()) for n in ("one", "two")]
    node.eventually("/seen/one")
    node.eventually("/seen/two")
    private = [item for item in tmp.iterdir() if item.name.startswith(NAME)]
    assert len(private) == 2
    for folder in private:
        status = folder.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o700)
        assert (folder / "tmp").stat().st_uid == 50001
    node.write("/seen/go", "")
    assert [call.communicate(timeout=30)[0] for call in calls] == ["one\n", "two\n"]
    for name in ("one", "two", "go"):
        node.path(f"/seen/{name}").unlink()


@pytest.fixture
def shared_mounts(node):
    """A node whose mounts are shared between namespaces, as systemd has them."""
    node.inside("mount", "--make-rshared", "/")
    yield
    node.inside("mount", "--make-rprivate", "/")


@pytest.mark.usefixtures("private", "shared_mounts")
def test_no_mount_reaches_the_rest_of_the_node(node, tmp, start):
    before = mounts(node)
    call = start(*shell("echo x >/mnt/seen/here; exec sleep 20"), env=quiet())
    node.eventually("/seen/here")
    assert mounts(node) == before
    call.terminate()
    assert call.wait(timeout=30) == 128 + signal.SIGTERM
    assert mounts(node) == before
    node.path("/seen/here").unlink()


@pytest.mark.usefixtures("private", "shared_mounts")
def test_what_the_site_mounts_meanwhile_is_seen_by_the_payload(node, tmp, start):
    """An automounter goes on to work for it (our choice: the original leaves such mounts shared)."""
    node.folder("/later")
    wait = "for _ in $(seq 1000); do [ -e /mnt/later/file ] && exit 0; sleep 0.01; done; exit 9"
    call = start(*shell(f"echo x >/mnt/seen/here; {wait}"), env=quiet())
    node.eventually("/seen/here")
    node.inside("mount", "-t", "tmpfs", "later", "/mnt/later")
    node.write("/later/file", "")
    assert call.wait(timeout=30) == 0
    node.inside("umount", "/mnt/later")
    node.path("/seen/here").unlink()


@pytest.mark.usefixtures("private")
def test_the_copy_of_the_proxy_lies_in_it_and_goes_with_it(node, tmp):
    done = node.call(*shell('echo "$X509_USER_PROXY"; stat -c "%u %a" "$X509_USER_PROXY"'))
    path, facts = done.out.splitlines()
    assert path.startswith("/tmp/x509up_u50001.glexec.")
    assert facts == "50001 600"
    assert not (tmp / Path(path).name).exists()


@pytest.mark.usefixtures("private")
def test_without_a_command_there_is_no_payload_to_have_it(node, tmp):
    assert node.call(env=GOOD | {"GLEXEC_TARGET_PROXY": "/tmp/renewed"}).code == 0
    assert (tmp / "renewed").exists()
    (tmp / "renewed").unlink()


HOSTILE = {
    "a tree deeper than any path": "import os\nfor _ in range(20000): os.mkdir('d'); os.chdir('d')",
    "a tree with files at every level": "import os\nfor _ in range(300): open('f','w'); os.mkdir('d'); os.chdir('d')",
    "many files": "for n in range(20000): open(str(n), 'w').close()",
    "many folders": "import os\nfor n in range(3000): os.makedirs(f'{n}/0/1/2')",
    "folders that nobody may enter": "import os\nos.makedirs('a/b/c'); open('a/b/c/f','w')\n"
    "for d in ('a/b/c','a/b','a','.'): os.chmod(d, 0)",
    "names that are numbers": "import os\nfor n in range(50): os.makedirs(f'{n}/{n}/{n}/{49-n}')",
    "names of every kind": "import os\nos.makedirs('-rf'); os.makedirs(' \\n')\n"
    "open(b'\\xff\\xfe', 'w'); open('*', 'w')",
    "a pipe, a socket and links to nowhere": "import os, socket\nos.mkfifo('p'); os.symlink('x', 'x')\n"
    "socket.socket(socket.AF_UNIX).bind('s'); os.symlink('/', 'root')",
    "a folder of everybody's": "import os\nos.umask(0); os.makedirs('w/x', 0o777); os.chmod('.', 0o777)",
}


@pytest.mark.usefixtures("private")
@pytest.mark.parametrize("tree", HOSTILE)
def test_nothing_of_it_stays(node, tmp, tree):
    done = node.call(*python("import os; os.chdir('/tmp')\n" + HOSTILE[tree]), env=quiet())
    assert (done.code, done.err) == (0, "")
    assert not done.logged("stays in"), done.log
    assert list(tmp.iterdir()) == []


@pytest.mark.usefixtures("private")
def test_what_links_point_to_stays(node, tmp):
    node.folder("/home/alpha001/kept", uid=50001, gid=50000)
    node.write("/home/alpha001/kept/file", "precious", owner="alpha001")
    links = "cd /tmp; ln -s /mnt/home/alpha001/kept folder; ln -s /mnt/home/alpha001/kept/file file; ln -s .. up"
    assert node.call(*shell(links), env=quiet()).code == 0
    assert node.path("/home/alpha001/kept/file").read_text() == "precious"
    assert node.path("/home/alpha001/kept").stat().st_uid == 50001


WRITER = """
import os, sys, time
os.makedirs("/tmp/a/b")
folders = [os.open(path, os.O_RDONLY) for path in ("/tmp", "/tmp/a", "/tmp/a/b")]
if os.fork():
    sys.exit()
os.setsid()
os.close(1)
os.close(2)
end, number = time.monotonic() + 20, 0
open("/mnt/seen/begun", "w").close()
while time.monotonic() < end and not os.path.exists("/mnt/seen/enough"):
    for folder in folders:
        number += 1
        try:
            os.mkdir(str(number), dir_fd=folder)
            os.close(os.open(f"{number}/file", os.O_CREAT, dir_fd=folder))
        except OSError:
            pass
open("/mnt/seen/ended", "w").close()
"""

MOUNTER = """
mkdir /tmp/on && mount --bind /mnt/home/alpha001/kept /tmp/on && echo x >/mnt/seen/begun
for _ in $(seq 400); do [ -e /mnt/seen/enough ] && break; sleep 0.05; done
echo x >/mnt/seen/ended
"""

BEGUN = "for _ in $(seq 1000); do [ -e /mnt/seen/begun ] && exit 0; sleep 0.01; done; exit 9"


@pytest.fixture
def leftover(node):
    """What a payload leaves behind is ended after the test, by the sign that it waits for."""
    yield
    node.write("/seen/enough", "")
    node.eventually("/seen/ended")
    for name in ("begun", "enough", "ended"):
        node.path(f"/seen/{name}").unlink()


@pytest.mark.usefixtures("private", "leftover")
def test_a_process_that_goes_on_writing_cannot_keep_it(node, tmp):
    """It holds folders of its own open, and piles up more as fast as it can."""
    node.write("/home/alpha001/writer", WRITER)
    done = node.call(*shell(f"/usr/bin/python3 /mnt/home/alpha001/writer; {BEGUN}"), env=quiet())
    assert done.code == 0, done
    assert not done.logged("stays in"), done.log
    assert list(tmp.iterdir()) == []


INTRUDER = """
import os, sys, time
os.mkdir("/tmp/a")
os.chmod("/tmp/a", 0o777)
for number in range(30000):
    open(f"/tmp/a/{number}", "w").close()
folder = os.open("/tmp/a", os.O_RDONLY)
if os.fork():
    sys.exit()
os.setsid()
os.close(1)
os.close(2)
before, end = os.fstat(folder).st_mtime_ns, time.monotonic() + 20
open("/mnt/seen/begun", "w").close()
while os.fstat(folder).st_mtime_ns == before and time.monotonic() < end:
    pass
try:
    os.mkdir("new", dir_fd=folder)
    word = "made"
except OSError as problem:
    word = problem.strerror
open("/mnt/seen/word", "w").write(word)
open("/mnt/seen/ended", "w").close()
"""


@pytest.mark.usefixtures("private", "leftover")
def test_what_is_being_cleared_up_is_nobodys_any_more(node, tmp):
    """The first name that goes is the sign for a process that has the folder open; by then it may put nothing in."""
    node.write("/home/alpha001/intruder", INTRUDER)
    done = node.call(*shell(f"/usr/bin/python3 /mnt/home/alpha001/intruder; {BEGUN}"), env=quiet())
    assert done.code == 0, done
    node.eventually("/seen/ended")
    assert node.path("/seen/word").read_text() in ("Permission denied", "No such file or directory")
    node.path("/seen/word").unlink()


@pytest.mark.usefixtures("private", "leftover")
def test_a_mount_that_the_payload_made_inside_cannot_keep_it(node, tmp):
    """In a user namespace a payload may mount; what it mounted is not removed with its folder."""
    if subprocess.run(["setpriv", "--reuid=65534", "unshare", "-Ur", "true"], check=False, timeout=10).returncode != 0:
        node.write("/seen/ended", "")
        pytest.skip("this kernel gives ordinary accounts no user namespace")
    node.folder("/home/alpha001/kept", uid=50001, gid=50000)
    node.write("/home/alpha001/kept/file", "precious", owner="alpha001")
    node.write("/home/alpha001/mounter", MOUNTER)
    inner = "unshare -Ur -m /bin/sh /mnt/home/alpha001/mounter >/dev/null 2>/mnt/seen/why &"
    done = node.call(*shell(f"{inner} {BEGUN}"), env=quiet())
    assert done.code == 0, node.path("/seen/why").read_text()
    assert node.path("/home/alpha001/kept/file").read_text() == "precious"
    assert list(tmp.iterdir()) == []


@pytest.mark.usefixtures("private")
def test_it_is_gone_before_the_epilogue_which_sees_what_the_site_sees(node, tmp):
    script = "#!/bin/sh\nexport PATH=/usr/bin:/bin\nls -A /tmp >/mnt/seen/epilogue\npwd >>/mnt/seen/epilogue\n"
    node.configure("epilogue = /mnt/libexec/epilogue")
    node.write("/libexec/epilogue", script, mode=0o755)
    (tmp / "sites").write_text("x")
    assert node.call(*shell("echo x >/tmp/mine"), env=quiet()).code == 0
    assert node.path("/seen/epilogue").read_text() == "sites\n/\n"
    (tmp / "sites").unlink()


@pytest.mark.usefixtures("private")
def test_a_signal_before_the_payload_waits_for_the_clearing_up(node, tmp, start):
    with node.full_log():  # the switch waits for it, with everything made and nothing run
        call = start("/bin/echo", "ran", env=quiet())
        end = time.monotonic() + 10
        while not list(tmp.iterdir()):
            assert time.monotonic() < end
            time.sleep(0.001)
        os.kill(child_of(call.pid), signal.SIGTERM)
        assert call.communicate(timeout=30)[0] == ""
        assert call.returncode == 202


@pytest.mark.usefixtures("private")
def test_a_mount_on_it_in_the_payloads_own_view_cannot_keep_it(node, tmp, start):
    """Programs of the site mount for the payload, such as fusermount; it happens where the payload is."""
    wait = "mkdir /tmp/on; echo x >/mnt/seen/here; while [ ! -e /mnt/seen/go ]; do sleep 0.01; done"
    call = start(*shell(wait), env=quiet())
    node.eventually("/seen/here")
    payload = child_of(child_of(call.pid))
    mount = ["mount", "-t", "tmpfs", "fuse", "/tmp/on"]
    subprocess.run(["nsenter", f"--target={payload}", "--mount", *mount], check=True, timeout=10)
    node.write("/seen/go", "")
    assert call.wait(timeout=30) == 0
    assert list(tmp.iterdir()) == []
    for name in ("here", "go"):
        node.path(f"/seen/{name}").unlink()


@pytest.mark.usefixtures("private")
@pytest.mark.parametrize(
    ("command", "env", "code"),
    [
        (("/no/such/command",), {}, 201),
        (("/bin/true",), {"GLEXEC_TARGET_PROXY": "/tmp/nowhere/proxy"}, 201),
        (("/bin/true",), {f"GLEXEC_{number}": "x" for number in range(3000)}, 202),
        (("/mnt/home/alpha001/no-program",), {}, 126),
        (shell("exit 7"), {}, 7),
        (shell("kill -KILL $$"), {}, 137),
    ],
)
def test_it_is_gone_however_the_call_ends(node, tmp, command, env, code):
    node.write("/home/alpha001/no-program", b"\x7fELF no", mode=0o755)
    assert node.call(*command, env=GOOD | env).code == code
    assert list(tmp.iterdir()) == []


@pytest.mark.usefixtures("private")
def test_it_is_gone_when_no_record_can_be_written(node, tmp):
    with node.without_log():
        assert node.call("/bin/true").code == 202
    with node.full_log():
        assert node.call("/bin/true").code == 202


@pytest.mark.usefixtures("private")
@pytest.mark.parametrize("name", ["TERM", "INT", "ALRM", "XCPU", "KILL"])
def test_no_signal_of_the_caller_keeps_it(node, tmp, start, name):
    """Passed on, or it ends what the caller sees of the switch; what is left of it then ends the payload."""
    call = start(*shell("echo x >/mnt/seen/here; exec sleep 20"), env=quiet())
    node.eventually("/seen/here")
    os.kill(call.pid, signal.Signals[f"SIG{name}"])
    assert call.wait(timeout=30) != 0
    end = time.monotonic() + 10
    while left := list(tmp.iterdir()):
        assert time.monotonic() < end, left
        time.sleep(0.01)
    node.path("/seen/here").unlink()


def test_a_switch_that_does_not_linger_leaves_it_to_the_site(node):
    """As the original does, which clears nothing up (its README)."""
    node.configure("linger = no")
    node.answers(answer("/tmp"))
    assert node.call(*shell("echo x >/tmp/x"), env=quiet()).code == 0
    (left,) = node.path("/../tmp").glob(f"{NAME}*")
    assert (left.stat().st_uid, left.stat().st_mode & 0o7777) == (0, 0o700)
    assert (left / "tmp" / "x").read_text() == "x\n"
    node.inside("rm", "-r", f"/tmp/{left.name}")


def test_where_the_kernel_refuses_nothing_is_run(node, tmp):
    node.answers(answer("/tmp"))
    done = node.call("/bin/echo", "ran", through=("--clear-groups", "--bounding-set=-sys_admin"))
    assert (done.code, done.out, done.err) == (202, "", SYSTEM_FAULT)
    assert done.logged("wants a private /tmp, which cannot be had: no mount namespace, CAP_SYS_ADMIN is needed")


def test_the_cause_is_the_sites(node, tmp):
    node.configure("report_cause = yes")
    node.answers(answer("/no/such/folder"))
    last = node.call("/bin/echo", "ran").err.splitlines()[-1]
    assert last == "[gLExec]: cause class=site reason=no-private-folder code=202"


def test_in_log_only_nothing_is_run(node, tmp):
    node.log_only()
    node.answers(answer("/tmp"))
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out, done.err) == (202, "", SYSTEM_FAULT)
    assert done.logged("a log-only installation may not mount")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/no/such/folder", "No such file"),
        ("/mnt/etc/passwd", "Not a directory"),
        ("/mnt/etc", "is neither the caller's nor writable for everybody"),
        ("/mnt/home/alpha001", "is neither the caller's nor writable for everybody"),
        ("/mnt/link", "Not a directory"),
        ("/mnt/link/below", "symbolic link"),
        ("/tmp/below", "/tmp is writable by others"),
    ],
)
def test_a_folder_that_is_no_scratch_is_a_system_fault(node, tmp, path, why):
    node.path("/link").unlink(missing_ok=True)
    node.path("/link").symlink_to("/tmp")
    node.answers(answer(path))
    done = node.call("/bin/echo", "ran")
    node.path("/link").unlink()
    assert (done.code, done.out, done.err) == (202, "", SYSTEM_FAULT), done
    assert done.logged(f"wants a private {path}")
    assert done.logged(why), done.log


@pytest.mark.parametrize(
    "paths",
    [
        ("tmp",),
        ("/",),
        ("",),
        ("/tmp/",),
        ("//tmp",),
        ("/tmp/../etc",),
        ("/tmp/.",),
        ("/tmp:/etc",),
        ("/tm p",),
        ("/tmp\x07",),
        ("/tm\u00fcp",),
        ("/" + 300 * "x",),
        ("/tmp", "/tmp"),
        ("/tmp", "/tmp/x"),
        ("/var/tmp/x", "/var"),
        tuple(f"/{number}" for number in range(9)),
    ],
)
def test_an_answer_with_a_path_that_is_not_plain_is_not_believed(node, tmp, paths):
    node.answers(answer(*paths))
    done = node.call("/bin/echo", "ran")
    assert (done.code, done.out) == (202, ""), done
    assert done.logged("The answer of lcmaps-account is not usable")


def test_a_refusal_with_private_folders_is_not_believed(node):
    node.answers("dn /CN=Alice\nscratch /tmp\nend\n", code=11)
    assert node.call("/bin/echo", "ran").code == 202


@pytest.mark.usefixtures("private")
def test_a_tmp_of_the_callers_own_is_no_hindrance(node):
    """HTCondor's MOUNT_UNDER_SCRATCH gives the pilot a private /tmp; the original is made for that (its README)."""
    node.inside("mount", "-t", "tmpfs", "-o", "uid=40001,gid=40000,mode=0700", "pilots", "/tmp")
    try:
        done = node.call(*shell("stat -c '%u %a' /tmp; stat -c '%u' \"$X509_USER_PROXY\""))
        assert (done.code, done.out) == (0, "50001 700\n50001\n"), done
        assert list(node.path("/../tmp").iterdir()) == []
    finally:
        node.inside("umount", "/tmp")


@pytest.mark.usefixtures("private")
def test_the_callers_folder_is_kept_where_it_still_can_be_seen(node, tmp):
    node.path("/home/alpha001").chmod(0)
    node.folder("/home/pilot01", uid=40001, gid=40000)
    done = node.call("/bin/pwd", env=quiet())
    assert done.out == "/mnt/home/pilot01\n"


@pytest.mark.usefixtures("private")
def test_a_folder_that_is_hidden_now_is_no_way_out(node, tmp):
    """Started below the real /tmp, the payload of an account without home starts in /, not behind its private /tmp."""
    node.path("/home/alpha001").chmod(0)
    (tmp / "pilots").mkdir()
    (tmp / "pilots").chmod(0o777)
    command = node.command(*shell("pwd; ls -A"), env=quiet())
    inside = command.index("setpriv")
    move = ["sh", "-c", 'cd /tmp/pilots && exec "$@"', "sh"]
    done = subprocess.run(
        [*command[:inside], *move, *command[inside:]], capture_output=True, text=True, timeout=30, check=True
    )
    (tmp / "pilots").rmdir()
    assert done.stdout.startswith("/\n")


def test_the_child_is_told_the_callers_groups(node):
    groups = ("--groups=20011,51000",)
    assert node.call("/bin/true", through=groups).code == 0
    assert "GLEXEC_CALLER_GROUPS=40000,20011,51000\n" in node.seen("environment")
    assert node.call("/bin/true").code == 0
    assert "GLEXEC_CALLER_GROUPS=40000\n" in node.seen("environment")
