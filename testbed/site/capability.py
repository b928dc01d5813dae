"""What a site's worker node may do beyond the usual rights of a container: capabilities, few and named."""

from collections.abc import Mapping

SYS_ADMIN = "SYS_ADMIN"

ALLOWED: Mapping[str, str] = {
    SYS_ADMIN: "mounts: lcmaps_mount_under_scratch.mod gives payloads folders of their own; measures mount anew",
}
"""Capability -> what a worker node needs it for. What is not here a site cannot have: a container with all of them is
no worker node any more, it is the machine that it runs on."""
