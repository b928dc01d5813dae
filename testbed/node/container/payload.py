"""What is run in a container, and what of the node's goes in with it."""

import argparse
import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from ..common.plain_file import read_plain
from .failure import Failure
from .options import Options

LARGEST_PROXY = 1 << 20


@dataclass(frozen=True, slots=True)
class Payload:
    """What is run, and where its things lie on the node."""

    argv: list[str]
    environment: dict[str, str]
    home: str
    folder: str = ""
    """Where it starts and may write; empty: in its home."""
    proxy_folder: str = ""
    """The folder with its proxy and nothing else, shown as it is: a renewed proxy is seen."""
    proxy: bytes | None = None
    """A copy, where there is no such folder."""


def payload_of(chosen: argparse.Namespace, environment: Mapping[str, str], options: Options) -> Payload:
    """The payload with the part of an environment that goes with it."""
    who = pwd.getpwuid(os.getuid())
    kept = dict(environment)
    if options.clean_environment:
        kept = {name: value for name, value in environment.items() if name.startswith("GLEXEC_")}
        kept |= {"HOME": who.pw_dir, "USER": who.pw_name, "LOGNAME": who.pw_name, "PATH": "/usr/bin"}
    payload = Payload(chosen.command, kept, who.pw_dir, chosen.folder or "")
    file = environment.get("X509_USER_PROXY")
    if not file:
        return payload
    if chosen.proxy_folder and os.path.dirname(file) == chosen.proxy_folder:
        shown = kept | {"X509_USER_PROXY": file}
        return Payload(payload.argv, shown, payload.home, payload.folder, private(chosen.proxy_folder))
    shown = kept | {"X509_USER_PROXY": f"{who.pw_dir}/proxy.pem"}
    return Payload(payload.argv, shown, payload.home, payload.folder, proxy=read_proxy(file))


def private(folder: str) -> str:
    """A folder that nobody else can look into. Raises `Failure` for another."""
    seen = os.lstat(folder)
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise Failure(f"{folder} is no private folder of uid {os.getuid()}", f"chmod 700 {folder}")
    return folder


def read_proxy(file: str) -> bytes:
    """The proxy. What is no plain file is not waited for."""
    remedy = "let X509_USER_PROXY name the payload's proxy, or unset it"
    try:
        content = read_plain(file, LARGEST_PROXY)
    except OSError as error:
        raise Failure(f"cannot read the proxy {file}: {error.strerror}", remedy) from error
    if len(content) > LARGEST_PROXY:
        raise Failure(f"{file} is no proxy: it is larger than {LARGEST_PROXY} bytes", remedy)
    return content
