"""The package mirror that this machine's own apt configuration names, made into one for Debian 13."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from testbed.lab.machine import command, packages
from testbed.lab.machine.sources import Source, deb822, one_line
from testbed.model.entry import Entry

SUITE = "trixie"
"""Debian 13, which all images are made of."""
ALIASES = ("oldoldstable", "oldstable", "stable", "testing", "unstable", "sid", "bullseye", "bookworm", SUITE, "forky")
SETTINGS = re.compile(
    r"Acquire::(Check-Valid-Until|Check-Date|Max-FutureTime|Min-ValidTime|Max-ValidTime|Force-?IPv[46]|Retries"
    r"|Allow\w*Repositories|By-Hash|Queue-Mode|Languages|PDiffs|https?(::.*)?|ftp(::.*)?)",
    re.IGNORECASE,
)
"""The settings of apt that are about fetching."""
NOT_HERE = re.compile(r"Auto-?Detect|SslCert|SslKey|CAPath|CAInfo|IssuerCert|::CRLFile", re.IGNORECASE)
"""Those that name files and programs of this machine, which an image does not have."""
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
KEYS = "/etc/apt/keyrings"
AUTHORITIES_INSIDE = f"{KEYS}/mirror-authorities.crt"
ARCHIVE_KEYS = "/usr/share/keyrings/debian-archive-"
"""Where every Debian has the archive's own keys."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where Debian 13 is fetched from, and how."""

    sources: tuple[Source, ...]
    """As this machine can use them: keys are named by their places here."""
    settings: tuple[str, ...] = ()
    """Lines of apt.conf."""
    authorities: Path | None = None
    """The certificates by which an https mirror is checked."""

    def stanzas(self, *suites: str) -> str:
        """The sources of these suites, or of all, as a .sources file for this machine."""
        return _stanzas(source for source in self.sources if not suites or source.suites[0] in suites)

    def tree(self) -> tuple[Entry, ...]:
        """What makes an image use this mirror and no other; keys and certificates come along."""
        files: dict[str, Entry] = {}
        carried = [_with_key(source, files) for source in self.sources]
        settings = list(self.settings)
        if self.authorities:
            files[AUTHORITIES_INSIDE] = Entry(AUTHORITIES_INSIDE, self.authorities.read_bytes())
            settings.append(f'Acquire::https::CAInfo "{AUTHORITIES_INSIDE}";')
        return (
            Entry("/etc/apt/sources.list.d/mirror.sources", _stanzas(carried).encode()),
            Entry("/etc/apt/apt.conf.d/60mirror", "".join(f"{line}\n" for line in settings).encode()),
            *files.values(),
        )


def read() -> Mirror | None:
    """The mirror of this machine; nothing where it has no Debian one, as on Ubuntu."""
    if not command.on_path("apt-config"):
        return None
    configuration = dict(_configuration(command.run(["apt-config", "dump", "--format", "%f %v%n"], limit=10)))
    machine = packages.system()
    codename = machine.get("VERSION_CODENAME", "") if machine.get("ID") == "debian" else ""
    return choose(_machine_sources(configuration), configuration, codename, os.environ)


def choose(
    sources: Iterable[Source], configuration: Mapping[str, str], codename: str, environment: Mapping[str, str]
) -> Mirror | None:
    """The Debian mirror among a machine's sources, with its security and updates suites if the machine has them.

    ``codename`` is the machine's own release if that is Debian's, else "".
    """
    ours = [
        (source, suite)
        for source in sources
        for suite in source.suites
        if suite.split("-")[0] == codename or (suite.split("-")[0] in ALIASES and _looks_debian(source))
    ]
    archives = [(source, suite) for source, suite in ours if "-" not in suite and "main" in source.components]
    if not archives:
        return None
    main, suite = max(archives, key=lambda found: _looks_debian(found[0]))  # the first of the best
    wanted = [_for_13(main, SUITE)]
    for more in ("updates", "security"):
        found = next((source for source, name in ours if name in (f"{suite}-{more}", f"{codename}-{more}")), None)
        if found:
            wanted.append(_for_13(found, f"{SUITE}-{more}"))
    settings = [
        f'{name} "{value}";'
        for name, value in configuration.items()
        if value and SETTINGS.fullmatch(name) and not NOT_HERE.search(name)
    ]
    for scheme in ("http", "https"):
        proxy = environment.get(f"{scheme}_proxy")
        if proxy and f"Acquire::{scheme}::Proxy" not in configuration:
            settings.append(f'Acquire::{scheme}::Proxy "{proxy}";')
    bundle = Path(configuration.get("Acquire::https::CAInfo") or AUTHORITIES)
    secure = any(source.uri.startswith("https:") for source in wanted) and bundle.is_file()
    return Mirror(tuple(wanted), tuple(settings), bundle if secure else None)


def _looks_debian(source: Source) -> int:
    """How much a source looks like the Debian archive itself rather than another project's packages for Debian."""
    return 2 * (ARCHIVE_KEYS in source.options.get("signed-by", "")) + source.uri.rstrip("/").endswith(
        ("/debian", "/debian-security")
    )


def _for_13(source: Source, suite: str) -> Source:
    return replace(source, uri=_plain(source.uri), suites=(suite,), components=("main",))


def _plain(uri: str) -> str:
    """An address that also works inside an image: cloud images of Debian keep theirs in a file of their own."""
    if not uri.startswith("mirror+file:"):
        return uri
    listed = Path("/" + uri.removeprefix("mirror+file:").lstrip("/")).read_text()
    return next(line.split()[0] for line in listed.splitlines() if line.strip() and not line.startswith("#"))


def _with_key(source: Source, files: dict[str, Entry]) -> Source:
    """The source with its key at a place that an image has; the archive's own keys are there already."""
    key = source.options.get("signed-by", "")
    if key.startswith("-----BEGIN"):
        content, suffix = key.encode() + b"\n", ".asc"
    elif key.startswith("/") and not key.startswith(ARCHIVE_KEYS):
        content, suffix = Path(key).read_bytes(), Path(key).suffix
    else:
        return source
    place = f"{KEYS}/mirror-{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
    files[place] = Entry(place, content)
    return replace(source, options={**source.options, "signed-by": place})


def _stanzas(sources: Iterable[Source]) -> str:
    return "\n".join(_stanza(source) for source in sources)


def _stanza(source: Source) -> str:
    fields = {
        "Types": "deb",
        "URIs": source.uri,
        "Suites": " ".join(source.suites),
        "Components": " ".join(source.components),
        **{name.title(): value for name, value in source.options.items()},
    }
    return "".join(f"{name}: {_folded(value)}\n" for name, value in fields.items())


def _folded(value: str) -> str:
    """A value of several lines, such as a key, as deb822 has it: indented, a dot for an empty line."""
    lines = value.split("\n")
    return value if len(lines) == 1 else "".join(f"\n {line or '.'}" for line in lines)


def _configuration(dump: str) -> Iterator[tuple[str, str]]:
    for line in dump.splitlines():
        name, _, value = line.partition(" ")
        yield name, value


def _machine_sources(configuration: Mapping[str, str]) -> Iterator[Source]:
    etc = Path("/", configuration.get("Dir") or "/", configuration.get("Dir::Etc") or "etc/apt")
    single = etc / (configuration.get("Dir::Etc::sourcelist") or "sources.list")
    parts = etc / (configuration.get("Dir::Etc::sourceparts") or "sources.list.d")
    for path in [single, *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]:
        if path.is_file():
            yield from (deb822 if path.suffix == ".sources" else one_line)(path.read_text())
