"""What a pilot does for a payload of another account: brings files and proxies, ends it, takes away what it left."""

import hashlib
import io
import itertools
import tarfile
import time
from datetime import timedelta

import pytest

from testbed.credentials.certificate import Validity
from testbed.credentials.grid import Grid
from testbed.credentials.proxy import make_proxy
from testbed.credentials.voms import attributes_of
from testbed.credentials.zoo import identity
from testbed.faults.catalogue import FAULTS
from testbed.faults.fault import broken
from testbed.model.fault import Fault
from testbed.model.mode import Mode
from testbed.pilot.payload import Payload, State
from testbed.plugin import matrix, shows

EVERYWHERE = "log-only setuid container"
LIMIT = 20.0
_hours = itertools.count(24)
"""Of each new proxy: the VO keeps only better ones."""


def shell(user, script, **parts):
    return Payload(user, ("/bin/sh", "-c", script), **parts)


def ready(desk, payload):
    """Hand a payload to a pilot and wait for its first line; the payload's id, the pilot's, the line."""
    ident, pilot = desk.hand(payload)
    report = desk.vo.wait(ident, limit=LIMIT, until="output")
    assert report.state is State.STARTED, report
    return ident, pilot, report.out.decode().splitlines()[0]


def ended(desk, ident, pilot):
    """The last report of a payload, once its pilot is gone as well."""
    report = desk.vo.wait(ident, limit=LIMIT)
    assert desk.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    return report


def below(desk, *places):
    """What is there of these places on the node."""
    look = ["sh", "-c", 'for place do test ! -e "$place" || echo "$place"; done', "sh", *places]
    return desk.world.node.run(look, limit=LIMIT).check().out.decode().split()


@shows("R5", "R8")
@matrix(mode=EVERYWHERE)
def test_a_payload_works_in_a_folder_that_its_account_alone_can_write_and_its_outputs_come_back(desk, switch):
    """Of PanDA's pilot such folders had mode 777; here the payload's account makes its own (our choice)."""
    script = 'stat -c "%U %a" .; pwd; echo mine >result-1; echo no >other; mkdir -p a/b; touch a/b/c; chmod 0 a; read x'
    ident, pilot, first = ready(desk, shell("alice", f"{script} <&-; exec sleep 30", outputs=("result-*", "a/b")))
    everybodys = ["find", "/tmp", "/var/tmp", "/dev/shm", "-mindepth", "1", "-perm", "-0002", "!", "-type", "l"]
    open_to_all = desk.world.node.run(everybodys, limit=LIMIT).check().out.decode().split()
    desk.vo.stop(ident)
    report = ended(desk, ident, pilot)
    folder = report.out.decode().splitlines()[1]
    owner = report.identity.user
    assert open_to_all == []
    closed = switch.separates or desk.mode is Mode.CONTAINER
    assert first == f"{owner} {700 if closed else 711}"
    with tarfile.open(fileobj=io.BytesIO(desk.vo.outputs(ident))) as members:
        assert {member.name: members.extractfile(member).read() for member in members} == {"result-1": b"mine\n"}
    told = report.account
    assert (told.files, told.leftovers, told.left, told.remaining) == (1, 0, "", "")
    assert below(desk, folder, f"{folder}.pem") == []


@shows("R9")
@matrix(mode=EVERYWHERE)
def test_a_renewed_proxy_reaches_the_payload_that_runs(desk, switch):
    """glexec without a command renews the copy (DIRAC, glexecComputingElement.py), by a rename (our choice)."""
    grid: Grid = desk.world.grid
    carol = grid.bearer("carol")
    new = make_proxy(
        identity(grid, "users/carol-carter"),
        attributes=attributes_of(grid.read(carol.file)),
        validity=Validity.lasting(timedelta(hours=next(_hours))),
    ).pem
    look = 'set -- $(sha256sum "$X509_USER_PROXY"); echo $1'
    watch = f"{look}; first=$1; until {look} >&2; test $first != $1; do sleep 0.05; done; echo $1"
    script = f'{watch}; stat -c "%U %a" "$X509_USER_PROXY"; echo "$X509_USER_PROXY"; ls /tmp/x509up_u* 2>/dev/null'
    ident, pilot, first = ready(desk, shell("carol", script))
    desk.vo.renew("carol", new)
    report = ended(desk, ident, pilot)
    assert report.state is State.ENDED, report
    _, after, mode, path = report.out.decode().splitlines()
    assert (first != after, after) == (True, hashlib.sha256(new).hexdigest())
    assert mode == f"{report.identity.user} 600"
    assert set(report.err.decode().split()) == {first, after}  # never half of one, never none
    assert (report.account.renewals, report.account.renewal) == (1, "")
    assert below(desk, path) == []


