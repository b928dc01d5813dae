#!/usr/bin/env python3
"""How far a worker node gets to a service: ``reach.py NAME PORT LIMIT [CAPATH]``; prints the stage and the error.

The stages are resolve, connect, tls, done. With CAPATH, a hashed folder, the certificate is checked as a relying party
does that wants a revocation list of its authority. The error is ``timed out``, ``unknown``, ``refused``, ``verify N``.
"""

import os
import socket
import ssl
import sys
import threading
import time

Address = list[tuple[str, int]]


def main(name: str, port: str, limit: str, capath: str = "") -> str:
    """Try; how far it went and what stopped it."""
    deadline = time.monotonic() + float(limit)
    stage = "resolve"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if capath:
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags = ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_X509_TRUSTED_FIRST
        context.load_verify_locations(capath=capath)
    try:
        address = resolved(name, int(port), float(limit))
        stage = "connect"
        with socket.create_connection(address, max(0.01, deadline - time.monotonic())) as plain:
            plain.settimeout(max(0.01, deadline - time.monotonic()))
            stage = "tls"
            with context.wrap_socket(plain):
                return "done"
    except ssl.SSLCertVerificationError as error:
        return f"{stage} verify {error.verify_code}"
    except TimeoutError:
        return f"{stage} timed out"
    except ConnectionRefusedError:
        return f"{stage} refused"
    except socket.gaierror as error:
        return f"{stage} {'unknown' if error.errno == socket.EAI_NONAME else error.strerror}"
    except OSError as error:
        return f"{stage} {error.strerror or error}"


def resolved(name: str, port: int, limit: float) -> tuple[str, int]:
    """An address of a name. The C library cannot be interrupted, so a thread waits for it, and is left behind."""
    found: Address = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            address = socket.getaddrinfo(name, port, socket.AF_INET, socket.SOCK_STREAM)[0][4]
            found.append((str(address[0]), port))
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(limit)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError
    return found[0]


if __name__ == "__main__":
    print(main(*sys.argv[1:]), flush=True)
    os._exit(0)
