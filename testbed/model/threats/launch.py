"""What a careless pilot hands to a payload without meaning to."""

from testbed.model.attack import Attack, Stage, Threat
from testbed.model.measure import Measure
from testbed.model.mode import Mode

LAUNCH = (
    Threat(
        Attack.INHERITED_DESCRIPTOR,
        "A21",
        Stage.LAUNCH,
        "read the pilot's proxy through a descriptor that the pilot left open",
        "SBBBB",
        "our switch closes every other descriptor, log-only as well (our choice; observed), as our launchers do; a "
        "wrapper that does not lets it through: OSG-2018-03-05, CVE-2024-21626",
        measures={Measure.CAREFUL_PILOT: (Mode.NONE,)},
    ),
    Threat(
        Attack.INHERITED_ENVIRONMENT,
        "A22",
        Stage.LAUNCH,
        "find a secret of the pilot's in its own environment (_CONDOR_CREDS, PBS_JOBCOOKIE, BEARER_TOKEN or another)",
        "SBBBB",
        "glexec's clean environment (Nikhef wiki), log-only as well (observed); a wrapped environment brings it back: "
        "docs/companions.md",
        measures={Measure.CAREFUL_PILOT: (Mode.NONE,)},
    ),
    Threat(
        Attack.FOREIGN_KEY,
        "A01",
        Stage.LAUNCH,
        "search node, container or image for private keys that are not the payload's own",
        "SSBBB",
        "path_resolution(7): proxies and keys of others are 0600; images with keys in them: OSG-2024-10-03",
    ),
)
