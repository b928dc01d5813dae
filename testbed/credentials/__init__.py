"""The test grid: a certificate authority, hosts, people, proxies and ssh keys, made fresh for each run."""

from testbed.credentials.grid import Bearer, Grid, GridFile
from testbed.credentials.make import make_grid

__all__ = ["Bearer", "Grid", "GridFile", "make_grid"]
