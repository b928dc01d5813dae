"""What the pilot does around its calls of the switch: asks, tries again, mends, renews, brings back, clears up."""

import ctypes
import io
import json
import os
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from testbed.credentials.certificate import Validity
from testbed.credentials.proxy import make_proxy
from testbed.lab.wait import eventually
from testbed.model.answers import MultiUser, OnInternalError
from testbed.model.condition import Condition
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.node.agent import report
from testbed.node.agent.bypass import own_objection
from testbed.node.agent.means import Means
from testbed.node.agent.sandbox import Sandbox
from testbed.node.agent.task import Task
from testbed.pilot import outputs
from testbed.pilot.account import Account
from testbed.pilot.history import Change
from testbed.pilot.needs import Offer
from testbed.pilot.order import Order
from testbed.pilot.payload import Payload, Report, State
from tests.pilot import tars
from tests.pilot.conftest import Grid, Side

SHELL = "/bin/sh"
LIMIT = 20.0
UNAVAILABLE = "echo '[gLExec]: cause class=unavailable reason=service-silent code=203' >&2; exit 203"
UNTRACEABLE = "echo '[gLExec]: cause class=untraceable reason=no-record code=202' >&2; exit 202"
ALLOWED = {"retries": 0, "retry_delay": 0.01, "start_limit": 5.0}


def run(side: Side, payload: Payload, mode: Mode = Mode.SETUID, **order: object) -> Report:
    """Run one payload by a pilot of its own."""
    ident = side.vo.submit(payload)
    pilot = side.vo.start_pilot(Order(mode, **{**ALLOWED, **order}))  # type: ignore[arg-type]
    report = side.vo.wait(ident, limit=LIMIT)
    end = side.vo.wait_for_pilot(pilot, limit=LIMIT)
    assert end.code == 0, end.err.decode()
    return report


def shell(script: str, **parts: object) -> Payload:
    return Payload("alice", (SHELL, "-c", script), **parts)  # type: ignore[arg-type]


def account(report: Report) -> Account:
    assert report.account is not None
    return report.account


def history(side: Side, ident: str) -> list[Change]:
    return list(side.vo.history(ident)[2])


@pytest.fixture
def site(side: Side, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The site takes the pilot's lines."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path_factory.mktemp("log") / "log"))
        side.node.changes["site_log"] = log.getsockname()
        yield


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("for_the_pilot", "canary", "failure"),
    [
        ("exit 0", "passed", "denied"),
        ("exit 203", "failed", "internal"),
        (UNAVAILABLE, "failed", "internal"),
        ("echo '[gLExec]: cause class=denied reason=banned code=203' >&2; exit 203", "denied", "denied"),
        ("exit 201", "denied", "denied"),
        ("exec sleep 1000", "failed", "internal"),
    ],
)
def test_a_canary_tells_a_denial_from_an_outage(
    side: Side, script: Callable[[str], str], for_the_pilot: str, canary: str,
    failure: str,
) -> None:  # fmt: skip
    calls = Path(script("true"))
    switch = script(f'echo "$GLEXEC_ID" >>{calls}; test "$GLEXEC_ID" = canary && {{ {for_the_pilot}; }}; exit 203')
    side.node.changes |= {"switch": switch, "call_limit": 0.5}
    report = run(side, shell("echo ran"), on_internal_error=OnInternalError.YES)
    assert (report.canary, report.failure, account(report).canary) == (canary, failure, canary)
    assert report.bypassed is (failure == "internal")
    assert report.state is (State.ENDED if report.bypassed else State.RETURNED)
    assert calls.read_text().splitlines()[2:] == [report.payload, "canary"]


@pytest.mark.usefixtures("site")
def test_after_an_internal_error_the_switch_is_called_again_so_often_and_no_oftener(
    side: Side, script: Callable[[str], str]
) -> None:
    side.node.changes["switch"] = script(UNAVAILABLE)
    report = run(side, shell("echo ran"), retries=3)
    assert (report.state, report.failure) == (State.RETURNED, "internal")
    told = account(report)
    assert [(call.code, call.failure, call.cause) for call in told.calls] == 4 * [
        (203, "internal", "unavailable service-silent")
    ]
    assert (told.retries, told.ruling) == (3, "question 4 is answered no")


