"""A short run of the service's bench, for real: everybody is answered, nobody wrongly, however busy the machine is."""

import json
from pathlib import Path

from tests.bench.run import bench

SHORT = ("--short", "--rounds=20", "--calls=60", "--callers=300", "--switches=12", "--questions=100", "--resets=4")
"""With three hundred callers within a second: the thousands are for `make bench`."""
NEVER_MISSED = {"decided right", "all answered", "own accounts", "all switched", "identities"}
"""What does not depend on who else uses the machine."""


def test_a_short_run_judges_every_goal_and_everybody_gets_the_own_account(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    code, out, err = bench("authority", *SHORT, f"--json={file}")
    assert code in (0, 1), err
    told = json.loads(file.read_text())
    met = {goal["name"]: goal["met"] for goal in told["goals"]}
    assert code == (0 if all(met.values()) else 1)
    assert [name for name in met if f"\n{name} " not in out] == []
    assert {name for name in NEVER_MISSED if met[name]} == NEVER_MISSED
    assert told["light"]["outcomes"] == {"right": 300}
    assert (told["real"]["calls"], told["real"]["good"]) == (12, 12)
    assert sum(one["outcomes"]["right"] for one in told["asked"]) == 60 * 3 * 2
    assert len(told["resets"]) == 4
