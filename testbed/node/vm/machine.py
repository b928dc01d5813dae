"""What a machine is like and how it begins, in QEMU's words."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .parts import IMAGE, QEMU

PROCESSOR = "qemu64,+rdrand,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16"
"""What TCG emulates: x86-64-v2, and rdrand to seed the kernel. Each feature more costs the kernel time at its start."""
KERNEL = (
    "console=ttyS0 loglevel=4 panic=-1 oops=panic rdinit=/init mitigations=off init_on_alloc=0 lsm=capability audit=0 "
    "ipv6.disable=1 cryptomgr.notests initcall_blacklist=jent_mod_init,load_system_certificate_list,init_ima,"
    "init_encrypted,trace_eval_init,init_kprobe_trace,bpf_tcp_ca_kfunc_init,bpf_dummy_struct_ops_init,"
    "crypto_kdf108_init,dev_map_init"
)
"""The kernel's command line: what takes an emulated processor long and does nothing for a payload is left out."""
BOOT_LIMIT = 30.0
"""Seconds within which a guest has to announce itself; seen: 4 on two idle cores, 21 on two crowded ones."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a machine is like: those of one kind can go on from one saved state."""

    accelerator: str
    memory: int
    """MiB."""
    network: bool = False
    """QEMU's user-mode networking, or none."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a machine begins: words of QEMU's for its memory and for what it starts from, the descriptors in them."""

    words: Sequence[str]
    descriptors: Sequence[int] = ()
    backed: bool = False
    commands: Sequence[tuple[str, Mapping[str, Any]]] = ()


BOOTED = Beginning(("-kernel", str(IMAGE / "vmlinuz"), "-initrd", str(IMAGE / "initrd"), "-append", KERNEL))


def qemu(kind: Kind, beginning: Beginning, console: int, ports: Sequence[int], qmp: int) -> list[str]:
    """The machine: one processor, no disk, a network perhaps, a console, four ports, and QEMU's own orders."""
    kvm = kind.accelerator == "kvm"
    machine = "q35,sata=off,smbus=off,vmport=off,i8042=off,usb=off" + (
        ",memory-backend=ram" if beginning.backed else ""
    )
    words = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    words += ["-machine", machine, "-bios", "qboot.rom", "-accel", kind.accelerator]
    words += ["-cpu", "host,-arch-capabilities" if kvm else PROCESSOR, "-smp", "1", "-m", str(kind.memory)]
    words += beginning.words
    words += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
    words += ["-chardev", f"socket,id=console,fd={console}", "-serial", "chardev:console"]
    words += ["-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control"]
    words += ["-device", "virtio-serial-pci"]
    for number, port in enumerate(ports, start=1):
        words += ["-chardev", f"socket,id=port{number},fd={port}"]
        words += ["-device", f"virtserialport,chardev=port{number},nr={number}"]
    if kind.network:  # behind the ports, which the supervisor looks for at the first device
        words += ["-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net,romfile="]
    return words


def with_launcher(words: list[str]) -> list[str]:
    """A command that the kernel kills when this process ends, and that does not start if that was before it asked."""
    guard = 'test "$PPID" = "$0" && exec "$@"'
    return ["setpriv", "--pdeathsig", "KILL", "/bin/sh", "-c", guard, str(os.getpid()), *words]
