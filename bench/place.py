"""A world to measure in: its runner scripts and proxies are laid out once, then plans are run on the node itself."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, folder
from testbed.site import ini
from testbed.site.accounts import GLEXEC_GID, GLEXEC_UID
from testbed.site.layout import SWITCH
from testbed.site.pool import Account, Group

PLACE = "/tmp/bench"
SCRIPTS = ("stopwatch", "newcomers")
LCMAPS_ACCOUNT = "/usr/libexec/glexec/lcmaps-account"
DAEMON = 3 << 3
"""The number of LOG_DAEMON, the facility of the example sites."""
KEEPER = Account("glexec", GLEXEC_UID, Group("glexec", GLEXEC_GID))
"""As whom LCMAPS runs in a set-id installation."""


@dataclass(frozen=True, slots=True)
class Words:
    """A command with all that its start takes."""

    words: tuple[str, ...]
    env: Mapping[str, str]
    stdin: str = "/dev/null"


@dataclass(frozen=True, slots=True)
class Place:
    """A world with what measuring needs in it."""

    world: LeasedWorld

    @property
    def pilots(self) -> tuple[Account, ...]:
        """Who may call the switch."""
        return self.world.site.pilot_accounts

    def furnish(self, proxies: Mapping[str, bytes]) -> None:
        """Lay out the scripts, and for every account that calls the switch or LCMAPS everybody's proxy."""
        node = resources.files("bench").joinpath("node")
        entries = [folder(PLACE)]
        for name in SCRIPTS:
            entries.append(Entry(f"{PLACE}/{name}.py", node.joinpath(f"{name}.py").read_bytes()))
        for account in (KEEPER, *self.pilots):
            owner = (account.uid, account.group.gid)
            entries.append(folder(f"{PLACE}/{account.name}", 0o700, *owner))
            for name, proxy in proxies.items():
                entries.append(Entry(f"{PLACE}/{account.name}/{name}", proxy, 0o600, *owner))
        self.world.node.put(entries, limit=10)

    def run(self, script: str, plan: Mapping[str, object], limit: float) -> Any:
        """Run a script of ours as root with a plan; what it printed."""
        node = self.world.node
        node.put([Entry(f"{PLACE}/plan.json", json.dumps(plan).encode())], limit=10)
        return json.loads(node.run(["python3", f"{PLACE}/{script}.py", f"{PLACE}/plan.json"], limit=limit).text)

    def switch(self, account: str, name: str, *command: str) -> Words:
        """The switch called by a pilot account with somebody's proxy."""
        return Words(
            (SWITCH, *command), {"GLEXEC_CLIENT_CERT": f"{PLACE}/{account}/{name}", "HOME": f"/home/{account}"}
        )

    def lcmaps(self, account: str, name: str) -> Words:
        """The program that the switch has LCMAPS run in, called as the switch calls it, with somebody's proxy.

        Same policy, same settings, credential on standard input, answer on descriptor 3; no switch around it.
        """
        config = self.world.site.file("glexec.conf")
        assert config is not None
        settings = ini.parse(config.content)
        env = {
            "LCMAPS_DB_FILE": settings.value("lcmaps_db_file", ""),
            "LCMAPS_POLICY_NAME": settings.value("lcmaps_get_account_policy", ""),
            "LCMAPS_DEBUG_LEVEL": settings.value("lcmaps_debug_level", ""),
        }
        return Words((LCMAPS_ACCOUNT, "glexec[1]", str(DAEMON)), env, f"{PLACE}/{account}/{name}")


def plain(words: Words) -> dict[str, object]:
    """The command as plans have it."""
    return {**dataclasses.asdict(words), "words": list(words.words), "env": dict(words.env)}
