"""What leaves, finds and takes things, as real processes: in namespaces of their own, so that nothing really stays."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from testbed.model.attack import Attack
from testbed.node.probes import finder
from testbed.pilot.probes import probe
from testbed.pilot.stages.after import LEAVER, NEEDS, targets_of
from testbed.pilot.stages.estate import Census, Estate
from testbed.pilot.stages.load import REFUSALS
from testbed.pilot.stages.successor import FINDER
from tests.pilot.probing import NOBODY

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="accounts and namespaces are root's to take")
EPILOGUE = Path(__file__).parents[2] / "testbed" / "node" / "epilogue.py"
ALICE, HOME = 40999, "/var/spool/alice"
MARK, PLACE, KEY = "left-by-the-test", "/dev/shm/place", 0x7E57
HERE = Estate(None, MARK, PLACE, KEY)  # type: ignore[arg-type]  # there is no world around it
NODE = f"""\
set -e
mount -t tmpfs test /tmp
mkdir /tmp/dev && mount --rbind /dev /tmp/dev && mount -t tmpfs -o mode=755 test /dev
for each in null urandom; do touch "/dev/$each" && mount --bind "/tmp/dev/$each" "/dev/$each"; done
mkdir /dev/shm /dev/mqueue && mount -t mqueue test /dev/mqueue
for each in /tmp /var/tmp /dev/shm /var/spool; do mount -t tmpfs -o mode=1777 test "$each"; done
mkdir -m 1777 {PLACE} {HOME}
chown {ALICE} {HOME}
cp /etc/passwd {PLACE}/passwd
echo "alice-of-the-test:x:{ALICE}:{ALICE}::{HOME}:/bin/sh" >>{PLACE}/passwd
mount --bind {PLACE}/passwd /etc/passwd
"""
"""Nothing of it is there for anybody outside. No spool is left to at and cron, where this machine has them."""
PYTHON = "/usr/bin/python3 -S -c"


def on_a_node(script: str, *words: str) -> list[Any]:
    """What a shell's commands print, a JSON line each, where /tmp, processes and segments are the test's own."""
    command = ["unshare", "--mount", "--ipc", "--pid", "--fork", "--mount-proc", "sh", "-c", NODE + script, "sh"]
    done = subprocess.run([*command, *words], capture_output=True, timeout=30, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def become(uid: int) -> str:
    """Words that make a command another account's."""
    home = HOME if uid == ALICE else "/nonexistent"
    return f"setpriv --reuid={uid} --regid={uid} --clear-groups -- env HOME={home}"


LEAVES = f'{become(ALICE)} {PYTHON} "$1" "$2"\n'
LOOKS = f'{PYTHON} "$3" "$4"\n'
COUNTS = f'{PYTHON} "$5" {MARK} {PLACE}\n'


def words() -> tuple[str, ...]:
    """The programs and what they are told."""
    targets = {str(attack): target for attack, target in targets_of(HERE).items()}
    return (
        probe("leaver", *LEAVER).decode(),
        HERE.orders(),
        probe("finder", *FINDER).decode(),
        json.dumps({"targets": targets}),
        probe("census").decode(),
        EPILOGUE.read_text(),
    )


def attempts(found: Any) -> dict[str, str]:
    """Attack -> what it came to."""
    return {attack: finding["attempt"] for attack, finding in found.items()}


def test_what_is_left_is_found_by_the_same_account_and_in_part_by_another() -> None:
    script = LEAVES + f"{become(ALICE)} {LOOKS}{become(NOBODY)} {LOOKS}"
    said, same, other = on_a_node(script, *words())
    assert {thing for thing, word in said.items() if word == "left"} >= set(NEEDS.values()) - {"at-job", "cron-job"}
    assert set(attempts(same).values()) == {"succeeded"}
    own = {Attack.LEFT_FILE, Attack.LEFT_HOME}
    assert attempts(other) == {attack: "blocked" if attack in own else "succeeded" for attack in same}


def test_what_at_and_cron_refuse_is_said_with_their_words() -> None:
    (said,) = on_a_node(LEAVES, *words())
    assert {said["at-job"], said["cron-job"]}.isdisjoint({"left", ""})


def test_a_daemon_that_is_left_answers_and_reads_what_it_is_told() -> None:
    script = (
        f"{LEAVES}{COUNTS}echo over >{PLACE}/ended; echo secret >{PLACE}/it; echo {PLACE}/it >{PLACE}/read\n"
        f"until [ -e {PLACE}/daemon-read ]; do sleep 0.02; done\n{COUNTS}"
    )
    _, before, after = on_a_node(script, *words())
    running = Census(tuple(before["processes"]), (), {}).running("daemon")
    assert running.endswith(f"of uid {ALICE}")
    assert before["answers"] == {}
    assert after["answers"] == {
        "daemon": {"text": "over\n", "uid": ALICE},
        "daemon-read": {"text": "secret\n", "uid": ALICE},
    }