def test_a_switch_that_works_again_is_enough(side: Side, script: Callable[[str], str], tmp_path: Path) -> None:
    side.node.changes["switch"] = script(f'test -e {tmp_path}/tried && exec "$@"; touch {tmp_path}/tried; exit 202')
    report = run(side, shell("echo ran"), retries=2)
    assert (report.state, report.separated, report.out) == (State.ENDED, True, b"ran\n")
    assert [call.failure for call in account(report).calls] == ["internal", "payload"]


def test_no_call_is_made_again_that_could_not_start_in_time(side: Side, script: Callable[[str], str]) -> None:
    side.node.changes["switch"] = script("exit 202")
    began = time.monotonic()
    report = run(side, shell("echo ran"), retries=5, retry_delay=100.0)
    assert (report.state, len(account(report).calls)) == (State.RETURNED, 1)
    assert time.monotonic() - began < 4


def test_a_pilot_whose_own_call_was_wrong_mends_it_once(
    side: Side, script: Callable[[str], str], tmp_path: Path, grid: Grid
) -> None:
    """M: the switch finds fault with the call (201); the credentials are put in their places anew."""
    spoil = f'test -e {tmp_path}/tried || {{ touch {tmp_path}/tried; chmod 644 "$GLEXEC_CLIENT_CERT"; exit 201; }}'
    look = 'test "$(stat -c %a "$GLEXEC_CLIENT_CERT")" = 600 || exit 201; exec "$@"'
    side.node.changes["switch"] = script(f"{spoil}; {look}")
    report = run(side, shell("echo ran"))
    assert (report.state, report.out, account(report).mended) == (State.ENDED, b"ran\n", True)
    assert [call.failure for call in account(report).calls] == ["misused", "payload"]
    side.node.changes["switch"] = script("exit 201")
    report = run(side, shell("echo ran"), on_internal_error=OnInternalError.YES)
    assert (report.state, report.failure, len(account(report).calls)) == (State.RETURNED, "misused", 2)


@pytest.mark.usefixtures("site")
def test_a_user_who_was_let_in_gets_no_by_pass_by_failing_then(side: Side, script: Callable[[str], str]) -> None:
    """Who sees the folder's name in /proc can be there first; and what runs beside it as the same user can end it."""
    side.node.changes["switch"] = script('mkdir -p "$5"; exec "$@"')
    report = run(side, shell("echo ran"), on_internal_error=OnInternalError.YES, retries=1)
    assert (report.state, report.code, report.failure) == (State.RETURNED, 126, "internal")
    assert (account(report).retries, "had let the user in" in account(report).ruling) == (1, True)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("slots", [1, 2])
def test_a_pilot_with_several_payloads_at_once_runs_none_itself(
    side: Side, script: Callable[[str], str], slots: int
) -> None:
    """It could not hide its workers' proxies, nor those of the other payloads' users."""
    side.node.changes |= {"switch": script(UNAVAILABLE), "slots": slots}
    report = run(
        side, shell('cat "${X509_USER_PROXY%/*/*/*}"/*/private/pilot.pem'), on_internal_error=OnInternalError.YES
    )
    assert report.bypassed is (slots == 1)
    assert ("several payloads at once" in account(report).ruling) is (slots == 2)
    assert report.out == b""


def test_while_its_proxy_is_hidden_no_process_of_the_same_account_may_look_into_a_pilot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its memory has the proxy as well. Whoever owns the files of a process in /proc may read them (proc(5))."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sandbox, dumpable = Sandbox("a proxy"), partial(ctypes.CDLL(None).prctl, 3, 0, 0, 0, 0)
    assert dumpable() == 1
    with sandbox.proxy_hidden(report.Account()):
        assert (dumpable(), sandbox.proxy.exists()) == (0, False)
    assert (dumpable(), sandbox.proxy.read_text()) == (1, "a proxy")


