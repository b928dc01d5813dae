"""A container testbed for glexec-style identity switching on grid worker nodes."""

__version__ = "0.1.0"
