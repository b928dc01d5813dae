"""The hosts of the authority in a world: there under their names, broken and mended by their control ports, reset."""

import json
import re
import ssl
import time
from pathlib import Path

import pytest

from testbed.credentials.grid import Grid, GridFile
from testbed.credentials.service import CONTROL
from testbed.lab import authority, layout, world
from testbed.lab.ban import ban, meant
from testbed.lab.control import PORT, Control
from testbed.lab.engine import Spec
from testbed.lab.session import IMAGES, Lab
from testbed.lab.wait import eventually
from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, tar
from testbed.model.fault import Fault
from testbed.model.problem import Problem
from testbed.site.load import example
from testbed.site.service import PLACE
from tests.load import slowness

SITE = example("setuid-argus")
END = "for at in $(grep -l '[t]estbed.authority' /proc/[0-9]*/cmdline); do kill -9 $(echo $at | cut -d/ -f3); done"
"""Ends the service, and not its container."""
BOB = "/DC=org/DC=testbed/O=People/CN=Bob Baker"


def test_the_worker_node_finds_every_host_by_the_name_in_lcmaps_db(asking: LeasedWorld) -> None:
    assert [(host.label, host.name) for host in asking.authorities] == [
        ("authority", "argus01.example.org"),
        ("authority-2", "argus02.example.org"),
    ]
    for host in asking.authorities:
        found = asking.node.run(["getent", "hosts", host.name], limit=5).text
        assert found.split() == [host.container.address, host.name]


def test_a_site_with_local_accounts_has_no_such_host(lab: Lab) -> None:
    with lab.pool.lease(example("setuid-gridmap")) as local:
        assert local.authorities == ()


def test_a_fault_is_set_told_and_taken_back(asking: LeasedWorld) -> None:
    control = asking.authorities[0].control
    control.break_with(Fault.FLAKY, times=2, how=Fault.STATUS_503)
    assert (control.fault()["fault"], control.fault()["times"]) == ("flaky", 2)
    assert asking.authorities[1].control.fault()["fault"] == "none"
    control.heal()
    assert control.fault()["fault"] == "none"
    assert [(line.kind, line.text("event"), line.text("fault")) for line in control.log()] == [
        ("fault", "set", "flaky"),
        ("fault", "cleared", "none"),
    ]
    assert [line.number for line in control.log(since=1)] == [control.log()[-1].number]


def test_what_the_service_does_not_take_is_a_problem_in_its_words(asking: LeasedWorld) -> None:
    control = asking.authorities[0].control
    with pytest.raises(Problem, match="does not stand in the service") as caught:
        control.break_with(Fault.NO_CONFIG)
    assert caught.value.found == "no-config"
    assert caught.value.where.startswith("argus01.example.org")
    control.heal()  # the connection serves on


def test_a_reset_world_has_an_authority_without_past(asking: LeasedWorld) -> None:
    first, second = (host.control for host in asking.authorities)
    first.break_with(Fault.REFUSED)
    second.ban("subject", BOB)
    second.lifetimes(pepd=1)
    leases = f"{PLACE}/gridmapdir"
    asking.authorities[0].container.execute(["ln", f"{leases}/alpha001", f"{leases}/%2fcn%3dx"], limit=5)
    assert asking.reset() == []
    assert first.fault()["fault"] == "none"
    assert (first.log(), second.log()) == ([], [])
    assert second.lifetimes()["pepd"] == 600
    left = asking.authorities[0].container.execute(["ls", leases], limit=5).decode()
    assert "%" not in left
    assert len(left.split()) == 80


def test_a_host_that_does_not_answer_spoils_its_world(lab: Lab) -> None:
    with lab.pool.lease(SITE) as first:
        first.authorities[1].container.execute(["sh", "-c", END], limit=5)
    with lab.pool.lease(SITE) as second:
        assert second.worker.ident != first.worker.ident
    assert lab.pool.thrown[-1].startswith("setuid-argus: authority-2: the control port of the authority")
    lab.pool.thrown.clear()


def test_a_connection_that_the_service_has_ended_is_made_anew(asking: LeasedWorld) -> None:
    control = asking.authorities[0].control
    control.fault()
    kill = ["ss", "--kill", "state", "established", "sport", "=", str(PORT)]
    asking.authorities[0].container.execute(kill, limit=5)
    assert control.fault()["fault"] == "none"


def test_nobody_commands_it_without_the_token_and_no_other_host_passes_for_it(lab: Lab, asking: LeasedWorld) -> None:
    host = asking.authorities[0]
    stranger = Grid({**lab.grid.files, CONTROL: GridFile(b"x" * 43)})
    with pytest.raises(Problem, match="wants its token"):
        Control(host.name, host.container.address, stranger).heal()
    with pytest.raises(Problem) as caught:
        Control("argus02.example.org", host.container.address, lab.grid).heal()
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


