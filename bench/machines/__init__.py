"""Measures how fast a payload's virtual machine starts, and what it takes: ``bench/vm``."""
