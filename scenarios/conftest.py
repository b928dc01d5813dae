"""Scenarios run against worlds of the testbed: `testbed run` finds them here."""