def test_the_log_and_the_decisions_are_evidence(asking: LeasedWorld, tmp_path: Path) -> None:
    asking.authorities[1].control.ban("vo", "beta", "central")
    asking.evidence(tmp_path)
    assert "the authority is ready" in (tmp_path / "authority.log").read_text()
    assert (tmp_path / "authority" / "decisions.jsonl").read_text() == ""
    [line] = (tmp_path / "authority-2" / "decisions.jsonl").read_text().splitlines()
    assert json.loads(line)["event"] == "ban"
    assert not [path for path in tmp_path.rglob("*") if "token" in path.name or "key" in path.name]


def test_a_policy_that_cannot_be_read_is_told_by_the_host_itself(lab: Lab) -> None:
    network = f"testbed-{lab.run.ident}-speechless"
    lab.engine.network(network, lab.run.labels)
    broken = Entry(f"{PLACE}/policy.spl", b"resource {")
    tree = tar([*layout.authority(SITE, lab.grid, "argus01.example.org"), broken])
    spec = Spec(IMAGES["authority"], network, "argus01.example.org", network, lab.run.labels, tree)
    with pytest.raises(Problem, match="did not become ready within 2 s") as caught:
        authority.start(lab.engine, spec, "authority", lab.grid, 2)
    assert "this is no policy" in caught.value.found
    assert "policy.spl, line 1, column 10" in caught.value.found


def test_a_host_is_up_and_ready_in_a_second(lab: Lab) -> None:
    """From its container's start until its control port answers; the best of some: the machine may be busy."""
    network = f"testbed-{lab.run.ident}-authority-stopwatch"
    lab.engine.network(network, lab.run.labels)
    tree = tar(layout.authority(SITE, lab.grid, "argus01.example.org"))
    spec = Spec(IMAGES["authority"], network, "argus01.example.org", network, lab.run.labels, tree)

    def seconds() -> float:
        host = authority.start(lab.engine, spec, "authority", lab.grid, 10)
        try:
            return time.monotonic() - host.container.began
        finally:
            host.stop()

    assert eventually(lambda: seconds() <= 1.0 * slowness(), within=30)


def test_a_world_with_two_hosts_stands_in_a_second_and_a_half(lab: Lab) -> None:
    """The best of some: the machine may be busy."""

    def seconds() -> float:
        started = world.start(lab.engine, lab.run, SITE, lab.grid, IMAGES)
        started.stop()
        return started.seconds

    assert eventually(lambda: seconds() <= 1.5 * slowness(), within=60)


def test_its_reset_takes_twenty_milliseconds_at_most(asking: LeasedWorld) -> None:
    control = asking.authorities[0].control

    def seconds() -> float:
        began = time.monotonic()
        control.reset()
        return time.monotonic() - began

    assert eventually(lambda: seconds() <= 0.02 * slowness(), within=10)


def test_a_ban_says_what_is_between_and_how_that_ends(asking: LeasedWorld) -> None:
    said = list(ban(asking.authorities, BOB, "central"))
    assert said[:2] == [
        f'authority (argus01.example.org): subject "{BOB}" is banned at the central PAP',
        f'authority-2 (argus02.example.org): subject "{BOB}" is banned at the central PAP',
    ]
    assert [re.sub(r"\s+", " ", line).strip() for line in said[3:6]] == [
        "the site's PAP looks at the central one within 14400 s pap-admin refresh-cache",
        "the PDP asks the site's PAP within 14400 s pdpctl reloadPolicy",
        "the PEP daemon forgets what it has answered within 600 s pepdctl clearResponseCache",
    ]
    local = list(ban(asking.authorities, "beta", "local"))
    assert "the central one" not in "".join(local)
    freed = list(ban(asking.authorities, BOB, "central", undo=True, now=True))
    assert freed[-1] == "its caches are cleared: the next question is answered by the policy as it is now"
    events = [line.text("event") for line in asking.authorities[0].control.log()]
    assert events == ["ban", "ban", "unban", "refresh-cache", "reload-policy", "clear-response-cache"]
    with pytest.raises(Problem):
        list(ban(asking.authorities, BOB, "central", undo=True))


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        (BOB, "subject"),
        ("CN=Bob Baker,O=People,DC=testbed,DC=org", "subject"),
        ("/alpha", "fqan"),
        ("/alpha/Role=production", "fqan"),
        ("alpha", "vo"),
        ("vo.example.org", "vo"),
    ],
)
def test_who_is_meant_follows_from_how_it_is_written(who: str, kind: str) -> None:
    assert meant(who) == (kind, who)