def test_the_proxy_stays_hidden_from_what_still_runs_of_a_payload_that_the_pilot_ran_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What forks faster than it is looked for is not ended, and has the pilot's account."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sandbox, account, libc = Sandbox("a proxy"), report.Account(), ctypes.CDLL(None)
    try:
        with sandbox.proxy_hidden(account):
            account.remaining = "7 of uid 1000"
        assert (libc.prctl(3, 0, 0, 0, 0), sandbox.proxy.exists()) == (0, False)
    finally:
        libc.prctl(4, 1, 0, 0, 0)


@pytest.mark.usefixtures("site")
def test_a_payload_that_closes_its_pilots_folder_is_reported_all_the_same(
    side: Side, script: Callable[[str], str]
) -> None:
    """One that the pilot runs itself has its account, and may put anything in the place of its files."""
    side.node.changes["switch"] = script(UNAVAILABLE)
    take = 'cd "${X509_USER_PROXY%/*}" && rm -f ./* && mkdir pilot.new "${X509_USER_PROXY##*/}" && echo taken'
    report = run(side, shell(take), on_internal_error=OnInternalError.YES)
    assert (report.state, report.bypassed, report.out) == (State.ENDED, True, b"taken\n")
    assert not list(Path(tempfile.gettempdir()).glob("pilot-*/private/pilot*"))


def test_no_folder_is_too_deep_to_be_removed_with_the_proxies_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payload of the pilot's account may leave one that no path leads into (PATH_MAX, 4096)."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sandbox = Sandbox("a proxy")
    at = os.open(sandbox.folder, os.O_RDONLY)
    for _ in range(2500):
        os.mkdir("deep", dir_fd=at)
        below = os.open("deep", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    sandbox.remove()
    left = list(tmp_path.iterdir())
    subprocess.run(["/bin/rm", "-rf", *left], check=True)  # pytest could not
    assert left == []


@pytest.mark.usefixtures("site")
def test_a_pilot_whose_time_is_up_gives_back_what_it_could_not_run_to_its_end(
    side: Side, script: Callable[[str], str]
) -> None:
    """It would start the payload itself, end it at once, and report it as hung."""
    side.node.changes |= {"switch": script("exec sleep 1000"), "start_limit": 5.0}  # longer than the VO reckons with
    ident = side.vo.submit(shell("exit 0", limit=0.3))
    pilot = side.vo.start_pilot(Order(Mode.SETUID, OnInternalError.YES, limit=1.0, start_limit=0.2, retries=0))
    report = side.vo.wait(ident, limit=LIMIT)
    side.vo.wait_for_pilot(pilot, limit=LIMIT)
    assert (report.state, "the time of the pilot is up" in account(report).ruling) == (State.RETURNED, True), report


def test_what_may_yet_start_is_not_run_by_the_pilot_as_well(tmp_path: Path) -> None:
    """A part of the switch that nobody could end, of a call that ran nothing."""
    orders = SimpleNamespace(mode="setuid", proxy="", notes=tmp_path / "notes", limit=9.0, slots=1, careless="")
    means = Means.of(orders, None, None, SimpleNamespace(ending=""))  # type: ignore[arg-type]
    for remaining, why in (("7 of uid 0", "may yet start"), ("", "")):
        task = Task(None, None, report.Account(remaining=remaining), 0.0)  # type: ignore[arg-type]
        assert why in (found := own_objection(means, task))
        assert bool(found) is bool(remaining)


@pytest.mark.skipif(os.geteuid() != 0, reason="another account can be taken by root only")
@pytest.mark.usefixtures("site")
def test_a_user_who_was_let_in_gets_no_by_pass_by_stopping_then(side: Side, script: Callable[[str], str]) -> None:
    """A process of the same user can stop the payload's shell before its first word."""
    side.node.changes["switch"] = script("setpriv --reuid 65534 --clear-groups sleep 1000 & wait")
    report = run(side, shell("echo ran"), on_internal_error=OnInternalError.YES, start_limit=0.5)
    assert (report.state, report.code, report.failure) == (State.RETURNED, None, "internal")
    assert "had let the user in" in account(report).ruling


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("needs_trace", [True, False])
def test_what_nobody_could_record_is_not_run_where_the_site_demands_glexec(
    side: Side, script: Callable[[str], str], needs_trace: bool
) -> None:
    side.node.changes["switch"] = script(UNTRACEABLE)
    report = run(side, shell("echo ran"), on_internal_error=OnInternalError.YES, needs_trace=needs_trace)
    assert (report.failure, report.bypassed) == ("traceless", not needs_trace)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        (Condition(causes=("service-silent",)), [True]),
        (Condition(causes=("unavailable",), runs_at_most=1), [True, False]),
        (Condition(owners=("/DC=org/DC=testbed/O=People/CN=Alice Tester",), pilots_at_most=1), [True]),
        (Condition(roles=("production",)), [False]),
        (Condition(well_within=1), [False]),
    ],
)
def test_depends_means_what_the_conditions_say(
    side: Side, script: Callable[[str], str], condition: Condition, runs: list[bool]
) -> None:
    side.node.changes["switch"] = script(UNAVAILABLE)
    answer = {"on_internal_error": OnInternalError.DEPENDS, "on_internal_error_if": (condition,)}
    seen = [run(side, shell("echo ran"), **answer) for _ in runs]
    assert [report.bypassed for report in seen] == runs, seen[-1].why
    told = account(seen[-1])
    assert (told.bypass if runs[-1] else told.ruling).startswith("question 4 is answered depends, ")


