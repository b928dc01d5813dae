"""The pilot job as a real process of this machine, against a real VO."""

import contextlib
import getpass
import json
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.lab.wait import eventually
from testbed.model.answers import OnInternalError
from testbed.model.condition import Condition
from testbed.model.mode import Mode
from testbed.model.problem import Problem
from testbed.pilot.order import Order
from testbed.pilot.payload import Identity, Payload, Report, State
from tests.pilot.conftest import AGENT_HERE, Grid, Side

HERE = Identity(os.getuid(), getpass.getuser(), socket.gethostname())
SHELL = "/bin/sh"
LIMIT = 20.0


def run(
    side: Side, *argv: str, stdin: bytes = b"", limit: float = 10, mode: Mode = Mode.NONE, **order: object
) -> Report:
    """Run one payload of Alice's by a pilot of its own."""
    payload = side.vo.submit(Payload("alice", argv, stdin, limit))
    pilot = side.vo.start_pilot(Order(mode, **{"start_limit": 5, "retries": 0, **order}))  # type: ignore[arg-type]
    report = side.vo.wait(payload, limit=LIMIT)
    end = side.vo.wait_for_pilot(pilot, limit=LIMIT)
    assert end.code == 0, end.err.decode()
    return report


@contextlib.contextmanager
def site_log(side: Side, folder: Path) -> Iterator[socket.socket]:
    """The site's log, which takes the pilot's lines."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(5)
        site.bind(str(folder / "log"))
        side.node.changes["site_log"] = str(folder / "log")
        yield site


def test_a_payload_runs_as_the_pilot_and_the_pilot_says_so(side: Side) -> None:
    report = run(side, "/usr/bin/id", "-u")
    assert (report.state, report.code, report.separated) == (State.ENDED, 0, False)
    assert report.identity == HERE
    assert report.out == b"%d\n" % os.getuid()
    assert "unseparated" in report.why


def test_a_pilot_is_started_so_that_nothing_in_its_accounts_home_has_a_say_in_it(side: Side) -> None:
    """What these flags keep out is in tests/test_folders.py: start files that a payload has left (threat A14)."""
    report = run(side, SHELL, "-c", 'tr "\\0" "\\n" </proc/$PPID/cmdline')
    assert report.out.decode().splitlines()[1:] == ["-I", "-S", str(AGENT_HERE), report.pilot]


def test_whatever_a_started_payload_ends_with_it_has_run(side: Side) -> None:
    codes = [0, 1, 126, 127, 201, 202, 203, 204, 255]
    payloads = [side.vo.submit(Payload("alice", (SHELL, "-c", f"exit {code}"))) for code in codes]
    side.vo.start_pilot(Order(Mode.NONE))
    reports = [side.vo.wait(payload, limit=LIMIT) for payload in payloads]
    assert [(report.state, report.code) for report in reports] == [(State.ENDED, code) for code in codes]


def test_a_payload_ended_by_a_signal_has_run(side: Side) -> None:
    assert run(side, SHELL, "-c", "kill -9 $$").code == 128 + 9


def test_words_of_a_command_arrive_as_they_are(side: Side) -> None:
    words = ["a b", "$HOME", "'", '"', "*", "", "é"]
    assert run(side, "/usr/bin/printf", "%s|", *words).out.decode() == "".join(f"{word}|" for word in words)


def test_input_reaches_the_payload_unread_by_the_handshake(side: Side) -> None:
    data = bytes(range(256)) * 1000
    assert run(side, "/bin/cat", stdin=data).out == data
    assert run(side, "/usr/bin/python3", "-", "x", stdin=b"import sys; print(sys.argv)").out == b"['-', 'x']\n"


def test_the_payload_has_its_users_proxy_which_is_gone_afterwards(side: Side, grid: Grid) -> None:
    command = 'cat "$X509_USER_PROXY"; ls -l "$X509_USER_PROXY" >&2'
    report = run(side, SHELL, "-c", command)
    assert report.out == grid.proxy("alice")
    mode, path = re.match(rb"(\S+) .* (\S+)\n", report.err).groups()  # type: ignore[union-attr]
    assert mode.startswith(b"-rw-------")
    assert not Path(path.decode()).exists()


def test_output_beyond_the_bound_is_dropped_and_does_not_stop_the_payload(side: Side) -> None:
    report = run(side, SHELL, "-c", "head -c 3000000 /dev/zero; echo done >&2")
    assert report.code == 0
    assert 1_000_000 < len(report.out) <= 1 << 20
    assert report.err == b"done\n"


def test_several_payloads_run_one_after_the_other_and_nothing_is_left(side: Side, tmp_path: Path) -> None:
    payloads = [
        side.vo.submit(Payload(user, (SHELL, "-c", f"echo {user}; touch f"))) for user in ("alice", "bob", "alice")
    ]
    pilot = side.vo.start_pilot(Order(Mode.NONE))
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    assert [side.vo.wait(payload, limit=1).out for payload in payloads] == [b"alice\n", b"bob\n", b"alice\n"]
    assert list(tmp_path.iterdir()) == []


def test_a_start_and_first_lines_are_reported_while_the_payload_runs(side: Side) -> None:
    payload = side.vo.submit(Payload("alice", (SHELL, "-c", "echo ready; exec sleep 60")))
    side.vo.start_pilot(Order(Mode.NONE))
    assert side.vo.wait(payload, limit=LIMIT, until="start").identity == HERE
    seen = side.vo.wait(payload, limit=LIMIT, until="output")
    assert (seen.state, seen.out) == (State.STARTED, b"ready\n")
    side.vo.stop(payload)
    report = side.vo.wait(payload, limit=LIMIT)
    assert (report.state, report.code) == (State.ENDED, 128 + signal.SIGTERM)
    assert "stopped as the VO asked" in report.why


def test_a_payload_beyond_its_limit_is_ended_with_all_its_processes(side: Side, alive: Callable[[int], bool]) -> None:
    stubborn = "trap '' TERM; setsid sleep 1000 & echo $!; sleep 1000 & echo $!; while :; do sleep 1000; done"
    report = run(side, SHELL, "-c", stubborn, limit=0.5)
    assert report.state is State.HUNG
    assert report.code is None
    pids = [int(word) for word in report.out.split()]
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)
    assert "left-over processes were ended" in report.why


def test_what_a_payload_leaves_running_is_ended(side: Side, alive: Callable[[int], bool]) -> None:
    report = run(side, SHELL, "-c", "setsid sleep 1000 & echo $!")
    assert report.state is State.ENDED
    assert not alive(int(report.out))
    assert "left-over processes were ended: 1" in report.why


def test_a_pilot_that_adopts_nobody_ends_nothing_that_a_payload_leaves(
    side: Side, alive: Callable[[int], bool]
) -> None:
    report = run(side, SHELL, "-c", "setsid sleep 1000 >/dev/null 2>&1 & echo $!", adopts=False)
    left = int(report.out)
    try:
        assert alive(left)
        assert "left-over" not in report.why
    finally:
        os.kill(left, signal.SIGKILL)


def test_hanging_up_on_a_pilot_ends_its_payload(side: Side, alive: Callable[[int], bool], tmp_path: Path) -> None:
    payload = side.vo.submit(Payload("alice", (SHELL, "-c", "echo $$; exec sleep 1000")))
    pilot = side.vo.start_pilot(Order(Mode.NONE))
    pid = int(side.vo.wait(payload, limit=LIMIT, until="output").out)
    side.vo.stop_pilot(pilot)
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 143
    assert side.vo.wait(payload, limit=LIMIT).state is State.LOST
    assert not alive(pid)
    assert list(tmp_path.iterdir()) == []


def test_a_pilot_that_is_killed_loses_its_payload(side: Side, alive: Callable[[int], bool]) -> None:
    payload = side.vo.submit(Payload("alice", (SHELL, "-c", "echo $$; exec sleep 2")))
    pilot = side.vo.start_pilot(Order(Mode.NONE))
    side.vo.wait(payload, limit=LIMIT, until="start")
    side.node.lines[-1].signal(signal.SIGKILL)
    assert side.vo.wait(payload, limit=LIMIT).state is State.LOST
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == -signal.SIGKILL


def test_a_payload_that_has_ended_when_its_pilot_is_hung_up_on_is_not_lost(
    side: Side, alive: Callable[[int], bool], tmp_path_factory: pytest.TempPathFactory
) -> None:
    word = tmp_path_factory.mktemp("word") / "go"
    waits = f"echo $$; while [ ! -e {word} ]; do sleep 0.01; done; exit 17"
    payload = side.vo.submit(Payload("alice", (SHELL, "-c", waits)))
    pilot = side.vo.start_pilot(Order(Mode.NONE))
    pid = int(side.vo.wait(payload, limit=LIMIT, until="output").out)
    side.node.lines[-1].signal(signal.SIGSTOP)
    word.touch()
    assert eventually(lambda: not alive(pid), within=LIMIT)
    side.vo.stop_pilot(pilot)
    side.node.lines[-1].signal(signal.SIGCONT)
    report = side.vo.wait(payload, limit=LIMIT)
    assert (report.state, report.code) == (State.ENDED, 17)


def test_a_pilot_that_gets_sigterm_ends_and_says_so(side: Side) -> None:
    payload = side.vo.submit(Payload("alice", (SHELL, "-c", "exec sleep 1000")))
    pilot = side.vo.start_pilot(Order(Mode.NONE))
    side.vo.wait(payload, limit=LIMIT, until="start")
    side.node.lines[-1].signal(signal.SIGTERM)
    report = side.vo.wait(payload, limit=LIMIT)
    assert (report.state, "SIGTERM" in report.why) == (State.LOST, True)
    assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 143


CANARY_SINGS = 'test "$GLEXEC_ID" = canary && exit 0; '
"""A switch that works for the pilot itself."""


def test_a_payload_that_did_not_start_goes_back_whatever_question_4_says(
    side: Side, script: Callable[[str], str]
) -> None:
    side.node.changes["switch"] = script(f"{CANARY_SINGS}echo '[gLExec]: no' >&2; shift $(($# - 1)); exit $1")
    codes = {126: "denied", 127: "denied", 201: "misused", 203: "denied", 1: "denied", 204: "denied"}
    payloads = [side.vo.submit(Payload("alice", ("/usr/bin/id", str(code)))) for code in codes]
    side.vo.start_pilot(Order(Mode.SETUID, OnInternalError.YES))
    for payload, (code, failure) in zip(payloads, codes.items(), strict=True):
        report = side.vo.wait(payload, limit=LIMIT)
        assert (report.state, report.code, report.identity, report.out) == (State.RETURNED, code, None, b"")
        assert report.err == b"[gLExec]: no\n"
        assert (report.failure, report.canary) == (failure, "" if code == 201 else "passed")


def test_a_missing_switch_gives_the_payload_back(side: Side) -> None:
    side.node.changes["switch"] = "/nonexistent/glexec"
    report = run(side, "/usr/bin/id", mode=Mode.LOG_ONLY)
    assert (report.state, report.code, report.failure) == (State.RETURNED, 127, "internal")


@pytest.mark.parametrize(
    ("answer", "conditions"),
    [
        (OnInternalError.NO, (Condition(causes=("untold",)),)),
        (OnInternalError.DEPENDS, ()),
        (OnInternalError.DEPENDS, (Condition(owners=("/CN=Bob",)), Condition(causes=("service-silent",)))),
        (OnInternalError.DEPENDS, (Condition(causes=("untold",), well_within=5),)),
    ],
)
def test_after_an_internal_error_the_payload_goes_back_unless_the_site_says_yes(
    side: Side, script: Callable[[str], str], answer: OnInternalError, conditions: tuple[Condition, ...]
) -> None:
    side.node.changes["switch"] = script("exit 202")
    report = run(side, "/usr/bin/id", mode=Mode.SETUID, on_internal_error=answer, on_internal_error_if=conditions)
    assert (report.state, report.code) == (State.RETURNED, 202)


CAUSES = {
    "class=unavailable reason=service-silent code=203": True,
    "class=undecided reason=service-undecided code=203": True,
    "class=undecided reason=lcmaps-refused code=203": False,
    "class=unavailable reason=account-missing code=203": False,
    "class=denied reason=denied code=203": False,
    "class=denied reason=service-silent code=203": False,
    "class=unavailable reason=service-silent code=201": False,
    "class=unavailable reason=service-silent code=203 and more": False,
}


@pytest.mark.parametrize("told", CAUSES)
@pytest.mark.parametrize("answer", OnInternalError)
def test_a_refusal_is_an_internal_error_where_the_switch_says_that_nobody_decided(
    side: Side, script: Callable[[str], str], tmp_path: Path, told: str, answer: OnInternalError
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.bind(str(tmp_path / "log"))
        switch = script(
            f"{CANARY_SINGS}echo '[gLExec]: something else' >&2; echo '[gLExec]: cause {told}' >&2; exit 203"
        )
        side.node.changes |= {"switch": switch, "site_log": str(tmp_path / "log")}
        report = run(side, "/usr/bin/id", mode=Mode.SETUID, on_internal_error=answer)
    bypassed = CAUSES[told] and answer is OnInternalError.YES
    assert (report.state, report.code) == ((State.ENDED, 0) if bypassed else (State.RETURNED, 203))
    assert report.bypassed is bypassed
    assert ("by-pass after 203" in report.why) is bypassed


def test_a_cause_that_is_not_the_last_word_is_none(side: Side, script: Callable[[str], str]) -> None:
    line = "[gLExec]: cause class=unavailable reason=service-silent code=203"
    side.node.changes["switch"] = script(f"{CANARY_SINGS}echo '{line}' >&2; echo '[gLExec]: no' >&2; exit 203")
    report = run(side, "/usr/bin/id", mode=Mode.SETUID, on_internal_error=OnInternalError.YES)
    assert (report.state, report.code) == (State.RETURNED, 203)


@pytest.mark.parametrize(
    ("answer", "conditions"),
    [(OnInternalError.YES, ()), (OnInternalError.DEPENDS, (Condition(causes=("untold",), runs_at_most=1),))],
)
def test_a_by_pass_is_recorded_unseparated_and_out_of_the_pilots_proxys_reach(
    side: Side, script: Callable[[str], str], tmp_path: Path, answer: OnInternalError, conditions: tuple[Condition, ...]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.settimeout(5)
        site.bind(str(tmp_path / "log"))
        side.node.changes |= {"switch": script("exit 202"), "site_log": str(tmp_path / "log")}
        command = 'ls "${X509_USER_PROXY%/*}"'
        report = run(
            side, SHELL, "-c", command, mode=Mode.SETUID, on_internal_error=answer, on_internal_error_if=conditions
        )
        record = site.recv(8192).decode()
    assert (report.state, report.code, report.separated, report.bypassed) == (State.ENDED, 0, False, True)
    assert report.identity == HERE
    assert report.out == f"{report.payload}.pem\n".encode()
    assert "by-pass after 202" in report.why
    who = "/DC=org/DC=testbed/O=People/CN=Alice Tester"
    assert f"{report.payload} of alice itself, unseparated, as uid {os.getuid()}, for {who}: " in record


def test_the_pilots_proxy_is_back_after_a_by_pass(side: Side, script: Callable[[str], str], tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as site:
        site.bind(str(tmp_path / "log"))
        switch = script('test "$GLEXEC_ID" = "$(cat "$0.fails")" && exit 202; ls "$X509_USER_PROXY" >&2; exec "$@"')
        side.node.changes |= {"switch": switch, "site_log": str(tmp_path / "log")}
        first, second = (side.vo.submit(Payload("alice", ("/usr/bin/id",))) for _ in range(2))
        Path(f"{switch}.fails").write_text(first)
        pilot = side.vo.start_pilot(Order(Mode.SETUID, OnInternalError.YES, retries=0))
        assert side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    assert side.vo.wait(first, limit=1).bypassed is True
    report = side.vo.wait(second, limit=1)
    assert (report.separated, report.bypassed) == (True, False)
    assert report.err.endswith(b"/pilot.pem\n")


def test_without_a_record_there_is_no_by_pass(side: Side, script: Callable[[str], str]) -> None:
    side.node.changes |= {"switch": script("exit 202"), "site_log": "/nonexistent/log"}
    report = run(side, "/usr/bin/id", mode=Mode.SETUID, on_internal_error=OnInternalError.YES)
    assert (report.state, report.code) == (State.RETURNED, 202)
    assert "no record could be made" in report.why


def test_the_switch_is_called_as_its_documentation_wants_it(
    side: Side, script: Callable[[str], str], tmp_path: Path
) -> None:
    side.node.changes["switch"] = script(
        'case "$GLEXEC_TARGET_PROXY" in /dev/null) ;; *) env >&2; cat "$GLEXEC_CLIENT_CERT" >&2 ;; esac; exec "$@"'
    )
    report = run(side, "/usr/bin/id", "-u", mode=Mode.SETUID)
    seen = dict(line.split("=", 1) for line in report.err.decode().partition("-----")[0].splitlines())
    assert seen["GLEXEC_CLIENT_CERT"] == seen["GLEXEC_SOURCE_PROXY"]
    assert seen["GLEXEC_CLIENT_CERT"] != seen["X509_USER_PROXY"]
    assert seen["X509_USER_PROXY"].endswith("/pilot.pem")
    assert seen["GLEXEC_ID"] == report.payload
    assert re.fullmatch(f"{tmp_path}/payload-[0-9a-f]{{32}}.pem", seen["GLEXEC_TARGET_PROXY"])
    assert (report.state, report.separated) == (State.ENDED, True)


def test_a_switch_that_never_answers_is_ended_and_is_an_internal_error(
    side: Side, script: Callable[[str], str], tmp_path: Path
) -> None:
    side.node.changes |= {"switch": script("exec sleep 1000"), "start_limit": 0.5}
    report = run(side, "/usr/bin/id", mode=Mode.SETUID)
    assert (report.state, report.code, report.identity) == (State.RETURNED, None, None)
    assert (report.failure, "did not start in time" in report.why) == ("internal", True)
    with site_log(side, tmp_path):
        report = run(side, "/usr/bin/id", mode=Mode.SETUID, on_internal_error=OnInternalError.YES)
    assert (report.state, report.code, report.bypassed) == (State.ENDED, 0, True)


def test_the_launcher_of_machines_is_called_through_the_switch(side: Side, script: Callable[[str], str]) -> None:
    side.node.changes["switch"] = script('printf "%s\\n" "$@" >&2; echo "[vm]: no machine; make one" >&2; exit 125')
    report = run(side, "/usr/bin/id", mode=Mode.VM, limit=7)
    words = report.err.decode().splitlines()
    assert words[:3] == ["/usr/bin/python3", "-I", "-S"]
    assert words[3:7] == ["/usr/libexec/testbed/node/vm", "--limit", "12", "--pilot"]
    assert (words[8], *words[10:12]) == ("--result", "--", os.path.realpath(SHELL))
    assert (report.state, report.code) == (State.RETURNED, 125)
    assert "internal error" in report.why


MACHINES = {
    "a machine that never came up": ("not started", "no-boot", State.ENDED, True, "as the pilot, unseparated"),
    "a sandbox that fills the guest": ("not started", "disk-full", State.RETURNED, False, "would get round the switch"),
    "a machine that was lost": ("started", "vm-lost", State.LOST, False, "it may have run"),
    "a launcher that was lost": ("perhaps started", "", State.LOST, False, "it may have run"),
    "a payload without an end": ("started", "time-limit", State.HUNG, False, "time-limit: as it was told"),
}
"""What the launcher writes down of a payload of which nothing was seen; what becomes of that with question 4: yes."""


@pytest.mark.parametrize("case", MACHINES)
def test_only_a_payload_that_cannot_have_run_in_its_machine_is_the_pilots_to_run(
    side: Side, script: Callable[[str], str], tmp_path: Path, case: str
) -> None:
    """docs/policy.md: question 4 is about class E; what has run, or may have, is never run again."""
    reached, cause, state, bypassed, says = MACHINES[case]
    said = json.dumps({"payload": reached, "cause": cause, "error": "as it was told"})
    side.node.changes["switch"] = script(
        f'while [ "$1" != --result ]; do shift; done; echo \'{said}\' >"$2"; echo "[vm]: {cause}: no; no" >&2; exit 125'
    )
    with site_log(side, tmp_path):
        report = run(side, "/usr/bin/id", mode=Mode.VM, on_internal_error=OnInternalError.YES)
    assert (report.state, report.bypassed) == (state, bypassed), report
    assert says in report.why


@pytest.mark.parametrize(
    "writes", ["mkfifo", 'echo \'{"payload": "no word"}\' >', "echo not JSON >", "ln -s /etc/passwd"]
)
def test_a_result_of_a_machine_that_makes_no_sense_opens_no_way_past_the_switch(
    side: Side, script: Callable[[str], str], tmp_path: Path, writes: str
) -> None:
    """Another payload of the account can have put it there: nobody waits for it, or trusts it (our choice)."""
    side.node.changes["switch"] = script(
        f'while [ "$1" != --result ]; do shift; done; {writes} "$2"; echo "[vm]: no-boot: no; no" >&2; exit 125'
    )
    with site_log(side, tmp_path):
        report = run(side, "/usr/bin/id", mode=Mode.VM, on_internal_error=OnInternalError.YES)
    assert (report.state, report.bypassed) == (State.LOST, False), report
    assert "what its launcher wrote down makes no sense" in report.why


def test_orders_that_make_no_sense_are_refused(side: Side, tmp_path: Path) -> None:
    side.node.changes["mode"] = "setiud"
    side.vo.submit(Payload("alice", ("/usr/bin/id",)))
    end = side.vo.wait_for_pilot(side.vo.start_pilot(Order(Mode.NONE)), limit=LIMIT)
    assert end.code == 2
    assert b"setiud" in end.err
    assert list(tmp_path.iterdir()) == []


def test_a_pilot_that_cannot_reach_its_vo_says_so(side: Side) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        side.node.changes["vo"] = {"name": "pilot", "address": "127.0.0.1", "port": closed.getsockname()[1]}
        end = side.vo.wait_for_pilot(side.vo.start_pilot(Order(Mode.NONE)), limit=LIMIT)
    assert end.code == 1
    assert b"gives no answer" in end.err


def test_a_pilot_does_not_speak_with_somebody_else(side: Side) -> None:
    side.node.changes["vo"] = {"name": "another-host", "address": "127.0.0.1", "port": side.port}
    end = side.vo.wait_for_pilot(side.vo.start_pilot(Order(Mode.NONE)), limit=LIMIT)
    assert end.code == 1
    assert b"certificate" in end.err


def test_pilots_work_side_by_side(side: Side) -> None:
    barrier = "echo in; exec sleep 0.5"
    payloads = [side.vo.submit(Payload(user, (SHELL, "-c", barrier), slot=user)) for user in ("alice", "bob")]
    pilots = [side.vo.start_pilot(Order(Mode.NONE, slot=user)) for user in ("alice", "bob")]
    seen: list[State] = []
    waits = [
        threading.Thread(target=lambda one=one: seen.append(side.vo.wait(one, limit=LIMIT, until="start").state))
        for one in payloads
    ]
    for wait in waits:
        wait.start()
    for wait in waits:
        wait.join()
    assert seen == [State.STARTED, State.STARTED]
    assert all(side.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0 for pilot in pilots)


def test_a_report_survives_its_way_as_json() -> None:
    report = Report("p", State.ENDED, "pilot-1", 3, True, False, HERE, b"\x00\xff", b"e", "why")
    assert Report.parse(json.loads(json.dumps(report.json()))) == report
    payload = Payload("alice", ("/usr/bin/id", "é"), b"\x00\xff", 3.5, "slot")
    assert Payload.parse(json.loads(json.dumps(payload.json()))) == payload


def test_a_pilot_that_ends_without_the_payload_is_a_problem_with_its_log(side: Side) -> None:
    side.node.changes["mode"] = "setiud"
    payload = side.vo.submit(Payload("alice", ("/usr/bin/id",)))
    with pytest.raises(Problem, match="without the payload") as raised:
        side.vo.end_of(payload, side.vo.start_pilot(Order(Mode.NONE)), limit=LIMIT)
    assert "setiud" in raised.value.cause


def test_the_end_of_a_payload_is_there_as_soon_as_it_has_ended(side: Side) -> None:
    payload = side.vo.submit(Payload("alice", ("/usr/bin/id", "-u")))
    assert side.vo.end_of(payload, side.vo.start_pilot(Order(Mode.NONE)), limit=LIMIT).state is State.ENDED
