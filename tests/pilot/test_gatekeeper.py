"""The gatekeeper's own decisions: what it reads of glexec.conf, what it makes of a job's end, what it does not take."""

import gzip
import json
import os
import pwd
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from testbed.lab.layout import PYTHON
from testbed.lab.wait import eventually
from testbed.model.reasons import REASONS
from testbed.node.gatekeeper.account import Account, Refused, Undecided
from testbed.node.gatekeeper.folder import lay_out
from testbed.node.gatekeeper.job import follow, run
from testbed.node.gatekeeper.mapping import DENIALS, account_of, end_of, settings
from testbed.node.gatekeeper.pilot import AGENT
from testbed.node.gatekeeper.report import judged, tell
from testbed.pilot import factory
from testbed.pilot.payload import Report, State
from testbed.site.load import example
from tests.pilot import tars

HERE = Path(__file__).parents[2] / "testbed" / "node" / "gatekeeper"


def test_it_reads_the_section_of_glexec_conf_and_nothing_beside_it() -> None:
    conf = example("setuid-gridmap").file("glexec.conf")
    assert conf
    text = "lcmaps_db_file = /etc/before.db\n" + conf.content.decode() + "\n[other]\nlcmaps_db_file = /etc/after.db\n"
    read = settings(text)
    assert read["lcmaps_db_file"] == "/etc/lcmaps/lcmaps-glexec.db"
    assert read["lcmaps_get_account_policy"] == "glexec_get_account"
    assert settings('[glexec]\nlcmaps_db_file = "/etc/a.db" # said\n')["lcmaps_db_file"] == "/etc/a.db"


@pytest.mark.parametrize(
    ("out", "code", "why", "state"),
    [
        (b"started 50001 alpha001 node\nhello\n", 3, "", State.ENDED),
        (b"started 50001 alpha001 node\nhel", None, "hung", State.HUNG),
        (b"started 50001 alpha001 node\n", None, "lost", State.LOST),
        (b"sh: no such file\n", 127, "", State.RETURNED),
    ],
)
def test_what_it_tells_of_a_job_is_a_report_that_the_vo_reads(
    capsys: pytest.CaptureFixture[str], out: bytes, code: int, why: str, state: State
) -> None:
    account = Account(50001, 50000, ())
    tell(judged(account, code, out, b"", why))
    report = Report.parse({**json.loads(capsys.readouterr().out), "payload": "payload-1", "pilot": "pilot-1"})
    assert (report.state, report.code) == (state, code)
    assert (report.identity is not None) is (state is not State.RETURNED)
    assert b"started" not in report.out


def test_it_turns_into_a_pilot_as_the_factory_starts_one() -> None:
    assert (*PYTHON, factory.AGENT) == AGENT


@pytest.mark.parametrize("request_", [b"", b"[]", b'{"proxy": "PEM"}', b'{"proxy": "PEM", "job": {}, "orders": {}}'])
def test_a_request_that_makes_no_sense_is_refused(request_: bytes) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", HERE], input=request_, capture_output=True, timeout=10)
    assert done.returncode == 2
    assert b"cannot be read" in done.stderr
    assert not done.stdout


def said(uid: object = 50001, *groups: object) -> bytes:
    """What lcmaps-account writes of an account."""
    lines = (f"uid {uid}", *(f"{word} {gid}" for word, gid in zip(("pgid", "sgid"), groups or (50000,), strict=False)))
    return "\n".join((*lines, "end", "")).encode()


NOT_THE_SITES = {
    "root": said(0),
    "no change, to setresuid": said(2**32 - 1),
    "no change, written otherwise": said(-1),
    "below minimum_uid": said(999),
    "no number": said("0x10"),
    "a number of another script": said("\u0665\u0660\u0660\u0660\u0661"),
    "two uids": said().replace(b"end", b"uid 50002\nend"),
    "root's group": said(50001, 0),
    "root's group beside its own": said(50001, 50000, 0),
    "no change of the group": said(50001, 2**32 - 1),
    "nobody's": said(50001),
    "cut short": said().replace(b"end\n", b""),
}


@pytest.mark.parametrize("case", NOT_THE_SITES)
def test_what_the_switch_would_not_become_runs_no_job(case: str) -> None:
    """As images/worker-node/glexec/account.c and admission.c refuse it; nobody here has uid 50001."""
    keeper = pwd.getpwuid(os.getuid())
    with pytest.raises(Refused):
        account_of(NOT_THE_SITES[case], 0, {}, keeper)


