"""The container engine, behind the few verbs that worlds need. One of the two files that know the docker SDK."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import docker.errors
import requests.exceptions

from testbed.lab.machine.address import address as usual_address
from testbed.lab.wait import eventually
from testbed.model.problem import Problem

RUN = "testbed.run"
"""Label of everything that belongs to one run: its id."""
OWNER = "testbed.owner"
"""Label that names the process whose death makes a thing garbage, see `owner`."""


PATIENCE = 30
"""Seconds within which the engine must answer."""
IMPATIENCE = 2
"""The same once it has not: what is left to do is clearing up."""
REMOVAL = 10.0
"""Seconds that the containers of a network may take to go."""


class EngineGone(Problem):
    """The engine stopped answering. What it holds stays until it is back."""

    def __init__(self, address: str, wanted: str, error: BaseException) -> None:
        while error.args and isinstance(error.args[-1], BaseException):
            error = error.args[-1]
        super().__init__(
            "the container engine stopped answering",
            where=address,
            found=wanted,
            cause=str(error),
            remedy="make doctor; once it answers, testbed gc removes what was left behind",
        )


@dataclass(frozen=True, slots=True)
class Spec:
    """A container to be started, with Docker's default capabilities unless a site needs more."""

    image: str
    name: str
    hostname: str
    network: str
    labels: Mapping[str, str]
    tree: bytes
    """A tar laid over `/` before the first process starts."""
    environment: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    """Added for a site that asks for them."""
    security: tuple[str, ...] = ()
    """As ``docker run --security-opt`` has them."""
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    """Folder -> mount options, as an errand has them."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One command in a container that is gone afterwards, with whatever it needs to find something out."""

    image: str
    command: tuple[str, ...]
    labels: Mapping[str, str]
    network: str = "none"
    capabilities: tuple[str, ...] = ()
    """Added to Docker's default ones."""
    security: tuple[str, ...] = ()
    """As ``docker run --security-opt`` has them."""
    devices: tuple[str, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    """Folder -> mount options, such as ``exec,nosuid``."""
    processes: str = ""
    """The container whose processes it sees, by its id, instead of its own alone."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an errand ended."""

    code: int
    out: bytes
    err: str


class _Client(docker.APIClient):
    """Docker's own client, and the address that it was made for."""

    def __init__(self, address: str) -> None:
        super().__init__(base_url=address, timeout=PATIENCE, version="auto")
        self.address = address


@dataclass(frozen=True, slots=True)
class State:
    """How a container stands that somebody else may have started."""

    running: bool
    code: int
    current: bool
    """Whether it is made of the image that has its image's name now."""
    age: float
    """Seconds since it was made."""


class Container:
    """A started container that lives no longer than this object's lifeline, the one attachment to its input."""

    def __init__(self, api: _Client, ident: str, name: str, address: str, lifeline: Any, began: float = 0.0) -> None:
        self._api = api
        self.ident = ident
        self.name = name
        self.address = address
        self.began = began
        """When it was asked to start, on the clock of `time.monotonic`."""
        self._lifeline = lifeline

    def logs(self, lines: int = 20) -> str:
        """The last lines that its first process and its children wrote, or why they cannot be had."""
        try:
            with _problems(self._api, "no log"):
                return str(self._api.logs(self.ident, tail=lines).decode(errors="replace"))
        except Problem as problem:
            return f"({problem.what}: {problem.cause})"

    def execute(self, command: Sequence[str], limit: float) -> bytes:
        """The standard output of a command in it, run as root; a `Problem` when it fails or takes longer."""
        what = f"{' '.join(command)} failed in the container {self.name}"
        with _problems(self._api, what):
            bounded = ["timeout", "-s", "KILL", f"{limit:g}", *command]
            ident = self._api.exec_create(self.ident, bounded, user="root")["Id"]
            out, err = self._api.exec_start(ident, demux=True)
            code = self._api.exec_inspect(ident)["ExitCode"]
        if code != 0:
            raise Problem(what, found=f"exit code {code}\n{(err or b'').decode(errors='replace')[-2000:]}")
        return bytes(out or b"")

    def ending(self, limit: float) -> Ending:
        """How its first process ends, awaited for so many seconds; a `Problem` when it does not."""
        try:
            code = self._api.wait(self.ident, timeout=int(limit))["StatusCode"]
        except requests.exceptions.RequestException as error:  # Timeout, or ConnectionError about a timeout
            with _problems(self._api, f"the end of the container {self.name} was awaited"):
                self._api.ping()
            raise Problem(f"a container did not end within {limit:g} s", cause=self.logs()) from error
        with _problems(self._api, f"what the container {self.name} wrote cannot be read"):
            out = bytes(self._api.logs(self.ident, stdout=True, stderr=False))
            err = self._api.logs(self.ident, stdout=False, stderr=True).decode(errors="replace")
        return Ending(code, out, err)

    def settings(self) -> dict[str, Any]:
        """The engine's own view of how it was started: Privileged, CapAdd, SecurityOpt and the rest of HostConfig."""
        with _problems(self._api, f"the container {self.name} cannot be looked at"):
            settings: dict[str, Any] = self._api.inspect_container(self.ident)["HostConfig"]
            return settings

    def stop(self) -> None:
        """End it and all that it holds; a container that is gone already is fine."""
        with contextlib.suppress(OSError):
            self._lifeline.close()
        _remove_container(self._api, self.ident)


class Engine:
    """A connection to the engine that DOCKER_HOST, the Docker context or the default socket gives."""

    def __init__(self, address: str | None = None) -> None:
        try:
            self.address = address or usual_address(os.environ, Path.home()).url
            self.api = _Client(self.address)
            self.version = str(self.api.version()["Version"])
            self.unfinished = False
            """Whether we were cut short while the engine made something for us."""
        except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
            raise Problem(
                "no container engine answers",
                where=self.address,
                cause=str(error),
                remedy="make doctor",
            ) from error

    def network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network of its own."""
        with _problems(self.api, f"the network {name} cannot be made"), self._making():
            self.api.create_network(name, driver="bridge", labels=dict(labels))

    def remove_network(self, name: str) -> None:
        """Remove a network, once its containers are gone; one that is gone already is fine."""

        def removed() -> bool:
            try:
                self.api.remove_network(name)
            except docker.errors.APIError as error:
                if error.status_code == 403:  # "has active endpoints": a container is about to go
                    return False
                if error.status_code != 404:
                    raise
            return True

        with _problems(self.api, f"the network {name} cannot be removed"):
            if not eventually(removed, within=REMOVAL, every=0.1):
                raise Problem(f"the network {name} cannot be removed", found="a container is still connected to it")

    def start(self, spec: Spec) -> Container:
        """Start a container whose first process ends when our end of its standard input closes."""
        with _problems(self.api, f"the container {spec.name} cannot be started"):
            with self._making():
                ident = self._create(spec)
            try:
                self.api.put_archive(ident, "/", spec.tree)
                lifeline = self.api.attach_socket(ident, params={"stdin": 1, "stream": 1})
                began = time.monotonic()
                self.api.start(ident)
                address = self._address(ident, spec.network)
            except BaseException:
                with contextlib.suppress(docker.errors.APIError):
                    self.api.remove_container(ident, force=True, v=True)
                raise
        return Container(self.api, ident, spec.name, address, lifeline, began)

    def attach(self, name: str, network: str) -> Container:
        """A container that somebody else started, such as Compose: it has no lifeline of ours."""
        with _problems(self.api, f"the container {name} cannot be found"):
            ident = str(self.api.inspect_container(name)["Id"])
            return Container(self.api, ident, name, self._address(ident, network), socket.socket())

    def state(self, name: str) -> State | None:
        """How a container stands; ``None`` where there is none of this name."""
        with _problems(self.api, f"the container {name} cannot be looked at"):
            try:
                seen = self.api.inspect_container(name)
            except docker.errors.NotFound:
                return None
            named = self.api.images(name=seen["Config"]["Image"])
        created = datetime.fromisoformat(seen["Created"][:19] + "+00:00")
        return State(
            seen["State"]["Running"],
            seen["State"]["ExitCode"],
            seen["Image"] in [image["Id"] for image in named],
            (datetime.now(UTC) - created).total_seconds(),
        )

    def read(self, name: str, path: str) -> bytes:
        """A tar of a path in a container, running or not."""
        with _problems(self.api, f"{path} cannot be read from the container {name}"):
            stream, _ = self.api.get_archive(name, path)
            return b"".join(stream)

    def root(self, image: str, labels: Mapping[str, str], largest: int) -> bytes | None:
        """A tar of the root file system that a container of an image begins with; ``None`` beyond so many bytes."""
        with _problems(self.api, f"the image {image} cannot be read"):
            try:
                # Made, never started: the command only has to be there, and an image FROM scratch names none.
                ident = self.api.create_container(image, ["-"], entrypoint="", labels=dict(labels))["Id"]
            except docker.errors.APIError as error:
                if error.status_code not in (400, 404):  # no name that an image could have, or none that one has
                    raise
                remedy = "docker image ls; a switch on this machine is named by its path"
                raise Problem("the engine has no such image", where=self.address, found=image, remedy=remedy) from error
            try:
                content = bytearray()
                for chunk in self.api.export(ident):
                    content += chunk
                    if len(content) > largest:
                        return None
                return bytes(content)
            finally:
                _remove_container(self.api, ident)

    def output(self, image: str, command: list[str], labels: Mapping[str, str], limit: float) -> bytes:
        """The standard output of a command in a container that is gone afterwards."""
        with self.errand(Errand(image, tuple(command), labels)) as container:
            ending = container.ending(limit)
        if ending.code != 0:
            what = f"{' '.join(command)} failed in {image}"
            raise Problem(what, found=f"exit code {ending.code}\n{ending.err[-2000:]}")
        return ending.out

    @contextlib.contextmanager
    def errand(self, errand: Errand) -> Iterator[Container]:
        """A container on an errand, gone when left. Its address is empty without a network, or when it has ended."""
        what = f"{errand.command[0]} cannot be run in {errand.image}"
        with _problems(self.api, what), self._making():
            ident = self.api.create_container(
                errand.image,
                list(errand.command),
                entrypoint="",
                labels=dict(errand.labels),
                detach=True,
                host_config=self.api.create_host_config(
                    network_mode=errand.network,
                    cap_add=list(errand.capabilities),
                    security_opt=list(errand.security),
                    devices=list(errand.devices),
                    tmpfs=dict(errand.tmpfs),
                    pid_mode=f"container:{errand.processes}" if errand.processes else None,
                ),
            )["Id"]
        container = Container(self.api, ident, ident[:12], "", socket.socket())
        try:
            with _problems(self.api, what):
                self.api.start(ident)
                networks = self.api.inspect_container(ident)["NetworkSettings"]["Networks"]
                container.address = str(networks.get(errand.network, {}).get("IPAddress", ""))
            yield container
        finally:
            container.stop()

    def facts(self) -> Mapping[str, Any]:
        """What the engine says of itself and its machine, as ``docker info`` has it."""
        with _problems(self.api, "the container engine does not tell about itself"):
            facts: Mapping[str, Any] = self.api.info()
            return facts

    def has_image(self, reference: str) -> bool:
        """Whether there is such an image."""
        with _problems(self.api, f"the engine does not tell whether it has the image {reference}"):
            return bool(self.api.images(reference))

    def owners(self) -> dict[str, str]:
        """Every run that still has a container or a network here: run id -> owner."""
        with _problems(self.api, "the engine does not tell what it holds"):
            things = [
                *(thing["Labels"] for thing in self.api.containers(all=True, filters={"label": RUN})),
                *(thing["Labels"] for thing in self.api.networks(filters={"label": RUN})),
            ]
        return {labels[RUN]: labels.get(OWNER, "") for labels in things}

    def sweep(self, run: str) -> list[str]:
        """Remove every container and network of a run; their names. What another sweep took first is fine."""
        filters = {"label": f"{RUN}={run}"}
        with _problems(self.api, "the engine does not tell what it holds"):
            containers = self.api.containers(all=True, filters=filters)
            networks = self.api.networks(filters=filters)
        with contextlib.ExitStack() as removals:  # the last one first; each is tried, whatever becomes of the others
            for network in networks:
                removals.callback(self.remove_network, network["Id"])
            for container in containers:
                removals.callback(_remove_container, self.api, container["Id"])
        names = [thing["Names"][0].lstrip("/") if thing["Names"] else thing["Id"][:12] for thing in containers]
        return names + [network["Name"] for network in networks]

    @contextlib.contextmanager
    def _making(self) -> Iterator[None]:
        """What is interrupted while the engine makes it may come into being after all."""
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self.unfinished = True
            raise

    def _create(self, spec: Spec) -> str:
        endpoint = self.api.create_endpoint_config(aliases=[spec.hostname])
        return str(
            self.api.create_container(
                spec.image,
                name=spec.name,
                hostname=spec.hostname,
                labels=dict(spec.labels),
                environment={**spec.environment, "TESTBED_LIFELINE": "yes"},
                stdin_open=True,
                detach=False,  # with stdin_open: the input is attached once, and its end is the container's
                host_config=self.api.create_host_config(
                    auto_remove=True,
                    network_mode=spec.network,
                    cap_add=list(spec.capabilities) or None,
                    security_opt=list(spec.security) or None,
                    tmpfs=dict(spec.tmpfs) or None,
                ),
                networking_config={"EndpointsConfig": {spec.network: endpoint}},
            )["Id"]
        )

    def _address(self, ident: str, network: str) -> str:
        seen = self.api.inspect_container(ident)
        address = seen["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress", "")
        if not address:
            raise Problem(
                "a container ended as soon as it had started",
                where=seen["Name"].lstrip("/"),
                found=f"state {seen['State']['Status']}, exit code {seen['State']['ExitCode']}",
                cause=self.api.logs(ident, tail=20).decode(errors="replace"),
            )
        return str(address)


def _remove_container(api: _Client, ident: str) -> None:
    """Remove a container; that somebody else has removed it, or is about to, is fine."""
    with _problems(api, f"the container {ident[:12]} cannot be removed"):
        try:
            api.remove_container(ident, force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code not in (404, 409):
                raise


@contextlib.contextmanager
def _problems(api: _Client, what: str) -> Iterator[None]:
    """Turn what the SDK raises into a `Problem` that names what was wanted."""
    try:
        yield
    except docker.errors.APIError as error:
        raise Problem(what, cause=str(error.explanation or error), remedy="make doctor") from error
    except requests.exceptions.RequestException as error:
        api.timeout = IMPATIENCE
        raise EngineGone(api.address, what, error) from error
    except docker.errors.DockerException as error:
        raise Problem(what, cause=str(error), remedy="make doctor") from error