@pytest.mark.usefixtures("site")
def test_a_switch_that_has_worked_lately_can_be_a_condition(
    side: Side, script: Callable[[str], str], tmp_path: Path
) -> None:
    side.node.changes["switch"] = script(f'test -e {tmp_path}/broken || exec "$@"; {UNAVAILABLE}')
    answer = {"on_internal_error": OnInternalError.DEPENDS, "on_internal_error_if": (Condition(well_within=1),)}
    assert run(side, shell("echo ran"), **answer).separated
    (tmp_path / "broken").touch()
    assert run(side, shell("echo ran"), **answer).bypassed


NOT_MANY = [
    (MultiUser.NO, (), ()),
    (MultiUser.DEPENDS, (Condition(vos=("beta",)), Condition(roles=("production",))), ("alice-production",)),
    (MultiUser.DEPENDS, (Condition(owners=("/DC=org/DC=testbed/O=People/CN=Bob Tester",)),), ("bob",)),
]


@pytest.mark.parametrize(("answer", "conditions", "whose"), NOT_MANY)
def test_a_pilot_fetches_no_more_than_question_1_allows(
    side: Side, answer: MultiUser, conditions: tuple[Condition, ...], whose: tuple[str, ...]
) -> None:
    owners = ("alice", "bob", "alice-production")
    waiting = {name: side.vo.submit(Payload(name, ("/usr/bin/id",))) for name in owners}
    pilot = side.vo.start_pilot(Order(Mode.NONE, multi_user_pilots=answer, multi_user_pilots_if=conditions))
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    ran = {name for name, ident in waiting.items() if side.vo.wait(ident, limit=0.001).state is State.ENDED}
    assert ran == set(whose)
    kept = {name for name, ident in waiting.items() if history(side, ident)[-1].state is State.QUEUED}
    assert kept == set(owners) - set(whose)


@pytest.mark.parametrize(("answer", "conditions", "whose"), NOT_MANY[:2])
def test_what_a_queue_hands_out_against_question_1_is_returned_and_never_run(
    side: Side, monkeypatch: pytest.MonkeyPatch, answer: MultiUser, conditions: tuple[Condition, ...],
    whose: tuple[str, ...],
) -> None:  # fmt: skip
    """The queue is broken on purpose: it heeds no offer."""
    monkeypatch.setattr(Offer, "takes", lambda *anybody: True)
    owners = ("alice", "bob", "alice-production")
    waiting = {name: side.vo.submit(Payload(name, ("/usr/bin/id",))) for name in owners}
    pilot = side.vo.start_pilot(Order(Mode.NONE, multi_user_pilots=answer, multi_user_pilots_if=conditions))
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    for name, ident in waiting.items():
        report = side.vo.wait(ident, limit=1)
        assert report.state is (State.ENDED if name in whose else State.RETURNED)
        assert (report.identity is None, report.out == b"") == (name not in whose, name not in whose)
        assert ("question 1" in report.why) is (name not in whose)


