"""The test grid of one run as a value: every file by its relative path, and who presents which proxy."""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from testbed.model.entry import Entry, folder
from testbed.model.problem import Problem, nearest

INDEX = "grid.json"
SECRET = 0o600
PUBLIC = 0o644


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who presents which proxy: the name scenarios use, the DN and FQANs that relying parties see, the file."""

    name: str
    dn: str
    vo: str
    fqans: tuple[str, ...]
    file: str


@dataclass(frozen=True, slots=True)
class GridFile:
    """One file of the grid."""

    content: bytes
    mode: int = PUBLIC


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything a run needs to know and to prove who is who; `docs/credentials.md` shows the folders."""

    files: Mapping[str, GridFile]

    def read(self, path: str) -> bytes:
        """The content of one file: ``hosts/pilot/hostcert.pem``."""
        if path not in self.files:
            raise Problem(
                "the test grid has no such file", found=path, expected=nearest(path, self.files) or "see grid.json"
            )
        return self.files[path].content

    @property
    def bearers(self) -> tuple[Bearer, ...]:
        """Everybody who has a proxy, in the order of the cast."""
        rows = json.loads(self.read(INDEX))["bearers"]
        return tuple(Bearer(**{**row, "fqans": tuple(row["fqans"])}) for row in rows)

    def bearer(self, name: str) -> Bearer:
        """Who is called so: ``alice``, ``alice:production``."""
        known = {bearer.name: bearer for bearer in self.bearers}
        if name not in known:
            raise Problem(
                "nobody of that name has a proxy",
                found=name,
                expected=", ".join(known),
                remedy=f"say {near}" if (near := nearest(name, known)) else "",
            )
        return known[name]

    def entries(self, part: str, to: str, uid: int = 0, gid: int = 0) -> tuple[Entry, ...]:
        """One folder of the grid (or one file), to be laid over a container at ``to``.

        >>> grid.entries("certificates", "/etc/grid-security/certificates")  # doctest: +SKIP
        """
        if part in self.files:
            return (Entry(to, self.files[part].content, self.files[part].mode, uid, gid),)
        inside = {path.removeprefix(part + "/"): path for path in self.files if path.startswith(part + "/")}
        if not inside:
            raise Problem("the test grid has no such folder", found=part, remedy=f"one of {', '.join(self.folders)}")
        folders = {str(PurePosixPath(to, parent)) for path in inside for parent in PurePosixPath(path).parents}
        return (
            *(folder(path, uid=uid, gid=gid) for path in sorted(folders)),
            *(
                Entry(f"{to}/{short}", self.files[path].content, self.files[path].mode, uid, gid)
                for short, path in inside.items()
            ),
        )

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders at the top."""
        return tuple(sorted({path.split("/")[0] for path in self.files if "/" in path}))

    def tar(self) -> bytes:
        """The grid as one tar; `from_tar` gives it back."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, file in sorted(self.files.items()):
                info = tarfile.TarInfo(path)
                info.size, info.mode = len(file.content), file.mode
                archive.addfile(info, io.BytesIO(file.content))
        return buffer.getvalue()

    @classmethod
    def from_tar(cls, archive: bytes) -> "Grid":
        """The grid that was written by `tar`, in this process or in another."""
        files = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as members:
                for info in members:
                    content = members.extractfile(info)
                    if content is not None:
                        files[info.name] = GridFile(content.read(), info.mode)
        except tarfile.TarError as error:
            raise Problem(
                "this is not the tar of a test grid", found=f"{len(archive)} bytes", cause=str(error)
            ) from None
        if INDEX not in files:
            raise Problem("this tar holds no test grid", found=", ".join(sorted(files)) or "nothing", expected=INDEX)
        return cls(MappingProxyType(files))

    def write(self, directory: Path) -> None:
        """The grid as files below ``directory``, private ones readable by their owner only from the first moment."""
        for path, file in self.files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.touch(file.mode)
            target.write_bytes(file.content)
            target.chmod(file.mode)
