"""mkgltempdir -r removes what mkgltempdir has made, the target's part through glexec, and nothing else."""

import pytest

NOT_MAPPED = "dn /CN=Alice\nend\n"


@pytest.fixture
def made(pilot, base):
    """A folder of the target's."""
    return pilot.mkgltempdir(base).path


def private(path):
    return path.rsplit("/", 2)[0]


def test_an_empty_folder_goes_with_all_around_it(pilot, base, made, content):
    done = pilot.mkgltempdir("-r", made)
    assert (done.code, done.out, done.err) == (0, b"", b"")
    assert content(base) == []


def test_an_empty_folder_goes_even_when_glexec_no_longer_lets_the_user_in(pilot, base, made, content, node):
    node.answers(NOT_MAPPED, code=11)
    assert pilot.mkgltempdir("-r", made).code == 0
    assert content(base) == []


@pytest.mark.parametrize("left", ["touch file", "mkdir folder", "ln -s /etc link", "touch .hidden", "mkfifo fifo"])
def test_a_folder_that_is_not_empty_stays_without_force(pilot, made, look, left):
    pilot.as_target("/bin/sh", "-c", f"cd {made} && {left}")
    before = [look(made), look(private(made))]
    done = pilot.mkgltempdir("-r", made)
    assert (done.code, done.out, b"is not empty" in done.err) == (1, b"", True), done
    assert [look(made), look(private(made))] == before


LEFTOVERS = [
    "touch file; mkdir -p a/b/c; touch a/b/c/d",
    "mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 0 a",
    "mkdir a; touch a/b; chmod 0 .",
    'touch -- "-rf" "$(printf "new\\nline")" "$(printf "\\377")"',
    "ln -s /mnt/home/pilot01 link; ln -s /nowhere other",
    "mkfifo fifo; touch read-only; chmod 0 read-only",
    "i=0; while [ $i -lt 300 ]; do mkdir d; cd -P d; i=$((i+1)); done",
]


@pytest.mark.parametrize("left", LEFTOVERS)
@pytest.mark.parametrize("order", ["-r -f PATH", "-r PATH -f", "-f -r PATH"])
def test_with_force_all_that_the_payload_left_goes(pilot, base, made, content, left, order):
    """`-r PATH -f` is the order of PanDA's pilot."""
    assert pilot.as_target("/bin/sh", "-c", f"cd {made} && {left}").code == 0
    done = pilot.mkgltempdir(*(made if word == "PATH" else word for word in order.split()))
    assert (done.code, done.out, done.err) == (0, b"", b""), done
    assert content(base) == []
    assert pilot.run("/bin/cat", "/mnt/home/pilot01/alice.pem").code == 0


def test_with_force_what_the_pilot_left_goes_too(pilot, base, content):
    path = pilot.mkgltempdir("-t", "777", base).path
    pilot.run("/bin/sh", "-c", f"cd {path} && umask 022 && mkdir -p a/b && touch a/b/c && touch ../beside ../../beside")
    pilot.as_target("/bin/sh", "-c", f"cd {path} && mkdir mine && touch mine/file && chmod 0700 .")
    done = pilot.mkgltempdir("-r", path)
    assert (done.code, b"is not empty" in done.err) == (1, True), done
    done = pilot.mkgltempdir("-r", "-f", path)
    assert (done.code, done.err) == (0, b""), done
    assert content(base) == []


def test_what_a_third_account_left_stays_and_is_told(pilot, base, node):
    path = pilot.mkgltempdir("-t", "777", base).path
    node.inside("setpriv", "--reuid=50002", "--regid=50000", "--clear-groups", "mkdir", "-p", f"{path}/theirs/inner")
    done = pilot.mkgltempdir("-r", "-f", path)
    assert (done.code, b"could not be emptied" in done.err) == (1, True), done
    assert node.path(f"{path.removeprefix('/mnt')}/theirs/inner").exists()


