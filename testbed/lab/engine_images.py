"""Images in a Docker engine, by its HTTP interface: builds can be cut short at once, and nothing need be installed."""

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from testbed.lab.images import Readable
from testbed.lab.machine import command
from testbed.lab.machine.address import Address
from testbed.lab.machine.http import connection
from testbed.model.problem import Problem

SHORT_LIMIT = 60.0
"""Seconds for what the engine does without a builder or a registry."""
LOAD_LIMIT = 300.0
LAYER = re.compile(r" ---> ([0-9a-f]{12,64})")
"""What the classic builder says when it has made or found a layer."""


class DockerImages:
    """An `ImageStore` in the engine at an address. May be used from several threads."""

    def __init__(self, where: Address) -> None:
        self._where = where
        self._open: set[socket.socket] = set()
        self._cancelled = False

    def labels(self, reference: str) -> Mapping[str, str] | None:
        """The labels of an image, or nothing where there is no such image."""
        found = self._inspect(reference)
        return None if found is None else dict(found["Config"].get("Labels") or {})

    def identity(self, reference: str) -> str:
        """The id of an image, or "" where there is no such image."""
        found = self._inspect(reference)
        return "" if found is None else str(found["Id"])

    def load(self, reference: str, root: Readable, changes: Sequence[str] = ()) -> None:
        """Make an image of a root file system's tar; a tar that breaks off makes none."""
        name, _, tag = reference.rpartition(":")
        query = [("fromSrc", "-"), ("repo", name), ("tag", tag), *(("changes", change) for change in changes)]
        for _ in self._lines("/images/create", query, root, limit=LOAD_LIMIT, what=f"{reference} cannot be made"):
            pass

    def pull(self, reference: str, *, silence: float, limit: float) -> bool:
        """Fetch an image; whether it came within ``limit`` seconds and was never silent longer than ``silence``."""
        name, _, tag = reference.rpartition(":") if ":" in reference.split("/")[-1] else (reference, "", "latest")
        query = [("fromImage", name), ("tag", tag)]
        try:
            for _ in self._lines("/images/create", query, None, limit=limit, what="no answer", silence=silence):
                pass
        except Problem:
            return False
        return bool(self.identity(reference))

    def build(
        self,
        context: Readable,
        dockerfile: str,
        reference: str,
        *,
        labels: Mapping[str, str],
        args: Mapping[str, str],
        limit: float,
    ) -> Iterator[str]:
        """Build an image from a tar by the classic builder; the lines that it says."""
        query = [
            ("dockerfile", dockerfile),
            ("t", reference),
            ("labels", json.dumps(dict(labels))),
            ("buildargs", json.dumps(dict(args))),
            ("networkmode", "host"),  # whatever way this machine has to its mirror, a build has too
            ("rm", "1"),
            ("forcerm", "1"),
        ]
        layer = ""
        try:
            for line in self._lines("/build", query, context, limit=limit, what=f"{reference} cannot be built"):
                if found := LAYER.fullmatch(line):
                    layer = found[1]
                yield line
        except Problem:
            if layer and not self._cancelled:
                self._remove_nameless(layer)
            raise

    def tidy(self, label: str) -> None:
        """Remove the images with this label that have lost their names and that no container uses."""
        query = urlencode({"filters": json.dumps({"dangling": ["true"], "label": [label]})})
        with self._asking(
            "GET", f"/images/json?{query}", limit=SHORT_LIMIT, what="images cannot be listed"
        ) as response:
            nameless = [image["Id"] for image in json.load(response)]
        for image in nameless:
            self._remove_nameless(image)

    def cancel(self) -> None:
        """End at once what is under way in other threads, and start nothing more."""
        self._cancelled = True
        for line in list(self._open):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _lines(
        self,
        path: str,
        query: Sequence[tuple[str, str]],
        body: Readable | None,
        *,
        limit: float,
        what: str,
        silence: float | None = None,
    ) -> Iterator[str]:
        """What the engine says while it works; a `Problem` with the last of it when it fails."""
        deadline = time.monotonic() + limit
        said: list[str] = []
        call = f"{path}?{urlencode(query)}"
        with self._asking("POST", call, body, limit=silence or limit, what=what, work=True) as response:
            for line in response:
                told = json.loads(line)
                if error := told.get("error") or told.get("message"):
                    raise _failed(what, said, str(error))
                if text := str(told.get("stream") or told.get("status") or "").rstrip():
                    said.append(text)
                    yield text
                if time.monotonic() > deadline:
                    raise _failed(what, said, f"not done after {limit:.0f} s")

    def _inspect(self, reference: str) -> dict[str, Any] | None:
        path = f"/images/{quote(reference)}/json"
        with self._asking("GET", path, limit=SHORT_LIMIT, what=f"{reference} cannot be seen") as response:
            found = json.load(response)
        return found if response.status == http.client.OK else None

    def _remove_nameless(self, image: str) -> None:
        found = self._inspect(image)
        if found and not found["RepoTags"]:
            with self._asking("DELETE", f"/images/{image}", limit=SHORT_LIMIT, what=f"{image} stays") as response:
                response.read()  # 409 where a container uses it

    @contextlib.contextmanager
    def _asking(
        self, verb: str, path: str, body: Readable | None = None, *, limit: float, what: str, work: bool = False
    ) -> Iterator[http.client.HTTPResponse]:
        """The engine's answer. Only ``work``, such as a build, is what `cancel` ends."""
        asked = connection(self._where, limit)
        try:
            asked.connect()
            if work:
                self._open.add(asked.sock)
                if self._cancelled:
                    raise Problem(what, cause="it was given up")
            chunked = {"Content-Type": "application/x-tar", "Transfer-Encoding": "chunked"} if body else {}
            with contextlib.suppress(BrokenPipeError):  # an engine that refuses midway says why, and reads no further
                asked.request(verb, path, body, chunked, encode_chunked=bool(body))
            response = asked.getresponse()
            if response.status >= 400 and response.status not in (404, 409):
                raise _failed(what, [], json.load(response).get("message", f"HTTP status {response.status}"))
            yield response
        except (OSError, http.client.HTTPException, ValueError) as error:
            cause = "it was given up" if self._cancelled else f"the engine: {error or type(error).__name__}"
            raise Problem(what, cause=cause, remedy="make doctor") from error
        finally:
            self._open.discard(asked.sock)
            asked.close()


def _failed(what: str, said: Sequence[str], error: str) -> Problem:
    cause = command.last_lines("\n".join([*said, error]))
    return Problem(what, cause=cause, remedy=command.remedy(cause))
