"""Run one payload in a virtual machine of its own: ``python3 -I -S .../vm [OPTIONS] -- /usr/bin/COMMAND ARGUMENTS``.

Runs on the worker node, as the account that calls it. The payload's input, output, errors and exit code (128+n for
signal n) are the launcher's own; its environment is what this one holds of GLEXEC_* names, and the proxy that
X509_USER_PROXY names goes with it. The launcher's own failures end with 125 and one line "[vm]: WORD: cause; remedy".

A machine is booted once for each account and node, and saved before it knows of any payload; each payload gets a
private copy of it that goes on from there. Where that fails, or with --cold, its machine is booted.

Of a machine that runs nothing has a name in the worker node's file system: its memory is its own, its ports are socket
pairs. So nothing can be left behind, and QEMU is killed by the kernel when the launcher ends in any way.
"""
