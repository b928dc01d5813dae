"""Faults of the node's disks: a small file system lies over a folder. Only a node that may mount can have them."""

from testbed.faults.on_node import KEPT, OnNode

_MOUNTED = f'grep -q "^{KEPT} $1 " /proc/mounts'
_SMALL = f"""\
umask 077
tar -C "$1" -cf /run/{KEPT}.tar .
mount -t tmpfs -o "$(stat -c 'mode=%a,uid=%u,gid=%g' "$1"),$options" {KEPT} "$1"
tar -C "$1" -xpf /run/{KEPT}.tar
rm /run/{KEPT}.tar
"""
"""A file system in memory with the folder's own contents, owner and mode."""
_TO_THE_LAST_BYTE = 'dd if=/dev/zero of="$1/.filler" bs=4k 2>/dev/null || true'
_TO_THE_LAST_INODE = 'n=0; while { true >"$1/.filler$n"; } 2>/dev/null; do n=$((n + 1)); done'
_WELL = '{ echo felt >"$1/.felt"; } 2>/dev/null && rm "$1/.felt"'
_FAILS = """\
said=$(LC_ALL=C dd if=/proc/version of="$1/.felt" bs=1k count=1 2>&1) && exit 1
rm -f "$1/.felt" 2>/dev/null || true
case $said in *"%s"*) ;; *) exit 1 ;; esac
"""
"""A new file cannot be written, and for this very reason."""
NO_SPACE, READ_ONLY = "No space left on device", "Read-only file system"
_INODES = 'free=$(stat -f -c %d "$1")'
_UNMOUNT = f'rm -f "$1/.felt"; ! {_MOUNTED} || umount -l "$1"'
"""Lazily: somebody may work there."""


def full(path: str) -> OnNode:
    """No byte is left."""
    room = 'options="size=$(($(du -sk "$1" | cut -f1) * 2 + 64))k"'
    return OnNode(
        path,
        f"{room}; {_SMALL}{_TO_THE_LAST_BYTE}",
        f'{_MOUNTED}; {_INODES}; [ "$free" != 0 ]\n{_FAILS % NO_SPACE}',
        _UNMOUNT,
        _WELL,
    )


def out_of_inodes(path: str, sign: str = _FAILS % NO_SPACE) -> OnNode:
    """No file can be made any more, although there is room for what it would hold."""
    inodes = 'options="nr_inodes=$(($(find "$1" | wc -l) + 8))"'
    return OnNode(
        path,
        f"{inodes}; {_SMALL}{_TO_THE_LAST_INODE}",
        f'{_MOUNTED}; {_INODES}; [ "$free" = 0 ]\n{sign}',
        _UNMOUNT,
        _WELL,
    )


def remounted(path: str, how: str) -> OnNode:
    """The folder is a mount of itself, ``ro`` or ``nosuid``."""
    shows = f'grep -qE "^[^ ]+ $1 [^ ]+ [^ ]*\\b{how}\\b" /proc/mounts'
    return OnNode(
        path,
        f'mount --bind "$1" "$1"; mount -o remount,bind,{how} "$1"',
        f"{shows}\n{_FAILS % READ_ONLY}" if how == "ro" else shows,
        f'! {shows} || umount -l "$1"',
        f"! {shows}",
    )