def test_the_epilogue_leaves_nothing_of_the_account_and_all_of_others() -> None:
    said = {"UID": ALICE, "USER": "alice-of-the-test", "HOME": HOME}
    who = " ".join(f"GLEXEC_EPILOG_TARGET_{name}={value}" for name, value in said.items())
    script = f"{become(NOBODY)} touch /tmp/of-another\n{become(ALICE)} ipcmk -Q -S 1 >/dev/null\n"
    script += f'{LEAVES}env {who} /usr/bin/python3 -IS -c "$6"\n'
    script += f"{become(ALICE)} {LOOKS}{COUNTS}ls /tmp | sed 's/.*/\"&\"/'\n"
    script += "tail -q -n +2 /proc/sysvipc/msg /proc/sysvipc/sem | sed 's/.*/\"&\"/'\n"
    _, found, census, *left = on_a_node(script, *words())
    assert set(attempts(found).values()) == {"blocked"}
    assert Census(tuple(census["processes"]), (), {}).running("daemon") == ""
    assert left == ["of-another"]


def test_an_epilogue_touches_no_account_of_the_systems_own() -> None:
    said = {"UID": "0", "USER": "root", "HOME": "/root"}
    env = {f"GLEXEC_EPILOG_TARGET_{name}": value for name, value in said.items()}
    done = subprocess.run(["/usr/bin/python3", "-IS", str(EPILOGUE)], env=env, capture_output=True, timeout=10)
    assert (done.returncode, done.stderr) == (1, b"uid 0 is no account of a user's\n")


def test_an_epilogue_empties_no_home_that_is_not_the_accounts_own() -> None:
    said = {"UID": ALICE, "USER": "alice-of-the-test", "HOME": "/var/spool"}
    who = " ".join(f"GLEXEC_EPILOG_TARGET_{name}={value}" for name, value in said.items())
    script = f'env {who} /usr/bin/python3 -IS -c "$6" 2>&1 | sed \'s/.*/"&"/\'; ls /var/spool | sed \'s/.*/"&"/\'\n'
    refusal, *left = on_a_node(script, *words())
    assert refusal == f"/var/spool does not belong to uid {ALICE}: nothing is removed there"
    assert left == ["alice"]


def test_a_command_that_hangs_ends_neither_its_own_attack_nor_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(finder, "EACH", 0.2)
    hangs, prints = ["/usr/bin/sleep", "9"], ["/usr/bin/echo", MARK]
    whole = {"hangs": [hangs], "hangs-first": [hangs, prints], "prints": [prints], "silent": [["/usr/bin/true"]]}
    targets = {name: {"kind": "run", "commands": commands, "marker": MARK} for name, commands in whole.items()}
    finder.main({"targets": targets})
    found = json.loads(capsys.readouterr().out)
    assert attempts(found) == {
        "hangs": "not tried",
        "hangs-first": "succeeded",
        "prints": "succeeded",
        "silent": "blocked",
    }
    assert "'9']' timed out after" in found["hangs"]["saw"]


def hog(*limits: str, **most: float) -> dict[str, dict[str, Any]]:
    """What a payload gets, when it is given so much."""
    orders = json.dumps({"mark": MARK, "hold": 0.05, "processes": 0, "memory": 0, "disk": 0, "files": 0, **most})
    script = f'{become(NOBODY)} prlimit {" ".join(limits)} {PYTHON} "$1" "$2"; ls /dev/shm | sed "s/.*/\\"&\\"/"'
    taken, *left = on_a_node(script, probe("hog").decode(), orders)
    assert left == ["place"]
    return dict(taken)


def test_a_hog_takes_what_it_gets_and_leaves_nothing() -> None:
    taken = hog(processes=3, memory=2, disk=1, files=5)
    assert {kind: (each["taken"], each["why"]) for kind, each in taken.items()} == {
        "processes": (3, "enough"),
        "memory": (2, "enough"),
        "disk": (1.0, "enough"),
        "files": (5, "enough"),
    }


def test_a_hog_says_what_hindered_it() -> None:
    assert hog("--data=33554432", memory=40)["memory"] == {"taken": 0, "why": "[Errno 12] Cannot allocate memory"}
    taken = hog("--fsize=65536", disk=1)["disk"]
    assert (taken["taken"], taken["why"]) == (0.06, "[Errno 27] File too large")


def needs(limit: int, file: str) -> dict[str, Any]:
    """What somebody needy says."""
    words = (probe("needy").decode(), str(limit), file, f"{file}-too")
    (said,) = on_a_node(f'{become(NOBODY)} {PYTHON} "$1" "$2" "$3" "$4"', *words)
    return dict(said)


def test_who_is_needy_says_what_was_not_met() -> None:
    assert needs(1 << 14, "/tmp/file") == {"process": "", "room": "", "file": ""}
    refused = needs(1, "/proc/file")
    assert any(word in refused["process"] for word in REFUSALS)
    assert refused["room"]
    assert refused["file"]


def test_the_kernel_counts_the_processes_of_an_account() -> None:
    count = needs(0, "/tmp/file")["count"]
    assert 1 <= count < 1 << 14