def renewed(side: Side, grid: Grid, hours: int) -> bytes:
    """Alice hands in a proxy that lasts longer."""
    new = make_proxy(grid.people["alice"], validity=Validity.lasting(timedelta(hours=hours))).pem
    side.caller(grid.proxy("alice")).renew("alice", new)
    return new


WAITS = """
sha256sum <"$X509_USER_PROXY"; until test -e "$0"; do cat "$X509_USER_PROXY" >"$0.seen"; sleep 0.02; done
cat "$X509_USER_PROXY"; stat -c %a "$X509_USER_PROXY"
"""


@pytest.mark.parametrize("mode", [Mode.NONE, Mode.LOG_ONLY, Mode.SETUID])
def test_a_renewed_proxy_reaches_the_payload_that_runs(
    side: Side, grid: Grid, script: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory, mode: Mode
) -> None:
    go = tmp_path_factory.mktemp("go") / "go"
    # What the real one does (images/worker-node/glexec/target_proxy.c): a copy of the source at the target, renamed.
    copy = 'new=$GLEXEC_TARGET_PROXY.new; umask 077; cp "$GLEXEC_SOURCE_PROXY" $new && mv $new "$GLEXEC_TARGET_PROXY"'
    side.node.changes["switch"] = script(
        f'test "$GLEXEC_TARGET_PROXY" = /dev/null || {{ {copy}; }}; '
        'test $# = 0 || X509_USER_PROXY=$GLEXEC_TARGET_PROXY exec "$@"'
    )
    ident = side.vo.submit(Payload("alice", (SHELL, "-c", WAITS, str(go))))
    side.vo.start_pilot(Order(mode))
    side.vo.wait(ident, limit=LIMIT, until="output")
    new = renewed(side, grid, 30 + list(Mode).index(mode))
    deadline = time.monotonic() + 10
    while (go.with_name("go.seen").read_bytes() != new) and time.monotonic() < deadline:
        time.sleep(0.02)
    go.touch()
    report = side.vo.wait(ident, limit=LIMIT)
    assert report.out.partition(b"\n")[2] == new + b"600\n"
    assert (account(report).renewals, account(report).renewal) == (1, "")


def test_a_proxy_that_cannot_be_brought_is_told(side: Side, grid: Grid, script: Callable[[str], str]) -> None:
    """A site that makes no copies (create_target_proxy = no), and one whose switch refuses meanwhile."""
    for switch, why in (
        ('exec "$@"', "no copy of the old one"),
        ('test $# = 0 && exit 203; : >>"$GLEXEC_TARGET_PROXY"; exec "$@"', "the switch ended with 203"),
    ):
        side.node.changes["switch"] = script(switch)
        until = 'until ! cmp -s "$GLEXEC_CLIENT_CERT" old; do sleep 0.02; done'
        ident = side.vo.submit(shell(f'cp "$GLEXEC_CLIENT_CERT" old; echo ready; {until}'))
        pilot = side.vo.start_pilot(Order(Mode.SETUID))
        side.vo.wait(ident, limit=LIMIT, until="output")
        renewed(side, grid, 40 + len(why))
        told = account(side.vo.wait(ident, limit=LIMIT))
        assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
        assert (told.renewals, why in told.renewal) == (0, True), told


FILES = """
mkdir -p data/deep; echo one >result-1.txt; echo two >result-2.txt; echo deep >data/deep/file; chmod 700 result-2.txt
ln -s /etc/passwd result-3.txt; echo no >other; ln other result-4.txt; mkfifo result-5.txt
ln -s /etc way; head -c 4000000 /dev/zero >big
"""