STUBBORN = """
trap '' TERM; echo $$; echo mine >/tmp/left-elsewhere
setsid sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' &
while :; do sleep 1; done
"""


@shows("R10")
@matrix(mode="setuid")
def test_a_payload_beyond_its_time_is_ended_through_the_switch_with_all_its_processes(desk, switch, records):
    """The pilot cannot signal another account (kill(2)): it runs kill through glexec, as HTCondor and BLAH did."""
    report = ended(desk, *desk.hand(shell("alice", STUBBORN, limit=1.0)))
    pids = report.out.decode().split()
    assert (report.state, len(pids)) == (State.HUNG, 2)
    assert not any(switch.alive(pid) for pid in pids)
    assert (report.account.remaining, report.account.leftovers) == ("", 1)
    assert report.account.left.endswith(": /tmp/left-elsewhere")  # named, and left to the site's epilogue
    run, *others = records(3)
    assert (run.joined, run.lines[-1].startswith("Ended ")) == (True, True)  # the switch outlives what it runs
    assert "Terminated, signal 9" in " ".join(run.lines)
    assert [("kill -s" in each.command, "/usr/bin/rm -rf" in each.command) for each in others] == [
        (True, False),
        (False, True),
    ]


@matrix(mode="setuid", authority="argus")
def test_what_cannot_be_ended_while_the_service_is_away_is_told_loudly(desk, switch, world):
    """To end a payload is a call of the switch, which asks the service: it runs on (observed; the words are ours)."""
    ident, pilot, _ = ready(desk, shell("alice", STUBBORN, limit=1.0))
    with broken(Fault.REFUSED, FAULTS[Fault.REFUSED], world):
        report = ended(desk, ident, pilot)
    pids = report.out.decode().split()
    told = report.account
    assert report.state is State.HUNG
    assert any(switch.alive(pid) for pid in pids)
    assert all(pid in told.remaining for pid in pids if switch.alive(pid))
    assert "203 (unavailable service-unreachable)" in told.remaining
    assert "root of this node can end them" in told.remaining
    assert told.remaining in report.why
    assert (told.leftovers, "203 (unavailable service-unreachable)" in told.left) == (-1, True)


@pytest.mark.slow
@shows("R9")
@matrix(mode=EVERYWHERE)
def test_a_pilot_outlives_its_own_proxy_and_goes_on_taking_payloads(desk, cell):
    """Proxies are short-lived by intent (RFC 3820, 1); that the VO makes a pilot's anew is our choice."""
    slot = desk.slot()
    look = "cat /tmp/pilot-*/private/pilot.pem 2>/dev/null | grep -c PRIVATE"
    first, second = (
        desk.vo.submit(shell("alice", script, slot=slot)) for script in (f"{look}; sleep 4", "echo after it")
    )
    began = time.monotonic()
    pilot = desk.vo.start_pilot(desk.order(slot, proxy=3.0))
    assert desk.vo.wait(first, limit=LIMIT, until="start").state is State.STARTED
    reports = [desk.vo.wait(each, limit=LIMIT) for each in (first, second)]
    end = desk.vo.wait_for_pilot(pilot, limit=LIMIT)
    assert time.monotonic() - began > 3.0
    assert end.code == 0, end.err.decode()
    assert end.err.count(b"a new proxy of the pilot's own") >= 2
    assert [report.state for report in reports] == [State.ENDED, State.ENDED]
    assert (int(reports[0].out) > 0) == (cell.mode is Mode.LOG_ONLY)
    assert reports[1].out == b"after it\n"
