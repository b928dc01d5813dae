"""Cells that have no meaning: a fault of what is not there, a question that nobody asks."""

from testbed.model.cell import Authority
from testbed.model.fault import Fault
from testbed.model.rules.rule import Rule, meaningless

MEANINGLESS: tuple[Rule, ...] = (
    Rule(
        "a fault of the switch is not felt where the switch is not called",
        "mode none does not call the switch, so nothing in its configuration can fail, and no authority that it asks",
        "definition of the modes",
        lambda case: case.cell.fault is not Fault.NONE and not case.calls_switch,
        meaningless,
    ),
    Rule(
        "map files are no service",
        "the site's own map files are read, nobody is asked over the network, so nothing there can fail",
        "definition of the authorities",
        lambda case: case.consequence is not None and case.cell.authority is Authority.GRIDMAP,
        meaningless,
    ),
    Rule(
        "each service has its own ways to answer wrongly",
        "the answers of this service have no such part that could be wrong",
        "Argus: Hessian; SCAS and GUMS: SAML2 profile of XACML 2.0",
        lambda case: case.consequence is not None and case.cell.authority not in case.consequence.meant,
        meaningless,
    ),
    Rule(
        "a service maps without the node's own map files",
        "accounts come from a service here, so nothing of the node's own map files and leases can fail",
        "definition of the authorities",
        lambda case: case.on_node is not None and case.on_node.local and case.cell.authority is not Authority.GRIDMAP,
        meaningless,
    ),
    Rule(
        "what is broken of one user is not met by others",
        "the pool that is exhausted, or the lease that has a link too many, is not this user's",
        "definition of the faults",
        lambda case: case.on_node is not None and bool(case.on_node.users) and case.cell.user not in case.on_node.users,
        meaningless,
    ),
    Rule(
        "what is not there cannot be lost",
        "a log-only program has no set-id bit, so nobody can lose or ignore it",
        "definition of the installations",
        lambda case: case.on_node is not None and not case.on_node.meant(case.cell.mode),
        meaningless,
    ),
    Rule(
        "fail-over needs a second endpoint",
        "the site's policy names one endpoint, and this is about two",
        "definition of the faults",
        lambda case: case.consequence is not None and case.endpoints < case.consequence.endpoints,
        meaningless,
    ),
    Rule(
        "question 4 is asked only when glexec has an internal error",
        "without a fault that keeps payloads from running nobody asks what may be done on an internal error",
        "WLCG questionnaire of 2010, question 4",
        lambda case: (
            case.cell.on_internal_error is not None
            and case.cell.fault is not Fault.NO_CONFIG
            and not case.kind
            and (case.on_node is None or case.cause is None)
        ),
        meaningless,
    ),
    Rule(
        "attacks are tried where nothing is broken",
        "an attack under a fault is not declared: with a by-pass the pilot hides its proxy, so each case is its own",
        "definition of the attacks",
        lambda case: case.cell.attack is not None and case.cell.fault is not Fault.NONE,
        meaningless,
    ),
)
