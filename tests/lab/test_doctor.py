"""What the doctor makes of what it saw: lines for the reader, causes and remedies."""

import textwrap
from pathlib import Path

import pytest

from testbed.lab.conditions import SETTINGS
from testbed.lab.doctor import engines, firewall, guests, namespaces, network, resources
from testbed.lab.doctor.examination import examination
from testbed.lab.doctor.finding import Check, Finding
from testbed.lab.doctor.mounts import mount_of
from testbed.lab.doctor.set_id import Daemon, why_not
from testbed.lab.doctor.settings import CHANGES, explained, of_mounts
from testbed.model.problem import Problem

OVERLAY = "223 193 0:73 / / rw,relatime master:5 - overlay overlay rw,lowerdir=/a:/b"
PROC = "224 223 0:76 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw"
MOUNTS = f"{OVERLAY}\n{PROC}\n"
STATUS = "Name:\tsh\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t0\n"
SEEN = {"from": "65534", "wanted": "40099", "became": "", "error": "", "status": STATUS, "mounts": MOUNTS}
STRICT = {**SEEN, "status": STATUS.replace("NoNewPrivs:\t0", "NoNewPrivs:\t1")}


def missing() -> str:
    raise Problem("it does not work", found="silence", cause="one\ntwo", remedy="mend it")


def test_a_good_finding_is_one_line() -> None:
    assert str(Check("python", lambda: "Python 3.13").finding()) == "ok  python                 Python 3.13"


def test_a_bad_finding_says_cause_remedy_and_who_suffers_below_its_line() -> None:
    assert str(Check("set-id", missing, modes=("setuid", "vm")).finding()) == textwrap.dedent(
        """\
        no  set-id                 it does not work: silence
              cause:   one
                       two
              remedy:  mend it
              suffers: mode setuid, mode vm"""
    )


def test_what_is_needed_makes_everything_suffer() -> None:
    assert str(Check("engine", missing, needed=True).finding()).endswith("suffers: everything")


def test_a_finding_as_data_has_all_that_its_lines_have() -> None:
    assert Check("set-id", missing, modes=("setuid",)).finding().data == {
        "name": "set-id",
        "good": False,
        "says": "it does not work: silence",
        "cause": "one\ntwo",
        "remedy": "mend it",
        "needed": False,
        "modes": ("setuid",),
    }


def test_the_doctor_does_not_advise_to_call_the_doctor() -> None:
    def failing() -> str:
        raise Problem("no", remedy="make doctor")

    assert Check("x", failing).finding() == Finding("x", False, "no")


def test_the_innermost_and_latest_mount_counts() -> None:
    later = "225 223 0:77 / /usr rw,nosuid - tmpfs tmpfs rw,size=1k\n226 225 0:78 / /usr rw - ext4 /dev/x rw\n"
    assert mount_of("/usr/sbin", MOUNTS + later).kind == "ext4"
    assert mount_of("/usrlocal", MOUNTS + later).point == "/"
    assert mount_of("/a b/c", f"{OVERLAY}\n227 223 0:79 / /a\\040b rw - tmpfs tmpfs rw\n").point == "/a b"


@pytest.mark.parametrize(
    ("engine", "cause", "remedy"),
    [
        (
            Daemon(configuration='{"no-new-privileges" : true}'),
            "/etc/docker/daemon.json says so",
            '"no-new-privileges": false',
        ),
        (
            Daemon(words=("dockerd", "--no-new-privileges")),
            "dockerd was started with --no-new-privileges",
            "take the option away",
        ),
        (Daemon(status="NoNewPrivs:\t1\n"), "dockerd itself was started with it", "NoNewPrivileges="),
        (Daemon(options=("name=no-new-privileges",)), "the engine's default", "the engine's configuration"),
        (
            Daemon(configuration='{"no-new-privileges": false}', words=("dockerd", "--no-new-privileges=false")),
            "by the way they are started",
            "without --security-opt no-new-privileges",
        ),
    ],
)
def test_who_sets_no_new_privs_is_named(engine: Daemon, cause: str, remedy: str) -> None:
    problem = why_not(STRICT, "/usr/sbin", engine)
    assert problem.cause == f"no_new_privs is set in containers: {cause}"
    assert remedy in problem.remedy


def test_a_data_root_without_set_id_is_to_be_remounted() -> None:
    problem = why_not({**SEEN, "mounts": MOUNTS.replace("/ / rw,", "/ / rw,nosuid,")}, "/usr/sbin", Daemon())
    assert problem.cause == "/usr/sbin is on the file system / (overlay), mounted nosuid"
    assert "mount -o remount,suid" in problem.remedy


