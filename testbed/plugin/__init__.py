"""The testbed in pytest: the `matrix` of a scenario, its few fixtures, and a row for every cell that ran."""

from testbed.plugin.matrix import matrix

__all__ = ["matrix"]

pytest_plugins = ("testbed.plugin.options", "testbed.plugin.fixtures", "testbed.plugin.verdicts")
