"""What a call really came to is read off marks and log lines, never off the switch's own word."""

import pytest

from testbed.lab.result import Result
from testbed.model.effect import Cause, Effect, Recorded
from testbed.pilot.witness import Witness, escaped
from testbed.site.load import example

STATUS = "Uid: {0} {0} {0} {0}\nGid: 50000 50000 50000 50000\nCapInh: 0\nCapPrm: 0\nCapEff: 0\nCapAmb: 0\n"
LOG = (
    '2026-01-01T00:00:00Z node glexec[7]: Used DN: "/CN=Alice" Used FQAN: "/alpha"\n'
    "2026-01-01T00:00:00Z node glexec[7]: real_user(pilot01),real_group(pilot)->"
    'mapped_user(alpha002),mapped_group(alpha) cwd: "/" cmd: "/link" (="/real") args: "a b"\n'
    "2026-01-01T00:00:00Z node glexec[7]: Terminated, exit 3, CPU user 0.000 system 0.000 mapped_user(alpha002)\n"
)
RUN = Recorded("pilot01", ".alpha", "/CN=Alice", "/link a b", "exit 3")


class FakeNode:
    """Answers `cat` with an empty log and the look at the aftermath with what the test says."""

    name = address = "node"
    aftermath = ""

    def run(self, command, **_):
        return Result(tuple(command), 0, self.aftermath.encode() if command[0] == "dash" else b"")

    def put(self, entries, *, limit):
        pass


def effect(aftermath, result=None, site="setuid-gridmap"):
    node = FakeNode()
    node.aftermath = aftermath
    return Witness(node, example(site)).effect(result or Result(("glexec",), 3))


def test_an_account_stands_for_its_pool_when_record_and_kernel_agree():
    seen = effect(f"mark 50002\n{STATUS.format(50002)}log\n{LOG}")
    assert seen == Effect(3, None, (".alpha",), (RUN,))


def test_a_record_that_names_another_account_than_the_kernel_shows_both():
    seen = effect(f"mark 50003\n{STATUS.format(50003)}log\n{LOG}")
    assert seen.ran == ("alpha003",)
    assert seen.recorded[0].account == "alpha002"


@pytest.mark.parametrize(
    ("was", "becomes", "left"),
    [
        ("Uid: 50002 50002 50002", "Uid: 50002 50002 0", "Uid 50002 50002 0 50002"),
        ("Gid: 50000", "Gid: 40000", "Gid 40000 50000 50000 50000"),
        ("CapAmb: 0", "CapAmb: 0000000000000400", "CapAmb 0000000000000400"),
    ],
)
def test_what_was_left_of_another_identity_is_no_account_of_a_pool(was, becomes, left):
    status = STATUS.format(50002)
    assert was in status
    assert effect(f"mark 50002\n{status.replace(was, becomes)}log\n{LOG}").ran == (f"alpha002 ({left})",)


def test_a_payload_that_could_leave_no_mark_ran_all_the_same():
    said = Result(("glexec",), 203, b"ran, and could leave no mark\n")
    assert effect("log\n", said).ran == ("somebody without a mark",)


def test_nothing_ran_where_no_mark_is_and_nothing_is_recorded():
    err = b"[gLExec]: LCMAPS failed.\n[gLExec]: cause class=denied reason=banned code=203\n"
    assert effect("log\n", Result(("glexec",), 203, b"", err)) == Effect(203, Cause("denied", "banned"))


def test_a_cause_counts_only_as_the_last_line():
    err = b"[gLExec]: cause class=denied reason=banned code=203\nmore\n"
    assert effect("log\n", Result(("glexec",), 203, b"", err)).cause is None


def test_words_are_shown_as_the_sites_log_has_them():
    assert escaped(["a b", 'q"\\', "\n\u202e"]) == "a b q\\x22\\x5C \\x0A\\xE2\\x80\\xAE"
