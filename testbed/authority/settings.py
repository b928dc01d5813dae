"""How the service runs: ports, limits, lifetimes of its caches; from authority.toml, every key optional."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from testbed.authority.caches import Lifetimes
from testbed.model.problem import Problem, nearest

Part = TypeVar("Part", bound="Ports | Limits | Lifetimes | Faces | Settings")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where it listens, TCP; 0 is any free port."""

    argus: int = 8154
    """TLS: Argus' PEP daemon."""
    admin: int = 8155
    """Plain, loopback only: what pepdctl calls."""
    grid: int = 8443
    """TLS: SCAS, GUMS, lcmaps-rest with the client's certificate, AuthZEN."""
    rest: int = 7443
    """TLS, no client certificate asked for: lcmaps-rest by name."""
    plain: int = 8008
    """Plain: the same."""
    control: int = 8199
    """TLS with a token: faults, log, bans."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all of them together, can take. Sizes in bytes, times in seconds."""

    body: int = 1024 * 1024
    """Of one request."""
    bodies: int = 64 * 1024 * 1024
    """Of all requests that are being read at a time."""
    handshake: float = 30.0
    """As long as any client waits: of 2000 that come at once the last one is served after some seconds."""
    read: float = 30.0
    """From the first byte that may come to the last one of a request."""
    idle: float = 15.0
    """Between two requests on one connection."""
    connections: int = 4096
    queue: int = 700
    """Requests at a time: the 200 at work and 500 waiting of Argus' PEP daemon (documented)."""
    log: int = 20_000
    """Lines of the decision log that are kept."""


@dataclass(frozen=True, slots=True)
class Faces:
    """What sites may set differently in the services that this one stands for."""

    echo: bool = True
    """Whether Argus' responses repeat the request, as the real ones do; some names in it make the C client fail."""
    gums_group: str = "none"
    """What GUMS says of an account's group: ``none``, ``number`` or ``name``."""
    rest_fqan: bool = False
    """Whether lcmaps-rest reads its parameter ``fqan``: documented, and ignored by the real one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of authority.toml."""

    address: str = "0.0.0.0"  # noqa: S104  a container's own network
    client_certificates: bool = True
    """Whether the TLS ports of Argus and of the grid's services demand one, as production sites set it."""
    log_file: str = ""
    """Where the decision log goes besides memory: a path, or ``-`` for standard output."""
    ports: Ports = field(default_factory=Ports)
    limits: Limits = field(default_factory=Limits)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    faces: Faces = field(default_factory=Faces)


def load_settings(file: Path) -> Settings:
    """The settings in a file; all defaults where there is none. Raises `Problem`."""
    try:
        data = tomllib.loads(file.read_text())
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Problem("authority.toml cannot be read", where=str(file), cause=str(error)) from None
    return _filled(Settings(), data, str(file), "")


def _filled(part: Part, data: Mapping[str, object], file: str, table: str) -> Part:
    known = {one.name for one in fields(part)}
    for key, value in data.items():
        where = f"{file}: {table}{key}"
        if key not in known:
            raise Problem(
                "authority.toml has no such key",
                where=where,
                expected=", ".join(sorted(known)),
                remedy=f"say {near}" if (near := nearest(key, known)) else "",
            )
        found: Any = _value(getattr(part, key), value, where, file, f"{table}{key}.")
        part = replace(part, **{key: found})
    return part


def _value(default: object, value: object, where: str, file: str, table: str) -> object:
    if isinstance(default, Ports | Limits | Lifetimes | Faces):
        if isinstance(value, dict):
            return _filled(default, value, file, table)
        raise Problem("this has to be a table", where=where, found=repr(value))
    if isinstance(default, bool | str):
        if isinstance(value, type(default)):
            return value
        raise Problem("a value of another kind", where=where, found=repr(value), expected=type(default).__name__)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Problem("a value of another kind", where=where, found=repr(value), expected="a number, 0 or more")
    if isinstance(default, int) and (not isinstance(value, int) or (table.startswith("ports.") and value > 65535)):
        raise Problem(
            "a value of another kind", where=where, found=repr(value), expected="a whole number, if a port up to 65535"
        )
    return value if isinstance(default, int) else float(value)
