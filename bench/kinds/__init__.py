"""Measures kinds of job beside each other: classic, single-user pilots, multi-user pilots."""
