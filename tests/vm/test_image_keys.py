"""The look into a machine's image finds what must not be there."""

import stat
from pathlib import Path

import pytest

from testbed.node import image_keys

KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + b"QUJD" * 20 + b"\n"
FILE = stat.S_IFREG | 0o644


def member(name: str, mode: int, content: bytes) -> bytes:
    """One member of a newc archive, by the kernel's text on it."""
    path = name.encode() + b"\0"
    fields = (1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % number for number in fields) + path
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


@pytest.mark.parametrize(
    ("name", "mode", "content", "says"),
    [
        ("root/.ssh/authorized_keys", FILE, b"ssh-ed25519 AAAA", "lets somebody in"),
        ("etc/shadow", FILE, b"root:*:", "lets somebody in"),
        ("srv/hostkey.pem", FILE, b"Bag Attributes\n" + KEY, "a private key"),
        ("usr/bin/su", FILE | stat.S_ISUID, b"\x7fELF", "runs as its owner"),
        ("etc/passwd", FILE, b"root:$6$salt$hash:0:0::/root:/bin/sh\n", "root has a password"),
        ("etc/passwd", FILE, b"root::0:0::/root:/bin/sh\n", "root needs no password"),
    ],
)
def test_what_must_not_be_in_an_image_is_found(name: str, mode: int, content: bytes, says: str) -> None:
    archive = (
        member("etc", stat.S_IFDIR | 0o755, b"") + member(f"./{name}", mode, content) + member("TRAILER!!!", 0, b"")
    )
    [line] = [line for each in image_keys.members(archive) for line in image_keys.found(*each)]
    assert line == f"{name}: {says}"


def test_a_program_that_knows_how_keys_begin_and_an_account_without_a_password_are_nothing() -> None:
    library = b"\0-----BEGIN RSA PRIVATE KEY-----\0-----END"
    passwd = b"root:*:0:0:root:/root:/usr/bin/false\n"
    archive = (
        member("usr/lib/libx.so", FILE, library) + member("etc/passwd", FILE, passwd) + member("TRAILER!!!", 0, b"")
    )
    assert len(list(image_keys.members(archive + bytes(8) + archive))) == 4
    assert [line for each in image_keys.members(archive) for line in image_keys.found(*each)] == []


def test_a_file_that_is_no_archive_is_not_taken_for_a_clean_one(tmp_path: Path) -> None:
    (tmp_path / "initrd").write_bytes(b"\x1f\x8b" + b"x" * 200)
    with pytest.raises(ValueError, match="no member"):
        image_keys.main(str(tmp_path / "initrd"))
