"""One question, one answer: policy, mapping and caches together, and what each face has of its own."""

import fcntl
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.authority.answer import Account, Answer, Decision
from testbed.authority.caches import Lifetimes
from testbed.authority.folder import open_folder
from testbed.authority.habits import HABITS
from testbed.authority.party import Party
from testbed.authority.question import EXECUTE, WORKER_NODE, Question
from testbed.authority.service import Service
from testbed.model.problem import Problem

POLICY = """
resource "http://authz-interop.org/xacml/resource/resource-type/wn" {
    obligation "http://glite.org/xacml/obligation/local-environment-map" {}
    action ".*" { rule permit { vo="alpha" } rule permit { vo="gamma" } rule deny { vo="beta" } }
}
resource "plain" { action ".*" { rule permit { vo="alpha" } } }
"""
JANE = Party("/O=Grid/CN=Jane", "/O=Grid/CN=CA", ("/alpha",), chain=(b"proxy",))
JOHN = Party("/O=Grid/CN=John", "/O=Grid/CN=CA", ("/alpha",), chain=(b"proxy",))
PERMIT, DENY, NOTHING, UNDECIDED = (
    Decision.PERMIT,
    Decision.DENY,
    Decision.NOT_APPLICABLE,
    Decision.INDETERMINATE,
)


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = threading.Event()

    def __call__(self) -> float:
        self.asked.set()
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.spl").write_text(POLICY)
    (tmp_path / "grid-mapfile").write_text('"/alpha" .alpha\n"/alpha/Role=prd" fixed\n"/alpha/Role=x" .missing\n')
    (tmp_path / "groupmapfile").write_text('"/alpha" alpha\n"/alpha/Role=prd" prd\n')
    (tmp_path / "passwd").write_text("alpha001:x:5001:500::/:/bin/sh\nfixed:x:5100:501::/:/bin/sh\n")
    (tmp_path / "group").write_text("alpha:x:500:\nprd:x:501:\n")
    (tmp_path / "gridmapdir").mkdir()
    (tmp_path / "gridmapdir" / "alpha001").touch()
    return tmp_path


@pytest.fixture
def service(folder: Path, clock: Clock) -> Service:
    return open_folder(folder, clock=clock)


def ask(service: Service, subject: Party = JANE, face: str = "argus", resource: str = WORKER_NODE) -> Answer:
    return service.decide(Question(face, subject, resource, EXECUTE))


def of(*fqans: str) -> Party:
    return Party("/O=Grid/CN=Jane", fqans=fqans, chain=(b"proxy",))


@pytest.mark.parametrize("face", HABITS)
def test_every_face_gives_the_same_account(service: Service, face: str) -> None:
    answer = ask(service, face=face)
    assert (answer.decision, answer.mapping, answer.reason) == (PERMIT, True, "rule")
    assert answer.account == Account("alpha001", 5001, "alpha", 500)


@pytest.mark.parametrize("face", HABITS)
def test_no_face_gives_an_account_with_a_no(service: Service, face: str) -> None:
    assert [ask(service, of(name), face) for name in ("/beta", "/delta")] == [
        Answer(DENY, reason="rule", message="rule deny { vo=beta }"),
        Answer(NOTHING, reason="no-rule", message="no rule applies"),
    ]


@pytest.mark.parametrize(
    ("face", "decision"),
    [("argus", UNDECIDED), ("scas", DENY), ("gums", DENY), ("rest", DENY), ("authzen", DENY)],
)
def test_who_is_permitted_and_not_mapped_gets_what_the_service_gives(
    service: Service, face: str, decision: Decision
) -> None:
    answer = ask(service, of("/gamma"), face)
    assert (answer.decision, answer.account, answer.mapping, answer.reason) == (decision, None, False, "not-mapped")


@pytest.mark.parametrize(
    ("face", "mapped"), [("argus", False), ("scas", True), ("gums", True), ("rest", True), ("authzen", False)]
)
def test_without_the_obligation_only_those_map_who_always_do(service: Service, face: str, mapped: bool) -> None:
    answer = ask(service, face=face, resource="plain")
    assert (answer.decision, answer.mapping, answer.account is not None) == (PERMIT, mapped, mapped)


def test_argus_leaves_a_subject_without_a_chain_unmapped(service: Service) -> None:
    named = Party(JANE.dn, fqans=JANE.fqans)
    answer = ask(service, named)
    assert (answer.decision, answer.mapping, answer.account) == (PERMIT, True, None)
    assert ask(service, named, "gums").account is not None


@pytest.mark.parametrize("face", HABITS)
def test_an_exhausted_pool_is_no_decision(service: Service, face: str) -> None:
    ask(service, JANE, face)
    answer = ask(service, JOHN, face)
    assert (answer.decision, answer.account, answer.reason) == (UNDECIDED, None, "pool-exhausted")
    assert "pool alpha" in answer.message


