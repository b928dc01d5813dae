"""Entries: what is laid over a container arrives with its owners and modes."""

import io
import tarfile

from testbed.model.entry import Entry, Kind, folder, tar


def test_the_tar_keeps_owners_modes_and_links() -> None:
    archive = tar(
        [
            Entry("/a/file", b"content", 0o4711, 990, 991),
            folder("/a", 0o700, 5, 6),
            Entry("/a/link", kind=Kind.LINK, target="file"),
        ]
    )
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        seen = {member.name: member for member in members.getmembers()}
        content = members.extractfile("a/file")
    assert list(seen) == ["a", "a/file", "a/link"]
    assert content is not None
    assert content.read() == b"content"
    assert (seen["a/file"].mode, seen["a/file"].uid, seen["a/file"].gid) == (0o4711, 990, 991)
    assert (seen["a"].mode, seen["a"].isdir()) == (0o700, True)
    assert seen["a/link"].linkname == "file"