@pytest.mark.parametrize("mode", [Mode.NONE, Mode.SETUID])
def test_outputs_come_back_by_name_and_nothing_else_does(
    side: Side, script: Callable[[str], str], tmp_path: Path, mode: Mode
) -> None:
    side.node.changes["switch"] = script('cd /; exec "$@"')
    names = ("result-*.txt", "data", "way/hostname", "big", "missing")
    payload = shell(FILES, outputs=names)
    report = run(side, payload, mode)
    assert report.state is State.ENDED, report
    archive = side.vo.outputs(report.payload)
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        found = {member.name: members.extractfile(member).read() for member in members}  # type: ignore[union-attr]
        modes = {member.name: member.mode for member in members}
    assert found == {"result-1.txt": b"one\n", "result-2.txt": b"two\n", "data/deep/file": b"deep\n"}
    assert (modes["result-1.txt"], modes["result-2.txt"]) == (0o644, 0o755)
    told = account(report)
    assert (told.files, told.bytes) == (3, len(archive))
    for name in ("result-3.txt", "result-4.txt", "result-5.txt", "way/hostname", "big", "missing"):
        assert name in told.left_out, told.left_out
    place = tmp_path / "unpacked"
    assert outputs.unpacked(archive, place) == list(found)
    assert (place / "data" / "deep" / "file").read_text() == "deep\n"
    with pytest.raises(Problem, match="written over"):
        outputs.unpacked(archive, place)


def test_outputs_are_for_their_owner(side: Side, grid: Grid) -> None:
    report = run(side, shell("echo mine >result", outputs=("result",)), Mode.NONE)
    assert side.caller(grid.proxy("alice")).outputs(report.payload)
    with pytest.raises(Problem):
        side.caller(grid.proxy("bob")).outputs(report.payload)


def test_more_outputs_than_are_brought_back_are_counted(side: Side) -> None:
    report = run(side, shell("for n in $(seq 150); do echo $n >$n; done", outputs=("*",)), Mode.NONE)
    assert account(report).files == 100
    assert "at most 100 files" in account(report).left_out


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "-x", "", "a\nb", 7, "x" * 201])
def test_an_output_that_leads_elsewhere_is_refused(name: object) -> None:
    said = {**shell("true").json(), "outputs": [name]}
    with pytest.raises(Problem, match="output"):
        Payload.parse(said)


@pytest.mark.usefixtures("site")
def test_a_payload_that_the_pilot_runs_itself_cannot_have_its_proxy_brought_back(
    side: Side, script: Callable[[str], str]
) -> None:
    """By a link to where the pilot's proxy will be again, once it need not be hidden."""
    side.node.changes["switch"] = script("exit 202")
    link = 'ln -s "${X509_USER_PROXY%/*}/pilot.pem" link; ln -s "${X509_USER_PROXY%/*}" folder'
    payload = shell(link, outputs=("link", "folder", "folder/pilot.pem", "folder/*"))
    report = run(side, payload, on_internal_error=OnInternalError.YES)
    assert (report.bypassed, account(report).files, side.vo.outputs(report.payload)) == (True, 0, b"")


def test_what_a_payload_has_closed_against_itself_is_removed(
    side: Side, script: Callable[[str], str], tmp_path: Path
) -> None:
    copy = 'test "$GLEXEC_TARGET_PROXY" = /dev/null || : >"$GLEXEC_TARGET_PROXY"'
    side.node.changes["switch"] = script(f'{copy}; exec "$@"')
    report = run(side, shell("mkdir -p a/b && touch a/b/c && chmod 0 a/b a && pwd"))
    assert not Path(report.out.decode().strip()).exists()
    assert (account(report).leftovers, account(report).left) == (0, "")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("payload-")] == []