@pytest.mark.parametrize(
    ("face", "decision"),
    [("argus", PERMIT), ("gums", PERMIT), ("authzen", PERMIT), ("scas", UNDECIDED), ("rest", UNDECIDED)],
)
def test_only_who_answers_in_numbers_needs_them(folder: Path, face: str, decision: Decision) -> None:
    (folder / "passwd").write_text("")
    answer = ask(open_folder(folder), face=face)
    assert answer.decision is decision
    assert (answer.reason == "broken") == (decision is UNDECIDED)
    assert decision is PERMIT or "no account alpha001" in answer.message


@pytest.mark.parametrize(("face", "group"), [("argus", ""), ("scas", "prd"), ("gums", "prd")])
def test_without_a_group_of_the_map_file_lcmaps_and_gums_take_the_accounts_own(
    folder: Path, face: str, group: str
) -> None:
    (folder / "groupmapfile").write_text("")
    account = ask(open_folder(folder), of("/alpha/Role=prd"), face).account
    assert account is not None
    assert (account.user, account.group) == ("fixed", group)


def test_a_lease_that_cannot_be_is_no_decision(service: Service, folder: Path) -> None:
    ask(service, face="gums")
    (folder / "gridmapdir" / "alpha001").unlink()
    answer = ask(service, face="gums")
    assert (answer.decision, answer.reason) == (UNDECIDED, "broken")


@pytest.mark.parametrize("dn", ["", "Jane", "/alpha"])
def test_nobody_without_a_name_gets_an_account(service: Service, dn: str) -> None:
    answer = ask(service, Party(dn, fqans=("/alpha",), chain=(b"proxy",)))
    assert (answer.decision, answer.account, answer.reason) == (UNDECIDED, None, "broken")


def test_a_name_that_is_no_text_is_a_name_all_the_same(service: Service) -> None:
    assert ask(service, Party("/O=Grid/CN=\udcff", fqans=("/alpha",), chain=(b"proxy",))).decision is PERMIT


def test_a_name_too_long_for_a_lease_is_no_decision(service: Service) -> None:
    long = Party("/O=Grid/CN=" + "ж" * 100, fqans=("/alpha",), chain=(b"proxy",))
    assert ask(service, long).reason == "broken"


def test_gums_does_not_look_at_the_action(folder: Path) -> None:
    (folder / "policy.spl").write_text(POLICY.replace('action ".*"', 'action "other"'))
    service = open_folder(folder)
    assert [ask(service, face=face).decision for face in ("gums", "scas")] == [PERMIT, NOTHING]


def test_without_map_files_argus_leaves_the_obligation_raw(folder: Path) -> None:
    (folder / "grid-mapfile").unlink()
    service = open_folder(folder)
    assert [(ask(service, face=face).decision, ask(service, face=face).mapping) for face in ("argus", "scas")] == [
        (PERMIT, True),
        (DENY, False),
    ]


# How long a ban takes. The numbers are Argus' lifetimes: 4 hours, 4 hours, 10 minutes.


def test_a_local_ban_bites_after_retention_and_response_cache(service: Service, clock: Clock) -> None:
    ask(service)
    clock.now = 14000
    assert not ask(service).cached
    service.ban("subject", JANE.dn)
    clock.now = 14400 + 199
    assert ask(service) == Answer(
        PERMIT, Account("alpha001", 5001, "alpha", 500), True, "rule", "rule permit { vo=alpha }", True
    )
    clock.now = 14600
    answer = ask(service)
    assert (answer.decision, answer.reason, answer.cached) == (DENY, "banned", False)


def test_a_central_ban_bites_after_poll_retention_and_response_cache(folder: Path, clock: Clock) -> None:
    service = open_folder(folder, Lifetimes(pap_poll=100, pdp_retention=70, pepd=30), clock=clock)
    service.ban("subject", JANE.dn, "central")
    clock.now = 139
    assert ask(service).decision is PERMIT
    clock.now = 140
    assert (ask(service).decision, ask(service).cached) == (PERMIT, True)
    clock.now = 169
    assert ask(service).decision is DENY


@pytest.mark.parametrize(
    ("pap", "commands", "decision"),
    [
        ("local", ["reload", "clear"], DENY),
        ("local", ["clear", "reload"], DENY),
        ("local", ["reload"], PERMIT),
        ("local", ["clear"], PERMIT),
        ("central", ["refresh", "reload", "clear"], DENY),
        ("central", ["reload", "refresh", "clear"], PERMIT),
        ("central", ["reload", "clear"], PERMIT),
        ("central", ["refresh", "reload"], PERMIT),
    ],
)
def test_a_ban_bites_at_once_after_the_right_commands(
    service: Service, pap: str, commands: list[str], decision: Decision
) -> None:
    ask(service)
    service.ban("vo", "alpha", pap)
    for command in commands:
        getattr(service, command)()
    assert ask(service).decision is decision


