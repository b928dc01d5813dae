"""Says what a process has from those that started it: ``python3 inherited.py``, one JSON object."""

import json
import os
import resource
import stat
from pathlib import Path


def status(*names: str) -> dict[str, str]:
    """What the kernel says of this process: lines of ``/proc/self/status``."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines) if name in names}


def limits() -> dict[str, list[int]]:
    """Every resource limit, soft and hard."""
    names = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
    return {name: list(resource.getrlimit(getattr(resource, name))) for name in names}


def descriptors() -> list[str]:
    """Every open descriptor, without the one that reads the list."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(f"{number} {stat.filemode(os.fstat(int(number)).st_mode)[0]}")
        except OSError:
            continue
    return sorted(found)


def main() -> None:
    """Print the facts."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    signals = status("SigIgn", "SigBlk")
    facts = {
        "limits": limits(),
        "nice": os.nice(0),
        "affinity": sorted(os.sched_getaffinity(0)),
        "out of memory": int(Path("/proc/self/oom_score_adj").read_text()),
        "cgroup": Path("/proc/self/cgroup").read_text().splitlines(),
        "process group": int(fields[2]),
        "session": int(fields[3]),
        "terminal": int(fields[4]),
        "mask": status("Umask")["Umask"],
        "descriptors": descriptors(),
        "ignored signals": signals["SigIgn"],
        "blocked signals": signals["SigBlk"],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
