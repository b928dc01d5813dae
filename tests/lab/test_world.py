"""Worlds: ready soon, clean after a reset, thrown away when they are not, their evidence kept."""

import dataclasses
import json
import re
import tarfile
import time
from pathlib import Path

import pytest

from testbed.lab import layout, namespaces
from testbed.lab.engine import Spec
from testbed.lab.pool import Pool
from testbed.lab.session import IMAGES, Lab
from testbed.lab.wait import eventually
from testbed.lab.world import SECRETS, LeasedWorld, root_connection
from testbed.model.entry import Entry, tar
from testbed.model.problem import Problem
from testbed.pilot.caller import Caller
from testbed.site.load import example
from tests.load import slowness

SITE = example("setuid-gridmap")


def test_a_reset_world_has_nothing_of_its_past(world: LeasedWorld) -> None:
    first = Caller(world.node, world.site, world.grid).call("/usr/bin/id", "-un").text
    script = "setsid sleep 4720 >/dev/null 2>&1 & echo x >$HOME/.bashrc; echo x >/tmp/left; echo x >/dev/shm/left"
    Caller(world.node, world.site, world.grid).call("/usr/bin/dash", "-c", script)
    assert world.node.run(["ls", f"/home/{first}/.bashrc", "/tmp/left"], limit=5).code == 0
    assert world.reset() == []
    assert world.node.run(["ls", "-A", f"/home/{first}"], limit=5).text == ""
    assert world.node.run(["sh", "-c", "ls -A /tmp /dev/shm | grep left"], limit=5).code == 1
    assert world.node.run(["sh", "-c", "ls /etc/grid-security/gridmapdir | grep %"], limit=5).code == 1
    assert world.node.run(["sh", "-c", "grep -lzx '[4]720' /proc/[0-9]*/cmdline"], limit=5).code != 0
    assert world.node.run(["cat", "/var/log/glexec.log"], limit=5).text == ""


def test_nothing_that_processes_share_outlives_a_reset(world: LeasedWorld) -> None:
    """Each is its maker's, whom root of a container cannot take it from."""
    account = world.site.pilot_accounts[0].name
    make = "ipcmk -M 4096 -p 600 && ipcmk -S 2 && ipcmk -Q && touch /dev/mqueue/left"
    look = ["sh", "-c", "tail -q -n +2 /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg; ls -A /dev/mqueue"]
    for user in ("root", account):
        world.node.run(["sh", "-c", f"{make}-by-{user}"], user=user, limit=5).check()
    assert len(world.node.run(look, limit=5).text.splitlines()) == 8
    assert world.reset() == []
    assert world.node.run(look, limit=5).text == ""


OPEN = "find / ( -path /proc -o -path /sys ) -prune -o -type d -perm -0002 -print"
"""The folders of a node that everybody may write."""
LEAVE = 'for each; do mkdir "$each/left" && echo x >"$each/left/file"; done'
COUNT = 'for each; do ls -d "$each/left" 2>/dev/null; done; true'


def test_no_folder_that_everybody_may_write_keeps_anything_through_a_reset(world: LeasedWorld) -> None:
    folders = [path for path in world.node.run(OPEN.split(), limit=5).text.split() if path != "/dev/mqueue"]
    assert {"/tmp", "/var/tmp", "/dev/shm"} <= set(folders)
    world.node.run(["sh", "-c", LEAVE, "sh", *folders], user="pilot01", limit=5).check()
    assert world.reset() == []
    assert world.node.run(["sh", "-c", COUNT, "sh", *folders], limit=5).text == ""


def test_a_pilot_names_what_a_payload_left_in_any_folder_that_everybody_may_write(world: LeasedWorld) -> None:
    folders = world.node.run(OPEN.split(), limit=5).text.split()
    world.node.run(["sh", "-c", 'for each; do touch "$each/named"; done', "sh", *folders], user="alpha001", limit=5)
    looks = "import sys; sys.path.append(sys.argv[1]); from node.agent.removal import left_elsewhere as left"
    command = [*layout.PYTHON, "-c", f"{looks}; print(*left(50001, 0.0))", layout.NODE.removesuffix("/node")]
    named = world.node.run(command, user="pilot01", limit=5).text.split()
    assert sorted(named) == sorted(f"{folder}/named" for folder in folders)
    assert world.reset() == []