def test_who_was_not_seen_lately_needs_the_reload_only(service: Service) -> None:
    service.ban("vo", "alpha")
    service.reload()
    assert ask(service).decision is DENY


def test_a_new_proxy_is_a_new_request(service: Service) -> None:
    ask(service)
    service.ban("vo", "alpha")
    service.reload()
    assert ask(service).decision is PERMIT
    renewed = Party(JANE.dn, JANE.issuer, JANE.fqans, chain=(b"another proxy",))
    assert ask(service, renewed).decision is DENY


@pytest.mark.parametrize("face", [name for name, habit in HABITS.items() if not habit.copies])
@pytest.mark.parametrize("pap", ["local", "central"])
def test_services_without_copies_see_a_ban_at_once(service: Service, face: str, pap: str) -> None:
    ask(service, face=face)
    service.ban("fqan", "/alpha", pap)
    assert ask(service, face=face).reason == "banned"
    service.unban("fqan", "/alpha/Role=NULL/Capability=NULL", pap)
    assert ask(service, face=face).decision is PERMIT


def test_lifetimes_are_set_one_by_one(service: Service, clock: Clock) -> None:
    service.set_lifetimes(pdp_retention=5)
    service.set_lifetimes(pepd=0)
    assert service.lifetimes() == Lifetimes(14400, 5, 0)
    ask(service)
    service.ban("vo", "alpha")
    clock.now = 5
    assert ask(service).decision is DENY


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_a_lifetime_that_is_none_is_a_problem(service: Service, seconds: float) -> None:
    with pytest.raises(Problem, match="no lifetime"):
        service.set_lifetimes(pepd=seconds)


def test_a_kind_of_ban_that_is_not_there_is_a_problem(service: Service) -> None:
    with pytest.raises(Problem) as problem:
        service.ban("subjct", JANE.dn)
    assert problem.value.remedy == "say subject"


def test_a_policy_that_cannot_be_read_leaves_the_old_one(service: Service) -> None:
    before = service.policies()
    with pytest.raises(Problem) as problem:
        service.set_policy("local", "resource {")
    assert problem.value.where == "local, line 1, column 10"
    assert service.policies() == before


def test_policies_can_be_listed_and_put_back(service: Service) -> None:
    service.ban("vo", "beta", "central")
    listed = service.policies()
    assert list(listed) == ["central", "local"]
    for name, text in listed.items():
        service.set_policy(name, text)
    assert service.policies() == listed


def test_reset_is_the_start_again(service: Service, folder: Path) -> None:
    before = service.policies()
    ask(service)
    service.ban("vo", "alpha")
    service.reload()
    service.set_lifetimes(pepd=1)
    service.reset()
    assert service.policies() == before
    assert service.lifetimes() == Lifetimes()
    assert [file.name for file in (folder / "gridmapdir").iterdir()] == ["alpha001"]
    assert not ask(service, JOHN).cached
    assert ask(service, JOHN).decision is PERMIT


def test_a_decision_under_way_while_a_ban_is_made_to_bite_is_not_remembered(folder: Path, clock: Clock) -> None:
    service = open_folder(folder, clock=clock)
    turn = os.open(folder / "gridmapdir", os.O_RDONLY)
    fcntl.flock(turn, fcntl.LOCK_EX)
    clock.asked.clear()
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(ask, service)
        assert clock.asked.wait(timeout=10)
        service.ban("vo", "alpha")
        service.reload()
        service.clear()
        os.close(turn)
        assert under_way.result(timeout=10).decision is PERMIT
    assert ask(service).decision is DENY


def test_reset_of_eighty_leases_takes_less_than_twenty_milliseconds(folder: Path) -> None:
    for number in range(80):
        (folder / "gridmapdir" / f"alpha{number:03}").touch()
    service = open_folder(folder)
    times = []
    for _ in range(5):
        for number in range(80):
            party = Party(f"/O=Grid/CN={number}", fqans=("/alpha",), chain=(b"proxy",))
            assert ask(service, party).decision is PERMIT
        start = time.perf_counter()
        service.reset()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02


@pytest.mark.parametrize(
    ("name", "text"), [("policy.spl", "resource"), ("grid-mapfile", "x y"), ("passwd", "x"), ("central.spl", "rule")]
)
def test_a_file_that_cannot_be_read_is_a_problem_with_its_name(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(Problem) as problem:
        open_folder(folder)
    assert problem.value.where.startswith(str(folder / name))


def test_a_folder_without_a_policy_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot read the policy"):
        open_folder(tmp_path)


def test_a_central_policy_is_asked_first(folder: Path) -> None:
    (folder / "central.spl").write_text('resource .* { action .* { rule deny { subject="CN=Jane,O=Grid" } } }')
    service = open_folder(folder)
    assert [ask(service, party).decision for party in (JANE, JOHN)] == [DENY, PERMIT]
