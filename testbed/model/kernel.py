"""The settings of a worker node's kernel that decide whether an attack can succeed there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a node says of itself (`testbed/node/probes/kernel.py`); the defaults are those of a plain Debian 13."""

    ptrace_scope: int = 0
    """kernel.yama.ptrace_scope: from 1 on nobody traces what is not his own child; 0 also where there is no Yama."""
    hidepid: bool = False
    """/proc is mounted with hidepid=2 (invisible): processes of other accounts are not there."""
    protected_symlinks: int = 1
    protected_hardlinks: int = 1
    protected_regular: int = 2
    protected_fifos: int = 1
    """fs.protected_*: whether links, files and pipes that others planted in *sticky* folders are followed and opened
    (kernel, sysctl/fs.rst). Where a folder has lost that bit none of these does anything; to rename or remove
    somebody's name in it the bit alone is asked, whatever these say (inode(7))."""
    suid_dumpable: int = 0
    core_pattern: str = "core"
    """Where the kernel writes core dumps; one that begins with | or / leaves none in the process's folder."""
    tmp_nosuid: bool = False
    """/tmp, /var/tmp and /dev/shm ignore set-id bits."""
    user_namespaces: int = 1
    """user.max_user_namespaces: 0 refuses them to everybody."""
    network_namespaces: int = 1
    """user.max_net_namespaces."""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Kernel":
        """The settings of JSON data; what a kernel has not is as the defaults say."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if data.get(name) is not None}
        return cls(**known)

    def json(self) -> dict[str, Any]:
        """The settings as JSON data, for the row's evidence."""
        return asdict(self)
