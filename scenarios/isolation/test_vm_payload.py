"""A pilot's payload in a machine of its own: its files go in and come out, a new proxy reaches it, and it runs once."""

import hashlib
import io
import tarfile
from datetime import timedelta

from testbed.credentials.certificate import Validity
from testbed.credentials.proxy import make_proxy
from testbed.credentials.voms import attributes_of
from testbed.credentials.zoo import identity
from testbed.model.answers import OnInternalError
from testbed.pilot.payload import Payload, State
from testbed.plugin import matrix, shows

LIMIT = 60.0
RENEWED = timedelta(hours=20)
"""The VO keeps better ones only, and scenarios/lifecycle, which comes later, renews the same proxy from 24 hours on."""
BRINGS = """
set -- $(sha256sum "$X509_USER_PROXY"); first=$1; echo $first
until set -- $(sha256sum "$X509_USER_PROXY") && test "$first" != "$1"; do echo old >&2; sleep 0.1; done; echo $1
./of-the-sandbox; stat -c %a,%U "$X509_USER_PROXY"; mkdir results; echo made >results/one; ln -s /etc/passwd link
"""
KILLS = """
for each in /proc/[0-9]*; do
    case $(cat "$each/comm") in qemu-system*) kill -9 "${each#/proc/}"; exit ;; esac
done
exit 1
"""
"""What an administrator, or the kernel for want of memory, does to the machine on this node."""


def sandbox(**files):
    """A tar of programs."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name.replace("_", "-"))
            member.size, member.mode = len(text), 0o755
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@shows("R9")
@matrix(mode="vm")
def test_sandbox_and_renewed_proxy_reach_a_payload_in_a_machine_and_its_outputs_come_back(desk):
    """As in the other modes (docs/queue.md), though the machine shares no folder with its node (our choice)."""
    grid = desk.world.grid
    carol = grid.bearer("carol")
    validity = Validity.lasting(RENEWED)
    voms = attributes_of(grid.read(carol.file))
    new = make_proxy(identity(grid, "users/carol-carter"), attributes=voms, validity=validity).pem
    files = sandbox(of_the_sandbox="#!/bin/sh\necho ran what came in\n")
    words = ("/bin/sh", "-c", BRINGS)
    ident, pilot = desk.hand(Payload("carol", words, sandbox=files, outputs=("results", "link", "nothing")))
    first = desk.vo.wait(ident, limit=LIMIT, until="output").out.decode().split()[0]
    desk.vo.renew("carol", new)
    report = desk.vo.wait(ident, limit=LIMIT)
    assert desk.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    assert (report.state, report.code) == (State.ENDED, 0), report
    assert report.out.decode().splitlines() == [
        first,
        hashlib.sha256(new).hexdigest(),
        "ran what came in",
        "600,payload",
    ]
    with tarfile.open(fileobj=io.BytesIO(desk.vo.outputs(ident))) as members:
        assert {each.name: members.extractfile(each).read() for each in members} == {"results/one": b"made\n"}
    told = report.account
    assert (told.files, told.renewals, told.leftovers) == (1, 1, 0)
    assert "nothing: nothing of this name was left" in told.left_out
    assert "'link': a link" in told.left_out


@matrix(mode="vm")
def test_a_payload_whose_machine_was_lost_is_told_of_and_never_run_again(desk):
    """That it ran is known, so that it is the payload's own affair (class P): question 4 is not asked (our choice)."""
    words = ("/bin/sh", "-c", "echo up; exec sleep 60")
    ident, pilot = desk.hand(Payload("alice", words), on_internal_error=OnInternalError.YES)
    assert desk.vo.wait(ident, limit=LIMIT, until="output").state is State.STARTED
    desk.world.node.run(["sh", "-c", KILLS], limit=10).check()
    report = desk.vo.wait(ident, limit=LIMIT)
    desk.vo.wait_for_pilot(pilot, limit=LIMIT)
    assert (report.state, report.bypassed) == (State.LOST, False), report
    assert "vm-lost: QEMU was ended by SIGKILL" in report.why
    assert report.account.bypass == ""


@matrix(mode="vm")
def test_a_payload_in_a_machine_ends_when_the_vo_asks_and_its_machine_with_it(desk):
    """What is ended by the pilot has run; nothing of it stays on the node, not even for a moment (our choice)."""
    ident, pilot = desk.hand(Payload("alice", ("/bin/sh", "-c", "echo up; exec sleep 60")))
    assert desk.vo.wait(ident, limit=LIMIT, until="output").state is State.STARTED
    desk.vo.stop(ident)
    report = desk.vo.wait(ident, limit=LIMIT)
    assert desk.vo.wait_for_pilot(pilot, limit=LIMIT).code == 0
    assert (report.state, report.separated, report.account.remaining) == (State.ENDED, True, ""), report
    assert "stopped as the VO asked" in report.why
    assert report.account.machine.startswith("restored under ")
    assert desk.world.node.run(["sh", "-c", KILLS], limit=10).code == 1  # there is none to be killed


@matrix(mode="vm")
def test_only_a_machine_that_never_ran_anything_is_an_internal_error_of_the_node(desk, switch):
    """Question 4 is about the site's own failures: what the user's own files bring about opens no way (our choice)."""
    with switch.without("/usr/lib/testbed/vm/initrd"):
        report = desk.handle(Payload("alice", ("/usr/bin/id", "-un")), on_internal_error=OnInternalError.YES, retries=0)
    assert (report.state, report.bypassed, report.separated) == (State.ENDED, True, False), report
    assert "unseparated" in report.why