def test_the_account_that_keeps_the_mappings_runs_no_job() -> None:
    """A policy of log-only, such as verify_proxy -> dummy_good, maps everybody to it."""
    keeper = next(one for one in pwd.getpwall() if one.pw_uid not in (0, os.getuid()) and one.pw_gid)
    lowest = {"minimum_uid": "1", "minimum_gid": "1"}
    answer = said(keeper.pw_uid, keeper.pw_gid)
    assert account_of(answer, 0, lowest, pwd.getpwuid(0)).uid == keeper.pw_uid
    with pytest.raises(Refused, match="keeps the mappings"):
        account_of(answer, 0, lowest, keeper)


def test_a_mapping_that_tells_an_account_and_does_not_end_is_ended() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as child:
        assert end_of(child.pid, time.monotonic() + 0.1) == -9


def test_a_job_that_closes_its_outputs_runs_to_its_own_end(tmp_path: Path) -> None:
    script = "echo started; exec >&- 2>&-; /bin/sleep 0.3; exit 7"
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout
        assert process.stderr
        streams = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        assert follow(process, streams, time.monotonic() + 10) == ""
        assert process.poll() == 7


def test_what_a_job_leaves_in_sessions_of_its_own_is_ended(tmp_path: Path) -> None:
    """In a process of its own, since it ends all that has come to it."""
    program = f"""
from testbed.node.gatekeeper.account import Account
from testbed.node.gatekeeper.job import executed
from testbed.node.common.processes import adopt_orphans, children
adopt_orphans()
account = Account({os.getuid()}, {os.getgid()}, {os.getgroups()})
script = "setsid sh -c 'sleep 1000 & echo $!; exec sleep 1000' & read x </dev/null; exit 3"
print(executed(["/bin/sh", "-c", script], {{"PATH": "/usr/bin:/bin"}}, {str(tmp_path)!r}, account, b"", 5.0))
print(children())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    said, left = done.stdout.splitlines()
    assert said.startswith("(3, b'")
    assert said.endswith("'', '; left-over processes were ended: 2')")
    assert left == "[]"
    for pid in said.partition("b'")[2].partition("\\n'")[0].split():
        assert not Path(f"/proc/{pid}").exists()


def test_nobody_comes_into_a_jobs_folder_before_all_in_it_has_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another job of the same account could else put a link in a path, and be given what lies behind it."""
    given: list[Path] = []
    monkeypatch.setattr(os, "chown", lambda path, *_, **__: given.append(path))
    lay_out(tmp_path, Account(50001, 50000, ()), "a proxy", b"")
    assert given == [tmp_path / "x509up", tmp_path]


def test_a_job_is_recorded_with_its_owner_before_it_runs_and_not_run_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.node.gatekeeper.record.SITE_LOG", str(tmp_path / "log"))
    account = Account(os.getuid(), os.getgid(), os.getgroups(), "/DC=org/CN=Alice\n<13>forged")
    job = {"id": "payload-1", "argv": ["/bin/sh", "-c", f"touch {tmp_path}/ran; exit 3"], "limit": 5, "start_limit": 5}
    assert run(account, "a proxy", job)["state"] == "returned"
    assert not (tmp_path / "ran").exists()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.bind(str(tmp_path / "log"))
        site.settimeout(5)
        monkeypatch.setattr("testbed.node.gatekeeper.job.executed", lambda *_: (3, b"", b"", "", "; STILL RUNNING: 7"))
        run(account, "a proxy", job)
        start, end = (site.recv(10_000).decode() for _ in range(2))
    who = f'for "/DC=org/CN=Alice?<13>forged" as {account.name} (uid {account.uid}, gid {account.gid})'
    assert start == f"<13>gatekeeper[{os.getpid()}]: job payload-1 starts {who}"
    assert end == f"<13>gatekeeper[{os.getpid()}]: job payload-1 has ended, code 3; STILL RUNNING: 7, {who}"


