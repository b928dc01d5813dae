"""What a payload has for itself, and what it shares with its node."""

import json
from dataclasses import dataclass, fields

from .failure import Failure

OWN, SHARED = "own", "shared"


@dataclass(frozen=True, slots=True)
class Options:
    """What the payload has for itself, and what it shares with its node. The defaults are mode container."""

    pid: str = OWN
    """Process numbers: what it cannot name it can neither look at nor signal."""
    ipc: str = OWN
    """System V and POSIX message queues, semaphores, shared memory of System V."""
    shm: str = OWN
    """/dev/shm, which is files and no matter of the ipc namespace."""
    network: str = SHARED
    """Addresses, ports and abstract sockets. Sites are advised to allow no network namespaces (EGI CSIRT, 2022)."""
    tmp: str = OWN
    """/tmp and /var/tmp."""
    home: str = OWN
    clean_environment: bool = True
    close_descriptors: bool = True
    """Descriptors above 2 do not reach it."""
    die_with_parent: bool = True
    """It does not outlive the launcher, whatever ends that."""
    new_session: bool = True
    """It has no terminal to put words into (TIOCSTI, CVE-2017-5226)."""

    @classmethod
    def parse(cls, text: str) -> "Options":
        """The options of a JSON object; what it leaves out is as usual."""
        remedy = f"give a JSON object with any of {', '.join(each.name for each in fields(cls))}"
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Failure(f"--options is no JSON: {str(error)[:200]}", remedy) from error
        if not isinstance(data, dict):
            raise Failure("--options is no JSON object", remedy)
        kinds = {each.name: each.type for each in fields(cls)}
        for name, value in data.items():
            if name not in kinds:
                raise Failure(f"--options has no {str(name)[:40]!r}", remedy)
            if type(value) is not kinds[name] or (kinds[name] is str and value not in (OWN, SHARED)):
                words = f"{OWN} or {SHARED}" if kinds[name] is str else "true or false"
                raise Failure(f"--options: {name} is {str(value)[:40]!r}", f"say {words}")
        return cls(**data)
