"""Finding the container engine of this machine, or installing and starting one."""

import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from testbed.lab.machine import command, daemon, packages
from testbed.lab.machine.address import Address, address
from testbed.lab.machine.http import connection
from testbed.lab.machine.phases import Say
from testbed.lab.wait import eventually
from testbed.model.problem import Problem

OURS = ("testbed.run", "com.docker.compose.project=glexec-testbed")
"""The labels of what is ours: worlds, and the demo site that Compose brought up."""
PACKAGES = ("docker.io", "iptables", "docker-cli")
"""The engine, what it needs for networks, and its client where that is a package of its own (Debian 13)."""
ANSWER_LIMIT = 5.0
"""Seconds within which an engine that runs says its version."""
START_LIMIT = 60.0
"""Seconds that an engine may take to start, cleaning up after one that was killed included."""


@dataclass(frozen=True, slots=True)
class Found:
    """An engine that answers."""

    address: Address
    version: str


def look() -> Found | None:
    """The engine that answers now; changes nothing."""
    return ask(address(os.environ, Path.home()))


def ensure(say: Say) -> tuple[Found, str]:
    """An engine that answers, and how it came to be. Installs and starts one where that may be done."""
    where = address(os.environ, Path.home())
    if found := ask(where):
        finish_removals(where)
        return found, f"docker {found.version}, {where.source}"
    if not where.ours:
        raise Problem(
            "the container engine does not answer",
            where=f"{where.url} ({where.source})",
            remedy="start it, or unset DOCKER_HOST and run docker context use default to use this machine's own",
        )
    how = []
    if not command.on_path("dockerd"):
        why = "no container engine answers"
        packages.permit(why, "apt-get install docker.io iptables")
        packages.know()
        packages.install([name for name in PACKAGES if packages.candidate(name)], why, say)
        how.append("installed")
    if not (found := _under_way(where, installed=bool(how))):
        packages.permit("the container engine does not run", daemon.remedy())
        say(f"the container engine does not run: starting it ({daemon.how()})")
        found = _started(where)
        how.append("started")
    finish_removals(where)
    return found, f"docker {found.version}, {' and '.join(how) or 'was starting'}"


def ask(where: Address) -> Found | None:
    """The engine at an address if it answers; a `Problem` where it does but not to us."""
    asked = connection(where, ANSWER_LIMIT)
    try:
        asked.request("GET", "/version")
        return Found(where, str(json.load(asked.getresponse())["Version"]))
    except PermissionError as error:
        raise Problem(
            "this account may not use the container engine",
            where=where.url,
            cause=str(error),
            remedy=f"as root: usermod -aG docker {os.environ.get('USER', 'ACCOUNT')}; then log in again",
        ) from error
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None
    finally:
        asked.close()


def finish_removals(where: Address) -> list[str]:
    """Remove what an engine that was killed had half removed: its names would stay taken. Only what is ours."""
    removed = []
    for label in OURS:
        filters = json.dumps({"status": ["dead", "removing"], "label": [label]})
        for container in json.loads(
            _say(where, "GET", f"/containers/json?{urlencode({'all': 1, 'filters': filters})}")
        ):
            _say(where, "DELETE", f"/containers/{container['Id']}?force=1&v=1")
            removed.append(container["Id"])
    return removed


def _say(where: Address, verb: str, path: str) -> bytes:
    asked = connection(where, START_LIMIT)
    try:
        asked.request(verb, path)
        answer = asked.getresponse()
        said = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Problem("the container engine stopped answering", where=where.url, cause=str(error)) from error
    finally:
        asked.close()
    if answer.status >= 400 and answer.status not in (404, 409):  # gone, or somebody else removes it
        raise Problem(f"the container engine refuses {verb} {path}", where=where.url, cause=said.decode())
    return said


def _under_way(where: Address, *, installed: bool) -> Found | None:
    """The engine that somebody else, such as its package's own set-up, is starting just now."""
    number = daemon.running()
    patience = START_LIMIT if number else 3 if installed and daemon.systemd() else 0
    found = eventually(lambda: ask(where), within=patience, every=0.05)
    if number and not found and daemon.running() == number:
        raise Problem(
            "a container engine runs, but does not answer",
            where=where.url,
            found=f"dockerd, process {number}, silent for {START_LIMIT:.0f} s",
            remedy=f"as root: kill {number}; if it stays, kill -9 {number}; then try again",
        )
    return found


def _started(where: Address) -> Found:
    process = daemon.start()
    try:
        found = eventually(
            lambda: ask(where) or (process is not None and process.poll() is not None),
            within=START_LIMIT,
            every=0.05,
        )
    except BaseException:
        daemon.give_up(process)
        raise
    if isinstance(found, Found):
        return found
    daemon.give_up(process)
    raise Problem(
        "the container engine does not start",
        where=where.url,
        cause=daemon.log_end(),
        remedy=f"{command.remedy(daemon.log_end()) or 'mend what its log names'} ({daemon.log_place()})",
    )