def test_no_folder_that_everybody_may_write_keeps_anything_through_an_epilogue(world: LeasedWorld) -> None:
    folders = [path for path in world.node.run(OPEN.split(), limit=5).text.split() if path != "/dev/mqueue"]
    world.node.run(["sh", "-c", LEAVE, "sh", *folders], user="alpha001", limit=5).check()
    said = {"UID": "50001", "USER": "alpha001", "HOME": "/home/alpha001"}
    env = {f"GLEXEC_EPILOG_TARGET_{name}": value for name, value in said.items()}
    world.node.run([f"{layout.NODE}/epilogue.py"], env=env, limit=10).check()
    assert world.node.run(["sh", "-c", COUNT, "sh", *folders], limit=5).text == ""


@pytest.mark.parametrize(
    "dirt",
    [
        "echo >>/etc/glexec.conf",
        "chmod 4755 /usr/sbin/glexec",
        "touch /etc/new",
        "rm /etc/grid-security/gridmapdir/alpha001",
    ],
)
def test_a_world_that_stays_changed_is_thrown_away(lab: Lab, dirt: str) -> None:
    pool = Pool(lab.engine, lab.run, lab.grid, IMAGES)
    with pool.lease(SITE) as first:
        first.node.run(["sh", "-c", dirt], limit=5).check()
    with pool.lease(SITE) as second:
        assert second.worker.ident != first.worker.ident
    assert len(pool.thrown) == 1
    pool.close()


def test_a_clean_world_is_leased_again(lab: Lab) -> None:
    pool = Pool(lab.engine, lab.run, lab.grid, IMAGES)
    idents = set()
    for _ in range(3):
        with pool.lease(SITE) as world:
            world.node.run(["sh", "-c", "echo x >/tmp/left"], user="pilot01", limit=5).check()
            idents.add(world.worker.ident)
    pool.close()
    assert len(idents) == 1


def test_worlds_that_were_leased_at_once_are_kept_and_stopped_in_the_end(lab: Lab) -> None:
    pool = Pool(lab.engine, lab.run, lab.grid, IMAGES)
    pairs = []
    for _ in range(2):
        with pool.lease(SITE) as one, pool.lease(SITE) as other:
            pairs.append({one.worker.name, other.worker.name})
    assert len(pairs[0]) == 2
    assert pairs[0] == pairs[1]
    pool.close()
    assert not any(lab.engine.state(name) for name in pairs[0])


def test_evidence_holds_the_logs_and_the_nodes_etc(world: LeasedWorld, tmp_path: Path) -> None:
    Caller(world.node, world.site, world.grid).call("/usr/bin/true")
    assert eventually(lambda: "vo: ready" in world.pilot.logs(), within=60, every=0.1)
    world.evidence(tmp_path)
    assert "mapped_user(alpha" in (tmp_path / "worker-node" / "var" / "log" / "glexec.log").read_text()
    with tarfile.open(tmp_path / "worker-node" / "etc.tar") as etc:
        names = {f"/{name}" for name in etc.getnames()}
    assert {"/etc", "/etc/glexec.conf", "/etc/passwd"} <= names
    assert all(name.startswith("/etc") for name in names)
    assert not names & set(SECRETS)
    assert "vo: ready" in (tmp_path / "pilot.log").read_text()


def test_a_world_that_does_not_get_ready_shows_its_last_words(lab: Lab) -> None:
    network = f"testbed-{lab.run.ident}-unready"
    lab.engine.network(network, lab.run.labels)
    broken = Entry("/etc/ssh/sshd_config", b"NoSuchOption yes\n")
    tree = tar([*layout.worker_node(SITE, lab.grid, "worker-node"), broken])
    spec = Spec(IMAGES["worker-node"], network, "worker-node", network, lab.run.labels, tree)
    container = lab.engine.start(spec)
    with pytest.raises(Problem, match="did not become ready") as caught:
        root_connection(container, "worker-node", lab.grid, within=2)
    assert "NoSuchOption" in str(caught.value)


def test_no_container_is_privileged_or_has_more_than_the_default_capabilities(world: LeasedWorld) -> None:
    for container in (world.worker, world.pilot):
        settings = container.settings()
        assert settings["Privileged"] is False
        assert not settings["CapAdd"]
        assert not settings["SecurityOpt"]
        assert not settings["Devices"]


