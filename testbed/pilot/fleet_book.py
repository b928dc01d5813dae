"""What stands in the queue's file of fleets and of the health of worker nodes: a VO that is begun again goes on."""

import json
from collections.abc import Mapping

from testbed.pilot.health import Health
from testbed.pilot.plan import Plan
from testbed.pilot.store import Store


class FleetBook:
    """All SQL of fleets, and no rule of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plans(self) -> Mapping[str, Plan]:
        """Every fleet that was started and not stopped."""
        rows = self._store.connection.execute("SELECT name, plan FROM fleets ORDER BY rowid")
        return {row["name"]: Plan.parse(json.loads(row["plan"])) for row in rows}

    def start(self, plan: Plan) -> None:
        """Keep a fleet, in the place of the one of this name."""
        with self._store.change() as store:
            store.execute("DELETE FROM fleets WHERE name = ?", (plan.name,))
            store.execute("INSERT INTO fleets (name, plan) VALUES (?, ?)", (plan.name, json.dumps(plan.json())))

    def stop(self, name: str) -> None:
        """Keep a fleet no longer."""
        with self._store.change() as store:
            store.execute("DELETE FROM fleets WHERE name = ?", (name,))

    def count(self, name: str) -> None:
        """One more pilot of this fleet was sent."""
        with self._store.change() as store:
            store.execute("UPDATE fleets SET sent = sent + 1 WHERE name = ?", (name,))

    def sent(self) -> Mapping[str, int]:
        """How many pilots each fleet has sent."""
        return {row["name"]: row["sent"] for row in self._store.connection.execute("SELECT name, sent FROM fleets")}

    def healths(self) -> dict[str, Health]:
        """What is known of nodes that were not well."""
        rows = self._store.connection.execute("SELECT name, health FROM nodes")
        return {row["name"]: Health.parse(json.loads(row["health"])) for row in rows}

    def note(self, node: str, health: Health) -> None:
        """Remember the health of a node; of one that is well there is nothing to remember."""
        with self._store.change() as store:
            store.execute("DELETE FROM nodes WHERE name = ?", (node,))
            if health != Health():
                store.execute("INSERT INTO nodes VALUES (?, ?)", (node, json.dumps(health.json())))
