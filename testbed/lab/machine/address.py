"""Where the engine is: DOCKER_HOST, the Docker context, or the default socket, in Docker's own order."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.model.problem import Problem

DEFAULT = "unix:///var/run/docker.sock"
USUAL_SOCKETS = (DEFAULT, "unix:///run/docker.sock")


@dataclass(frozen=True, slots=True)
class Address:
    """An engine's address, who gave it, and where the certificates for it lie if it needs any."""

    url: str
    source: str
    """``DOCKER_HOST``, ``the Docker context NAME`` or ``the default socket``."""
    certificates: Path | None = None
    """A folder with ca.pem, cert.pem and key.pem, as Docker names them."""

    @property
    def ours(self) -> bool:
        """Whether it is the default socket: the only engine that we would install or start."""
        return self.url in USUAL_SOCKETS

    @property
    def socket(self) -> str:
        """The path of its Unix socket; empty when it is none."""
        return self.url.removeprefix("unix://") if self.url.startswith("unix://") else ""


def address(environment: Mapping[str, str], home: Path) -> Address:
    """The address that Docker's own client would use with this environment and home folder."""
    folder = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    if host := environment.get("DOCKER_HOST"):
        verify = environment.get("DOCKER_TLS_VERIFY") and host.startswith("tcp://")
        return Address(host, "DOCKER_HOST", Path(environment.get("DOCKER_CERT_PATH") or folder) if verify else None)
    name = environment.get("DOCKER_CONTEXT") or _current(folder / "config.json")
    if name in ("", "default"):
        return Address(DEFAULT, "the default socket")
    return _of_context(name, folder / "contexts")


def _current(config: Path) -> str:
    try:
        return str(_json(config).get("currentContext", ""))
    except FileNotFoundError:
        return ""


def _of_context(name: str, contexts: Path) -> Address:
    ident = hashlib.sha256(name.encode()).hexdigest()
    meta = contexts / "meta" / ident / "meta.json"
    try:
        host = _json(meta)["Endpoints"]["docker"]["Host"]
    except (FileNotFoundError, KeyError, TypeError) as error:
        raise Problem(
            f"the Docker context {name!r} names no engine",
            where=str(meta),
            cause=f"{type(error).__name__}: {error}",
            remedy="docker context use default, or docker context create it again",
        ) from error
    certificates = contexts / "tls" / ident / "docker"
    return Address(str(host), f"the Docker context {name}", certificates if certificates.is_dir() else None)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise Problem("Docker's configuration cannot be read", where=str(path), cause=str(error)) from error
    return found if isinstance(found, dict) else {}
