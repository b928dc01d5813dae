"""Is a DROP rule in this container's own network felt, and does its removal heal?"""

import json
import shutil
import socket
import subprocess


def run(*command: str) -> str:
    """What a command complains about; empty when it succeeds."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=5)
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def reached(address: tuple[str, int]) -> bool:
    """Whether a connection comes about; a silent peer is given up soon, for it is next door."""
    try:
        socket.create_connection(address, timeout=0.4).close()
    except TimeoutError:
        return False
    return True


def tried(program: str, address: tuple[str, int]) -> dict[str, object]:
    """Put a rule in place, and take it away again."""
    rule = ["INPUT", "-p", "tcp", "--dport", str(address[1]), "-j", "DROP"]
    version = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=5).stdout.strip()
    before = reached(address)
    error = run(program, "-w", "2", "-A", *rule)
    felt = not reached(address)
    error = error or run(program, "-w", "2", "-D", *rule)
    return {"version": version, "error": error, "felt": before and felt, "healed": reached(address)}


with socket.create_server(("127.0.0.1", 0)) as server:
    programs = [program for program in ("iptables", "iptables-legacy") if shutil.which(program)]
    print(json.dumps({"tried": [tried(program, server.getsockname()) for program in programs]}))
