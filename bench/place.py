"""A world to measure in: its runner scripts and proxies are laid out once, then plans are run on the node itself."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from testbed.lab.world import LeasedWorld
from testbed.model.entry import Entry, folder
from testbed.site import ini
from testbed.site.accounts import GLEXEC_GID, GLEXEC_UID
from testbed.site.layout import SWITCH
from testbed.site.pool import Account, Group

PLACE = "/tmp/bench"
SCRIPTS = ("lcmaps", "stopwatch", "newcomers")
LCMAPS_ACCOUNT = "/usr/libexec/glexec/lcmaps-account"
LOG_FD, POLICY_FD = "4", "5"
"""What it has open besides its input and its answer, as answer.h has it."""
LEVEL = 4
"""The lowest level of LCMAPS' lines that the switch asks for: it reads them."""
KEEPER = Account("glexec", GLEXEC_UID, Group("glexec", GLEXEC_GID))
"""As whom LCMAPS runs in a set-id installation."""


@dataclass(frozen=True, slots=True)
class Words:
    """A command with all that its start takes."""

    words: tuple[str, ...]
    env: Mapping[str, str]
    stdin: str = "/dev/null"
    reads: Mapping[str, str] = field(default_factory=dict)
    """Descriptor -> file that it has open."""
    writes: Mapping[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> dict[str, object]:
        """As plans have it."""
        return dataclasses.asdict(self)


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
        entries = [folder(PLACE), folder(f"{PLACE}/bench"), folder(f"{PLACE}/bench/node")]
        for name in SCRIPTS:
            entries.append(Entry(f"{PLACE}/bench/node/{name}.py", node.joinpath(f"{name}.py").read_bytes()))
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
        command = ["python3", f"{PLACE}/bench/node/{script}.py", f"{PLACE}/plan.json"]
        return json.loads(node.run(command, env={"PYTHONPATH": PLACE}, limit=limit).text)

    def switch(self, account: str, name: str, *command: str) -> Words:
        """The switch called by a pilot account with somebody's proxy."""
        return Words(
            (SWITCH, *command), {"GLEXEC_CLIENT_CERT": f"{PLACE}/{account}/{name}", "HOME": f"/home/{account}"}
        )

    def lcmaps(self, account: str, name: str) -> Words:
        """What LCMAPS needs to map somebody in a process of ours: its settings as the switch gives them, the proxy."""
        config = self.world.site.file("glexec.conf")
        assert config is not None
        settings = ini.parse(config.content)
        env = {
            "LCMAPS_DB_FILE": settings.value("lcmaps_db_file", ""),
            "LCMAPS_POLICY_NAME": settings.value("lcmaps_get_account_policy", ""),
            "LCMAPS_DEBUG_LEVEL": str(max(LEVEL, int(settings.value("lcmaps_debug_level", "0")))),
        }
        return Words((), env, f"{PLACE}/{account}/{name}")

    def lcmaps_account(self, account: str, name: str) -> Words:
        """The program that the switch has LCMAPS run in, started as the switch starts it, but by itself."""
        bare = self.lcmaps(account, name)
        policy = {POLICY_FD: bare.env["LCMAPS_DB_FILE"]}
        env = {**bare.env, "LCMAPS_DB_FILE": f"/proc/self/fd/{POLICY_FD}"}
        log = {LOG_FD: f"{PLACE}/{account}/lcmaps.log"}
        return dataclasses.replace(bare, words=(LCMAPS_ACCOUNT,), env=env, reads=policy, writes=log)
