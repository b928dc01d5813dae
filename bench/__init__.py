"""Measures the switch on a worker node: its speed, many callers at once, the race for first pool accounts."""