def test_a_site_may_have_a_worker_node_that_mounts_and_has_no_other_privilege(lab: Lab) -> None:
    """The switch mounts there for payloads, past Docker's system call filter, which stays."""
    site = dataclasses.replace(SITE, capabilities=("SYS_ADMIN",))
    with lab.pool.lease(site) as world:
        settings = world.worker.settings()
        assert (settings["Privileged"], settings["CapAdd"]) == (False, ["SYS_ADMIN"])
        assert settings["SecurityOpt"] == ["apparmor=unconfined"]
        assert not settings["Devices"]
        assert not world.pilot.settings()["CapAdd"]
        unshare = ["unshare", "--mount", "mount", "--bind", "/var/tmp", "/tmp"]
        assert world.node.run(unshare, limit=5).code == 0


def test_a_site_may_have_a_worker_node_whose_accounts_make_namespaces_and_nothing_else(lab: Lab) -> None:
    """The filter is another, nothing is uncovered: root of the node reaches no more of its machine than before."""
    with lab.pool.lease(example("logonly-gridmap")) as world:
        settings = world.worker.settings()
        assert (settings["Privileged"], settings["CapAdd"]) == (False, None)
        assert not settings["Devices"]
        filter_of_node, profile = settings["SecurityOpt"]
        assert json.loads(filter_of_node.removeprefix("seccomp=")) == json.loads(namespaces.FILTER.read_text())
        assert profile == "apparmor=unconfined"
        assert "/proc/sys" in settings["ReadonlyPaths"]
        assert "/proc/kcore" in settings["MaskedPaths"]
        for path in ("/proc/sys/kernel/core_pattern", f"{namespaces.PLACE}/proc/sys/kernel/core_pattern"):
            assert world.node.run(["sh", "-c", 'echo x >"$0"', path], limit=5).code != 0
        assert world.node.run(["ls", f"{namespaces.PLACE}/proc"], user="pilot01", limit=5).code != 0
        assert namespaces.why_not(world.node, "pilot01") == ""
        world.kill_node()
        world.replace_node()
        assert namespaces.why_not(world.node, "pilot01") == ""
        made_of = world.worker_node()  # a node that was restarted has the folders already
        namespaces.show_processes(lab.engine, world.worker, made_of.image, made_of.labels)
        assert namespaces.shows_processes(world.worker)


def test_a_node_that_cannot_be_given_a_second_proc_says_why_it_has_no_containers(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespaces, "MOUNT", "echo nothing can be mounted today >&2; exit 32")
    pool = Pool(lab.engine, lab.run, lab.grid, IMAGES)
    with pool.lease(example("logonly-gridmap")) as world:
        why_not = namespaces.why_not(world.node, "pilot01", world.unshown)
    pool.close()
    assert why_not.startswith("no fresh /proc: ")
    assert "cannot be shown to user namespaces: exit code 32" in why_not
    assert why_not.endswith("nothing can be mounted today")


def test_dockers_own_filter_lets_no_account_make_namespaces(world: LeasedWorld) -> None:
    assert "a system call filter or a security module forbids it" in namespaces.why_not(world.node, "pilot01")


def test_what_a_world_is_called_says_whose_it_is(lab: Lab, world: LeasedWorld) -> None:
    assert re.fullmatch(rf"testbed-{lab.run.ident}-\d+-worker-node", world.worker.name)


def test_a_worker_node_is_up_and_ready_in_half_a_second(lab: Lab) -> None:
    """From its container's start until root is in; the best of some: the machine may be busy."""
    network = f"testbed-{lab.run.ident}-stopwatch"
    lab.engine.network(network, lab.run.labels)
    tree = tar(layout.worker_node(SITE, lab.grid, "worker-node"))
    spec = Spec(IMAGES["worker-node"], network, "worker-node", network, lab.run.labels, tree)

    def seconds() -> float:
        container = lab.engine.start(spec)
        try:
            root_connection(container, "worker-node", lab.grid).close()
            return time.monotonic() - container.began
        finally:
            container.stop()

    assert eventually(lambda: seconds() <= 0.5 * slowness(), within=30)
