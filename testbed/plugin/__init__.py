"""The testbed in pytest: a scenario's `matrix` and what it `shows`, its few fixtures, a row for every cell that ran."""

from testbed.plugin.matrix import matrix, shows

__all__ = ["matrix", "shows"]

pytest_plugins = ("testbed.plugin.options", "testbed.plugin.fixtures", "testbed.plugin.verdicts")
