"""The doctor's trials in real containers: they agree with what docker's own client shows, also where things are bad."""

import dataclasses
import os
import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from testbed.lab.doctor import containers, firewall, guests, namespaces, network, resources, set_id
from testbed.lab.doctor.examination import examination
from testbed.lab.doctor.settings import HIDEPID, NOSUID, settings
from testbed.lab.engine import OWNER, RUN, Engine, Errand
from testbed.lab.images import WORKER_NODE
from testbed.lab.machine.engine import look
from testbed.lab.run import running
from testbed.model.problem import Problem

IMAGE = WORKER_NODE.reference


@pytest.fixture(scope="module")
def engine() -> Engine:
    found = look()
    assert found, "these tests need a container engine: make images"
    return Engine(found.address.url)


@pytest.fixture(scope="module")
def errand(engine: Engine) -> Iterator[Errand]:
    with running(engine) as run:
        yield Errand(IMAGE, (), run.labels)


def docker(engine: Engine, *options: str, script: str) -> subprocess.CompletedProcess[str]:
    """The same machine, seen through docker's own client."""
    command = ["docker", "-H", engine.address, "run", "--rm", "--network=none", "--entrypoint=", *options, IMAGE]
    return subprocess.run([*command, "sh", "-c", script], capture_output=True, text=True, timeout=30)


STRICT = Errand("", (), {}, security=("no-new-privileges",))
NOSUID_FOLDER = Errand("", (), {}, tmpfs={"/usr/sbin": "exec,nosuid"})
NOEXEC_FOLDER = Errand("", (), {}, tmpfs={"/usr/sbin": "noexec,suid"})
OTHER_FOLDER = Errand("", (), {}, tmpfs={"/usr/sbin": "exec,suid"})


def like(errand: Errand, kind: Errand) -> Errand:
    """An errand of our run with the options of another kind."""
    return dataclasses.replace(errand, security=kind.security, tmpfs=kind.tmpfs, capabilities=kind.capabilities)


def options(kind: Errand) -> list[str]:
    """The options of a kind as docker's own client has them."""
    mounts = [f"--tmpfs={folder}:{how}" for folder, how in kind.tmpfs.items()]
    return [f"--security-opt={option}" for option in kind.security] + mounts


@pytest.mark.parametrize(
    ("kind", "shows", "cause"),
    [
        (Errand("", (), {}), r"^0$", ""),
        (OTHER_FOLDER, r"^0$", ""),
        (STRICT, r"^65534$", "no_new_privs is set in containers: by the way they are started"),
        (NOSUID_FOLDER, r"^65534$", "/usr/sbin is on the file system /usr/sbin (tmpfs), mounted nosuid"),
        (NOEXEC_FOLDER, "PermissionError", "/usr/sbin is on the file system /usr/sbin (tmpfs), mounted noexec"),
    ],
    ids=["plain", "another file system", "no-new-privileges", "nosuid", "noexec"],
)
def test_set_id_works_where_docker_shows_it_to_work(
    engine: Engine, errand: Errand, kind: Errand, shows: str, cause: str
) -> None:
    become = "import os; os.setuid(65534); os.execv('/usr/sbin/it', ['id', '-u'])"
    script = f'cp /usr/bin/id /usr/sbin/it && chmod 4755 /usr/sbin/it && python3 -c "{become}" 2>&1'
    assert re.search(shows, docker(engine, *options(kind), script=script).stdout)
    if not cause:
        assert set_id.check(engine, like(errand, kind)) == "uid 65534 became uid 40099 through a set-id-root program"
    else:
        with pytest.raises(Problem, match="does not make an ordinary uid another") as refused:
            set_id.check(engine, like(errand, kind))
        assert refused.value.cause == cause
        assert refused.value.remedy


def test_user_namespaces_are_allowed_where_docker_shows_them_to_be(engine: Engine, errand: Errand) -> None:
    script = "setpriv --reuid=65534 --clear-groups unshare --user true"
    plain = docker(engine, script=script).returncode == 0
    freed = docker(engine, "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined", script=script)
    if plain:
        assert namespaces.check_containers(engine, errand).startswith("an ordinary account may")
    elif freed.returncode == 0:
        assert namespaces.check_containers(engine, errand).startswith("only with --security-opt seccomp=unconfined")
    else:
        with pytest.raises(Problem, match="may not make a user namespace"):
            namespaces.check_containers(engine, errand)