def test_when_glexec_says_no_a_full_folder_stays_and_its_code_is_passed_on(pilot, made, look, node):
    pilot.as_target("/bin/touch", f"{made}/file")
    before = [look(made), look(made.rpartition("/")[0]), look(private(made))]
    node.answers(NOT_MAPPED, code=11)
    done = pilot.mkgltempdir("-r", "-f", made)
    assert (done.code, b"[gLExec]" in done.err) == (203, True), done
    assert [look(made), look(made.rpartition("/")[0]), look(private(made))] == before


def test_in_log_only_it_goes_too(pilot, base, content, node):
    node.log_only()
    path = pilot.mkgltempdir(base).path
    pilot.as_target("/bin/touch", f"{path}/file")
    assert pilot.mkgltempdir("-r", path).code == 1
    assert pilot.mkgltempdir("-r", "-f", path).code == 0
    assert content(base) == []


def test_what_is_left_of_a_folder_whose_inner_part_is_gone_is_removed(pilot, base, made, content):
    pilot.run("/bin/rmdir", made)
    assert pilot.mkgltempdir("-r", made).code == 0
    assert content(base) == []


def test_a_link_in_the_place_of_the_folder_is_removed_and_not_followed(pilot, base, made, content):
    pilot.run(
        "/bin/sh", "-c", f"rmdir {made} && mkdir {base}/keep && touch {base}/keep/file && ln -s {base}/keep {made}"
    )
    assert pilot.mkgltempdir("-r", made).code == 1
    assert pilot.mkgltempdir("-r", "-f", made).code == 0
    assert (content(base), content(f"{base}/keep")) == (["keep"], ["file"])


@pytest.mark.parametrize(
    ("path", "code"),
    [("/mnt/home/pilot01", 1), ("/tmp", 1), ("/", 2), ("", 2), ("relative", 2), ("/mnt/home/pilot01/no/such", 1)],
)
def test_another_folder_is_not_removed(pilot, node, path, code):
    done = pilot.mkgltempdir("-r", "-f", path)
    assert (done.code, done.out) == (code, b""), done
    assert node.path("/home/pilot01/alice.pem").exists()


def test_a_folder_that_only_looks_like_one_is_not_removed(pilot, base, made, content):
    pilot.run("/bin/sh", "-c", f"mkdir -p {base}/other/sticky/target {base}/gltmpdir.x/other/target")
    for path in (f"{base}/other/sticky/target", f"{base}/gltmpdir.x/other/target", f"{made}/..", private(made)):
        assert pilot.mkgltempdir("-r", "-f", path).code == 1, path
    assert len(content(base)) == 3


def test_a_folder_of_the_systems_is_not_removed(pilot, node):
    node.inside("mkdir", "-p", "/tmp/gltmpdir.system/sticky/target")
    done = pilot.mkgltempdir("-r", "-f", "/tmp/gltmpdir.system/sticky/target")
    assert (done.code, b"none that this account has made" in done.err) == (1, True), done
    node.inside("rm", "-r", "/tmp/gltmpdir.system")


def test_anothers_folder_is_not_removed(pilot, made, node, look):
    node.write("/home/pilot02/alice.pem", "proxy", mode=0o600, owner="pilot02")
    before = look(made)
    done = pilot.mkgltempdir(
        "-r", "-f", made, account="pilot02", env={"GLEXEC_CLIENT_CERT": "/mnt/home/pilot02/alice.pem"}
    )
    assert (done.code, done.out) == (1, b""), done
    assert look(made) == before


@pytest.mark.parametrize("arguments", [("-r",), ("-r", "-t", "700", "PATH"), ("-r", "-m", "711", "PATH")])
def test_a_call_that_cannot_be_meant_is_refused(pilot, made, look, arguments):
    before = look(made)
    assert pilot.mkgltempdir(*(made if word == "PATH" else word for word in arguments)).code == 2
    assert look(made) == before