def test_containers_without_the_capability_to_switch_are_told() -> None:
    problem = why_not({**SEEN, "status": STATUS.replace("a80425fb", "a804257b")}, "/usr/sbin", Daemon())
    assert problem.cause == "containers run without CAP_SETUID"


def test_an_unknown_cause_shows_what_the_program_said() -> None:
    assert "Exec format error" in why_not({**SEEN, "error": "Exec format error"}, "/usr/sbin", Daemon()).cause


def test_the_kernel_setting_that_forbids_user_namespaces_is_named_with_its_command() -> None:
    limits = {"user/max_user_namespaces": "0", "kernel/unprivileged_userns_clone": "1"}
    problem = namespaces.why_not({"user": "unshare failed", "limits": limits})
    assert problem.cause == "user.max_user_namespaces is 0"
    assert problem.remedy == "as root: sysctl -w user.max_user_namespaces=15000"
    assert "no kernel setting" in namespaces.why_not({"user": "unshare failed", "limits": {}}).cause


@pytest.mark.parametrize(
    ("address", "system", "options", "cause"),
    [
        ("ssh://far.example", "Debian", [], "on another machine"),
        ("unix:///home/me/docker.sock", "Docker Desktop", [], "virtual machine of its own"),
        ("unix:///run/user/1000/docker.sock", "Debian", ["name=rootless"], "rootless"),
        ("unix:///var/run/docker.sock", "Debian", ["name=seccomp,profile=default"], "firewall"),
    ],
)
def test_why_containers_are_not_reached(address: str, system: str, options: list[str], cause: str) -> None:
    assert cause in network.why_silent(address, system, options)[0]


def test_one_variant_of_iptables_that_works_is_enough() -> None:
    broken = {"version": "iptables v1.8.11 (nf_tables)", "error": "no nf_tables", "felt": False, "healed": True}
    legacy = {"version": "iptables v1.8.11 (legacy)", "error": "", "felt": True, "healed": True}
    assert "(legacy)" in firewall.verdict({"tried": [broken, legacy]}, "image")
    with pytest.raises(Problem, match="cannot be set"):
        firewall.verdict({"tried": [broken]}, "image")
    with pytest.raises(Problem, match="is not felt"):
        firewall.verdict({"tried": [{**legacy, "felt": False}]}, "image")
    with pytest.raises(Problem, match="no rule can be tried"):
        firewall.verdict({"tried": []}, "image")


def test_each_cause_of_missing_kvm_has_its_own_remedy() -> None:
    causes = ("this machine has no /dev/kvm", "/dev/kvm may not be opened by uid 0", "no guest came up")
    remedies = {guests.kvm_problem(cause).remedy for cause in causes}
    assert len(remedies) == 3
    assert all("emulated" in remedy for remedy in remedies)


def test_too_little_room_or_memory_is_a_no() -> None:
    with pytest.raises(Problem, match=r"only 0\.9 GB"):
        resources.room(900_000_000, resources.ROOM_TO_RUN)
    with pytest.raises(Problem, match=r"1 core, 1\.0 GB"):
        resources.strength(1, 10**9)


def test_security_options_are_told_in_short() -> None:
    options = ["name=seccomp,profile=builtin", "name=userns", "name=rootless"]
    assert engines.described(options) == ["seccomp (builtin)", "userns-remap", "rootless"]


def test_every_setting_is_explained() -> None:
    names = {setting.replace("/", ".") for setting in SETTINGS} | of_mounts(MOUNTS).keys()
    assert names == CHANGES.keys()
    assert len(explained(dict.fromkeys(names, "1"))) == 2 * len(names)


def test_hidepid_and_nosuid_are_read_from_the_mounts() -> None:
    hidden = MOUNTS.replace("- proc proc rw", "- proc proc rw,hidepid=invisible")
    tmp = "228 223 0:80 / /tmp rw,nosuid - tmpfs tmpfs rw\n"
    assert [*of_mounts(MOUNTS).values()] == ["off", "no"]
    assert [*of_mounts(hidden + tmp).values()] == ["invisible", "yes"]


def test_without_an_engine_the_rest_is_still_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    findings, settings = examination()
    found = {finding.name: finding for finding in findings}
    engine = found["engine"]
    assert (engine.good, engine.needed) == (False, True)
    assert engine.cause == f"unix://{tmp_path}/nobody.sock, given by DOCKER_HOST, is silent"
    assert "unset DOCKER_HOST" in engine.remedy
    assert found.keys() >= {"python", "room on disk", "cores and memory", "user namespaces here"}
    assert settings["fs.protected_hardlinks"] == Path("/proc/sys/fs/protected_hardlinks").read_text().strip()