def test_a_payload_has_namespaces_where_the_node_has_the_filter_for_it(engine: Engine, errand: Errand) -> None:
    assert containers.check(engine, errand).startswith("a container ran in ")


def test_a_filter_that_forbids_namespaces_is_named_as_the_cause(
    engine: Engine, errand: Errand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers.namespaces, "security", tuple)  # Docker's own filter
    with pytest.raises(Problem) as refused:
        containers.check(engine, errand)
    assert "a system call filter or a security module forbids it" in refused.value.cause
    assert refused.value.remedy == "let accounts of the node make user namespaces"


def test_a_rule_is_felt_where_the_image_has_iptables(engine: Engine, errand: Errand) -> None:
    if docker(engine, script="command -v iptables").returncode == 0:
        assert "is felt, and heals" in firewall.check(engine, errand)
    else:
        with pytest.raises(Problem) as refused:
            firewall.check(engine, errand)
        assert refused.value.cause == f"the image {IMAGE} has no iptables"


def test_a_kvm_device_that_opens_and_does_nothing_is_a_no(engine: Engine, errand: Errand) -> None:
    began = time.monotonic()
    with pytest.raises(Problem) as refused:
        guests.check_kvm(engine, errand, "/dev/null:/dev/kvm")
    assert "opens, but no guest" in refused.value.cause
    assert "emulated" in refused.value.remedy
    assert time.monotonic() - began < guests.LIMIT


def test_a_machine_without_kvm_is_a_no(engine: Engine, errand: Errand) -> None:
    with pytest.raises(Problem) as refused:
        guests.check_kvm(engine, errand, "/dev/there-is-no-such-kvm")
    assert refused.value.cause == "the engine's machine has no /dev/there-is-no-such-kvm"


def test_an_address_is_reached_and_its_network_removed(engine: Engine, errand: Errand) -> None:
    assert re.search(r"its own address, [\d.]+$", network.check(engine, errand))
    assert not engine.api.networks(filters={"label": f"{RUN}={errand.labels[RUN]}"})


def test_room_is_what_df_shows(engine: Engine, errand: Errand) -> None:
    free = int(docker(engine, script="df --block-size=1 --output=avail /").stdout.split()[1])
    said = float(resources.check_room(engine, errand).split()[0])
    assert said == pytest.approx(free / resources.GB, abs=1.5)


def test_settings_are_those_of_the_kernel_that_containers_run_on(engine: Engine, errand: Errand) -> None:
    script = "sysctl -n fs.protected_hardlinks 2>/dev/null || cat /proc/sys/fs/protected_hardlinks"
    plain = settings(engine, errand)
    assert plain["fs.protected_hardlinks"] == docker(engine, script=script).stdout.strip()
    assert (plain[HIDEPID], plain[NOSUID]) == ("off", "no")
    assert settings(engine, dataclasses.replace(errand, tmpfs={"/tmp": "nosuid"}))[NOSUID] == "yes"


def test_a_container_that_does_not_end_is_given_up_and_gone(engine: Engine, errand: Errand) -> None:
    began = time.monotonic()
    with pytest.raises(Problem, match="did not end within 1 s"):
        engine.output(IMAGE, ["sleep", "60"], errand.labels, limit=1)
    assert time.monotonic() - began < 10
    assert not engine.api.containers(all=True, filters={"label": f"{RUN}={errand.labels[RUN]}"})


def test_an_examination_finds_everything_out_and_leaves_nothing(engine: Engine) -> None:
    before = _ours(engine)
    findings, seen = examination()
    names = [finding.name for finding in findings]
    assert len(names) == len(set(names)) == 14
    assert [finding.name for finding in findings if finding.needed and not finding.good] == []
    assert all(finding.good or (finding.cause and finding.remedy) for finding in findings)
    assert HIDEPID in seen
    assert _ours(engine) <= before


def _ours(engine: Engine) -> set[str]:
    """The containers and networks of this process: tests before this one may keep worlds warm."""
    things = engine.api.containers(all=True, filters={"label": RUN}) + engine.api.networks()
    return {thing["Id"] for thing in things if f" {os.getpid()} " in (thing["Labels"] or {}).get(OWNER, "")}