@pytest.mark.parametrize("lost", ["line", "VO"])
def test_a_pilot_that_loses_its_line_or_its_vo_leaves_nothing_of_its_payload(
    side: Side, script: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    def left() -> list[str]:
        return [path.name for path in tmp_path.iterdir() if path.name.startswith(("payload-", "pilot-"))]

    copy = 'test "$GLEXEC_TARGET_PROXY" = /dev/null || : >"$GLEXEC_TARGET_PROXY"'
    side.node.changes["switch"] = script(f'{copy}; exec "$@"')
    ident = side.vo.submit(shell("touch file; echo ready; exec sleep 60"))
    pilot = side.vo.start_pilot(Order(Mode.SETUID))
    side.vo.wait(ident, limit=LIMIT, until="output")
    assert len(left()) == 3, "the payload's folder, its proxy, and the pilot's folder"
    if lost == "line":
        side.vo.stop_pilot(pilot)
    else:
        monkeypatch.setattr("testbed.pilot.server._answer", lambda *_, **__: None)  # no answer is sent any more
    assert eventually(lambda: not left(), within=LIMIT)


def test_a_count_that_is_none_is_not_believed(side: Side, script: Callable[[str], str]) -> None:
    """What clears up runs as the payload's account, and others of its processes can write to its outputs."""
    side.node.changes["switch"] = script('case "$4" in clear) printf %09999d 7; exit ;; esac; exec "$@"')
    report = run(side, shell("touch a b"))
    assert (report.state, account(report).leftovers) == (State.ENDED, -1)


def test_more_outputs_than_the_vo_takes_are_left_out(side: Side, script: Callable[[str], str]) -> None:
    side.node.changes["switch"] = script('case "$5" in --pack) exec head -c 4000000 /dev/zero ;; esac; exec "$@"')
    report = run(side, shell("echo result", outputs=("*",)))
    assert (report.state, account(report).files, side.vo.outputs(report.payload)) == (State.ENDED, 0, b"")
    assert "more than" in account(report).left_out


def test_a_sandbox_is_closed_to_others_once_its_payload_has_started(
    side: Side, script: Callable[[str], str], tmp_path: Path
) -> None:
    side.node.changes["switch"] = script('exec "$@"')
    look = f'cat input; until test "$(stat -c %a {tmp_path}/pilot-*/payload-*)" = 700; do sleep 0.02; done'
    report = run(side, shell(look, sandbox=tars.member("input", b"given\n"), limit=5.0))
    assert (report.state, report.code, report.out) == (State.ENDED, 0, b"given\n")


def test_what_cannot_be_removed_is_counted_and_told(side: Side, script: Callable[[str], str]) -> None:
    """The switch works for the payload, and not for clearing up after it."""
    side.node.changes["switch"] = script(f'case "$4" in clear) {UNAVAILABLE} ;; esac; exec "$@"')
    report = run(side, shell("touch a b; pwd"))
    told = account(report)
    assert told.leftovers == -1
    place = report.out.decode().strip()
    assert place in told.left
    assert "203 (unavailable service-silent)" in told.left
    assert {path.name for path in Path(place).iterdir()} == {"a", "b"}


def test_an_account_survives_its_way_and_is_told_in_words(side: Side) -> None:
    report = run(side, shell("exit 3"), Mode.NONE)
    told = account(report)
    assert Account.parse(json.loads(json.dumps(told.json()))) == told
    assert told.taken <= told.started <= told.ended
    assert next(told.lines()).startswith("took ")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"calls": [{}]}, "in full"),
        ({"calls": "x"}, "calls"),
        ({"taken": True}, "taken"),
        ({"taken": 10**400}, "taken"),
        ({"files": -(10**20)}, "files"),
        ({"left": "x" * 2001}, "left"),
        ({"ended": 10**400}, "ended"),
        ({"ended": float("nan")}, "ended"),
        ({"leftovers": -(10**16)}, "leftovers"),
        ({"unheard": 1}, "unheard"),
        ([1], "another shape"),
    ],
)
def test_an_account_of_another_shape_is_refused(said: object, what: str) -> None:
    with pytest.raises(Problem) as raised:
        Account.parse(said)
    assert what in str(raised.value)


def test_outputs_are_not_put_through_a_link_that_leads_out_of_their_folder(tmp_path: Path) -> None:
    archive, place = io.BytesIO(), tmp_path / "outputs"
    with tarfile.open(fileobj=archive, mode="w") as members:
        members.addfile(tarfile.TarInfo("result"))
    place.mkdir()
    (place / "result").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problem, match="cannot be written"):
        outputs.unpacked(archive.getvalue(), place)
    assert not (tmp_path / "elsewhere").exists()
