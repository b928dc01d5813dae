"""VOMS attribute certificates, made by the real ``voms-proxy-fake`` with the key of the VO's own server."""

import base64
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from testbed.credentials import der
from testbed.credentials.ca import Authority
from testbed.credentials.certificate import SKEW, Identity
from testbed.credentials.key import KeyKind
from testbed.credentials.proxy import VOMS_ATTRIBUTES
from testbed.model.person import long_form
from testbed.model.problem import Problem

PROGRAM = "voms-proxy-fake"
PORT = 15000
_TIME_LIMIT = 20.0
"""Seconds; a call takes 0.02 s."""


@dataclass(frozen=True, slots=True)
class VomsServer:
    """The attribute authority of one VO: what signs that somebody is a member and holds a role."""

    vo: str
    identity: Identity
    authority_dn: str

    @classmethod
    def new(cls, vo: str, authority: Authority) -> "VomsServer":
        """The server of a VO; its key is RSA, as that of every real one."""
        return cls(vo, authority.host(f"voms.{vo}", KeyKind.RSA), authority.identity.dn)

    @property
    def host(self) -> str:
        """The server's name, which is also how its trust file is called."""
        return f"voms.{self.vo}"

    @property
    def lsc(self) -> bytes:
        """The trust file of relying parties: the server's name, then its authority's, a line each."""
        return f"{self.identity.dn}\n{self.authority_dn}\n".encode()

    def attributes(self, holder: Identity, fqans: Sequence[str], lifetime: timedelta, ago: timedelta = SKEW) -> bytes:
        """An attribute certificate in DER: ``holder`` has these FQANs, the primary one first.

        They stand in it in their long form, as a VOMS server writes them without ``-shortfqans`` (voms(8)).
        It begins ``ago`` before now and lasts until ``lifetime`` after now at least (whole hours, rounded up).
        """
        with tempfile.TemporaryDirectory(prefix="testbed-voms-") as folder:
            base = Path(folder)
            for name, content in (
                ("usercert.pem", holder.certificate_pem),
                ("userkey.pem", holder.key_pem),
                ("hostcert.pem", self.identity.certificate_pem),
                ("hostkey.pem", self.identity.key_pem),
            ):
                (base / name).write_bytes(content)
                (base / name).chmod(0o600)
            _run(base, self._command(fqans, lifetime, ago))
            return _der(base / "attributes.pem")

    def _command(self, fqans: Sequence[str], lifetime: timedelta, ago: timedelta) -> list[str]:
        minutes = ago // timedelta(minutes=1)
        hours = -(-(ago + lifetime) // timedelta(hours=1))
        return [
            *(PROGRAM, "-quiet", "-rfc", "-newformat"),
            *("-cert", "usercert.pem", "-key", "userkey.pem", "-certdir", "."),
            *("-hostcert", "hostcert.pem", "-hostkey", "hostkey.pem"),
            *("-voms", self.vo, "-uri", f"{self.host}:{PORT}"),
            *(word for fqan in fqans for word in ("-fqan", long_form(fqan))),
            *("-vomslife", str(hours)),
            *("-pastac", f"{minutes // 60}:{minutes % 60:02}"),
            *("-separate", "attributes.pem", "-out", "proxy.pem"),
        ]


def attributes_of(proxy: bytes) -> bytes:
    """The attribute certificate, in DER, that a proxy in PEM carries; empty where it carries none."""
    certificate = x509.load_pem_x509_certificate(proxy)
    try:
        extension = certificate.extensions.get_extension_for_oid(VOMS_ATTRIBUTES).value
    except x509.ExtensionNotFound:
        return b""
    assert isinstance(extension, x509.UnrecognizedExtension)
    return der.content(der.content(extension.value))


def _run(folder: Path, command: list[str]) -> None:
    where = " ".join(command)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIME_LIMIT,
            check=False,
        )
    except FileNotFoundError:
        raise Problem(
            f"{PROGRAM} is not installed",
            cause="VOMS attributes are made by the real program, in the pilot's image",
            remedy="run it there, or here: apt-get install voms-clients",
        ) from None
    except subprocess.TimeoutExpired:
        raise Problem(f"{PROGRAM} did not end within {_TIME_LIMIT:g} s", where=where) from None
    if done.returncode != 0 or not (folder / "attributes.pem").exists():
        found = f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        raise Problem(f"{PROGRAM} made no attribute certificate", where=where, found=found)


def _der(file: Path) -> bytes:
    lines = [line for line in file.read_text("ascii").splitlines() if not line.startswith("-----")]
    return base64.b64decode("".join(lines), validate=True)
