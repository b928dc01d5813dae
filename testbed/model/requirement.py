"""What the policy on multi-user pilot jobs asks for, R1 to R12, and where the testbed shows it.

JSPG, "Policy on Grid Multi-User Pilot Jobs" v1.0 (EDMS 855383, 2008; EGI's successor alike), in our words. The numbers
are ours. What secondary sources confirm is `Known.SOURCE`; the rest is from memory and has to be verified before
anybody quotes it.
"""

from dataclasses import dataclass
from enum import StrEnum

from testbed.model.problem import Problem, nearest


class Known(StrEnum):
    """How sure we are that the policy says so."""

    SOURCE = "confirmed by a source"
    MEMORY = "from memory"

    @property
    def mark(self) -> str:
        """``[SRC]`` or ``[MEM]``, as in the documentation."""
        return "[SRC]" if self is Known.SOURCE else "[MEM]"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement. ``shown`` are scenarios that say so (`testbed.plugin.shows`), tests, and other files."""

    number: int
    text: str
    known: Known
    source: str
    shown: tuple[str, ...] = ()
    lacks: str = ""
    """What is not shown of it, or that nothing could show it here."""

    @property
    def name(self) -> str:
        """``R6``."""
        return f"R{self.number}"

    @property
    def shown_by_scenarios(self) -> tuple[str, ...]:
        """Those of ``shown`` that are scenarios, and so have cells."""
        return tuple(name for name in self.shown if name.startswith("scenarios/"))


_MB = "minutes of the WLCG Management Board, 2009-11 and 2009-12"

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        1,
        "The VO has the approval of the Grid and of each site before it sends multi-user pilots.",
        Known.SOURCE,
        _MB,
        (
            "scenarios/failure/test_answers.py",
            "testbed/site/choice.py",
            "tests/model/test_policy.py",
            "tests/pilot/test_careful.py",
        ),
        "the approval of the Grid as a whole",
    ),
    Requirement(
        2,
        "Pilots are owned by a small, named group of the VO, which is responsible together with the VO.",
        Known.MEMORY,
        "the role is confirmed: WLCG GlexecDeployment, Role=pilot",
        (
            "scenarios/contract/test_queue.py",
            "tests/pilot/test_server.py",
        ),
        "a payload that carries Role=pilot itself",
    ),
    Requirement(
        3,
        "A pilot runs payloads of registered and authorised members of its VO only.",
        Known.MEMORY,
        "",
        (
            "scenarios/contract/test_authority.py",
            "scenarios/contract/test_credentials.py",
            "scenarios/failure/test_credentials.py",
            "scenarios/separation/test_evidence.py",
            "scenarios/separation/test_identity.py",
        ),
    ),
    Requirement(
        4,
        "Runs can be traced as the traceability and logging policy asks; switching the identity is one accepted way.",
        Known.SOURCE,
        _MB,
        (
            "scenarios/contract/test_authority.py",
            "scenarios/contract/test_hostile_records.py",
            "scenarios/failure/test_profiles.py",
            "scenarios/isolation/test_vm_identity.py",
            "scenarios/isolation/test_vm_network.py",
            "scenarios/lifecycle/test_advisories.py",
            "scenarios/separation/test_evidence.py",
            "scenarios/traceability/test_by_pass.py",
            "scenarios/traceability/test_parallel.py",
            "scenarios/traceability/test_record.py",
        ),
    ),
    Requirement(
        5,
        "The pilot uses the site's tool to map the application and its files to the owner, for authorisation, audit "
        "and accounting.",
        Known.MEMORY,
        "",
        (
            "scenarios/contract/test_authority.py",
            "scenarios/lifecycle/test_pilots_payload.py",
            "scenarios/separation/test_complications.py",
            "scenarios/separation/test_evidence.py",
            "scenarios/separation/test_identity.py",
            "scenarios/traceability/test_record.py",
        ),
        "the id of the batch job in the record",
    ),
    Requirement(
        6,
        "The pilot respects the result of the local authorisation: who is refused is not run.",
        Known.MEMORY,
        "consistent with the GDB of 2007-10-10: terminate, or fetch another user's job",
        (
            "scenarios/contract/test_authority.py",
            "scenarios/contract/test_denied_or_away.py",
            "scenarios/failure/test_answers.py",
            "scenarios/failure/test_authority.py",
            "scenarios/failure/test_credentials.py",
            "scenarios/failure/test_profiles.py",
            "scenarios/separation/test_evidence.py",
            "tests/model/test_policy.py",
            "tests/pilot/test_careful.py",
            "tests/pilot/test_profiles.py",
        ),
    ),
    Requirement(
        7,
        "The pilot does not evade accounting or limits of the batch system, such as by running more at once.",
        Known.MEMORY,
        "",
        (
            "scenarios/contract/test_inherited.py",
            "scenarios/plugins/test_tracking_groupid.py",
        ),
        "accounting",
    ),
    Requirement(
        8,
        "Users' jobs are isolated from each other, local files and communication between processes included.",
        Known.MEMORY,
        "",
        (
            "scenarios/contract/test_accounts.py",
            "scenarios/isolation/test_container.py",
            "scenarios/isolation/test_vm_contextualisation.py",
            "scenarios/isolation/test_vm_identity.py",
            "scenarios/lifecycle/test_advisories.py",
            "scenarios/lifecycle/test_epilogue.py",
            "scenarios/lifecycle/test_pilots_payload.py",
            "scenarios/plugins/test_mount_under_scratch.py",
            "scenarios/separation/test_account_reuse.py",
            "scenarios/separation/test_complications.py",
            "scenarios/separation/test_cron.py",
            "scenarios/separation/test_evidence.py",
            "scenarios/separation/test_launch.py",
            "scenarios/separation/test_leftovers.py",
            "scenarios/separation/test_load.py",
            "scenarios/separation/test_saved_machine.py",
            "scenarios/separation/test_theft.py",
        ),
        "abstract sockets and loopback, which no mode short of a network namespace keeps apart",
    ),
    Requirement(
        9,
        "Credentials and payloads are fetched by means no less secure than the original submission.",
        Known.MEMORY,
        "",
        (
            "scenarios/contract/test_credential_files.py",
            "scenarios/contract/test_queue.py",
            "scenarios/failure/test_credentials.py",
            "scenarios/isolation/test_vm_contextualisation.py",
            "scenarios/isolation/test_vm_payload.py",
            "scenarios/lifecycle/test_pilots_payload.py",
            "scenarios/separation/test_complications.py",
            "scenarios/separation/test_evidence.py",
            "tests/pilot/test_server.py",
        ),
    ),
    Requirement(
        10,
        "Grid and site may end pilots and payloads, and ban users or the VO.",
        Known.SOURCE,
        f"the ban of a VO: {_MB}",
        (
            "scenarios/authority/test_ban_latency.py",
            "scenarios/contract/test_authority.py",
            "scenarios/contract/test_credentials.py",
            "scenarios/contract/test_denied_or_away.py",
            "scenarios/failure/test_kill.py",
            "scenarios/failure/test_vo_bans.py",
            "scenarios/isolation/test_container.py",
            "scenarios/lifecycle/test_advisories.py",
            "scenarios/lifecycle/test_lingering.py",
            "scenarios/lifecycle/test_pilots_payload.py",
            "scenarios/separation/test_complications.py",
        ),
    ),
    Requirement(
        11,
        "The VO and the pilots' owner keep audit logs and help with incidents.",
        Known.MEMORY,
        "",
        ("scenarios/traceability/test_record.py",),
        "how long the VO keeps its log",
    ),
    Requirement(
        12,
        "The VO publishes architecture, security model and source of its pilot framework.",
        Known.SOURCE,
        "pre-conditions of the GDB and the Management Board, 2007-11 and 2007-12",
        (),
        "it is about documents: nothing here can show it",
    ),
)


def requirement(name: str) -> Requirement:
    """The requirement of this name: ``R6``."""
    known = {each.name: each for each in REQUIREMENTS}
    if name not in known:
        near = nearest(name, known)
        raise Problem(
            f"the policy on multi-user pilots has no requirement {name!r}",
            expected="one of " + ", ".join(known),
            remedy=f"did you mean {near!r}?" if near else "",
        )
    return known[name]
