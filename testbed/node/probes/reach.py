#!/usr/bin/env python3
"""How far a worker node gets to a service: ``reach.py NAME PORT LIMIT [CAPATH]``; prints the stage and the error.

The stages are resolve, connect, tls, done. With CAPATH, a hashed folder, the certificate is checked as a relying party
does that wants a revocation list of its authority. The error is ``timed out``, ``unknown``, ``refused``, ``verify N``.
"""

import signal
import socket
import ssl
import sys
from types import FrameType


def main(name: str, port: str, limit: str, capath: str = "") -> str:
    """Try; how far it went and what stopped it."""
    stage = "resolve"
    signal.signal(signal.SIGALRM, _up)
    signal.setitimer(signal.ITIMER_REAL, float(limit))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if capath:
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags = ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_X509_TRUSTED_FIRST
        context.load_verify_locations(capath=capath)
    try:
        address = socket.getaddrinfo(name, int(port), socket.AF_INET, socket.SOCK_STREAM)[0][4]
        stage = "connect"
        with socket.create_connection((str(address[0]), int(port))) as plain:
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


def _up(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