@pytest.mark.parametrize("limit", [float("inf"), float("nan"), 0.0, 1e9])
def test_a_job_without_a_limit_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: float) -> None:
    """JSON as Python reads it knows Infinity and NaN, and a VO that has gone bad may say so."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.bind(str(tmp_path / "log"))
        monkeypatch.setattr("testbed.node.gatekeeper.record.SITE_LOG", str(tmp_path / "log"))
        account = Account(os.getuid(), os.getgid(), os.getgroups(), "/DC=org/CN=Alice")
        argv = ["/bin/sh", "-c", f"touch {tmp_path}/ran"]
        job = {"id": "payload-1", "argv": argv, "limit": limit, "start_limit": 0.0}
        assert run(account, "a proxy", job)["state"] == "returned"
    assert not (tmp_path / "ran").exists()


def test_who_ends_a_gatekeeper_ends_its_job_and_leaves_neither_proxy_nor_a_gap_in_the_record(tmp_path: Path) -> None:
    program = f"""
import tempfile
from testbed.node.gatekeeper import record
from testbed.node.gatekeeper.account import Account
from testbed.node.gatekeeper.job import hear_the_end, run
from testbed.node.common.processes import adopt_orphans
tempfile.tempdir, record.SITE_LOG = {str(tmp_path)!r}, {str(tmp_path / "log")!r}
adopt_orphans()
hear_the_end()
account = Account({os.getuid()}, {os.getgid()}, {os.getgroups()})
argv = ["/bin/sh", "-c", "echo $$ >{tmp_path}/pid; exec sleep 60"]
print(run(account, "a proxy", {{"id": "payload-1", "argv": argv, "limit": 60, "start_limit": 5}}))
"""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.bind(str(tmp_path / "log"))
        site.settimeout(5)
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), within=10)
            assert list(tmp_path.glob("job-*/x509up"))
            process.terminate()
            said, _ = process.communicate(timeout=10)
        assert "'state': 'lost'" in said
        assert [" starts " in site.recv(9000).decode(), " has ended, lost," in site.recv(9000).decode()] == [True, True]
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
    assert list(tmp_path.glob("job-*")) == []


REFUSED = 11


def causes(reason: str) -> bytes:
    """What lcmaps-account writes of a user that has no account."""
    lines = ("dn /CN=Alice", *([f"cause {reason}"] if reason else []), "end", "")
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("answer", "code", "decided"),
    [
        (causes("not-mapped"), REFUSED, True),
        (causes("banned"), REFUSED, True),
        (causes(""), REFUSED, True),
        (causes("service-unreachable"), REFUSED, False),
        (causes("pool-exhausted"), REFUSED, False),
        (causes("timed-out"), REFUSED, False),
        (b"", 10, False),
        (b"", 13, False),
        (b"", -9, False),
        (causes("banned").replace(b"end\n", b""), REFUSED, False),
    ],
    ids=repr,
)
def test_an_outage_is_no_denial(answer: bytes, code: int, decided: bool) -> None:
    with pytest.raises(Refused) as refused:
        account_of(answer, code, {}, pwd.getpwuid(os.getuid()))
    assert isinstance(refused.value, Undecided) is not decided
    assert (refused.value.code, refused.value.failure) == ((203, "denied") if decided else (202, "internal"))


def test_what_it_takes_for_a_denial_is_what_the_model_calls_one() -> None:
    """But for denials of the pilot, which calls no switch here; a module that refuses without a word has refused."""
    of_the_caller = {"called-by-root", "caller-not-listed"}
    assert set(DENIALS) == {*REASONS["denied"], "credential-expired", "lcmaps-refused"} - of_the_caller


TOO_MUCH = (1 << 24) + 1
SANDBOXES = {
    "too large": tars.member("big", bytes(TOO_MUCH)),
    "too large once unpacked": gzip.compress(tars.member("big", bytes(TOO_MUCH))),
    "a bomb": gzip.compress(bytes(1 << 28)),
    "cut short": gzip.compress(tars.member("a", b"a"))[:-4],
    "two in one": gzip.compress(tars.member("a", b"a")) * 2,
    "too many": tars.many(),
}


@pytest.mark.parametrize("case", SANDBOXES)
def test_no_sandbox_fills_the_disk_that_root_unpacks_it_on(tmp_path: Path, case: str) -> None:
    account = Account(os.getuid(), os.getgid(), os.getgroups())
    with pytest.raises(tarfile.TarError):
        lay_out(tmp_path, account, "PEM", SANDBOXES[case])
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < TOO_MUCH


def test_a_good_sandbox_is_laid_out(tmp_path: Path) -> None:
    account = Account(os.getuid(), os.getgid(), os.getgroups())
    place = lay_out(tmp_path, account, "PEM", gzip.compress(tars.member("a", b"hello")))
    assert ((tmp_path / "a").read_bytes(), place.read_text()) == (b"hello", "PEM")
