"""ssh keys (ed25519, OpenSSH's own format): of worker nodes, of the driver, of the pilot accounts."""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True, slots=True)
class SshKey:
    """A key pair: the private file, and the public line ``ssh-ed25519 AAAA... comment``."""

    private: bytes
    public: bytes

    @classmethod
    def new(cls, comment: str) -> "SshKey":
        """A new key pair without a passphrase."""
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return cls(
            key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
            public + f" {comment}\n".encode(),
        )


def known_hosts(keys: Mapping[str, SshKey]) -> bytes:
    """The ``known_hosts`` lines that pin these host keys to these host names."""
    return b"".join(f"{host} ".encode() + key.public for host, key in sorted(keys.items()))
