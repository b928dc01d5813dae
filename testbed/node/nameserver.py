#!/usr/bin/env python3
"""A name server that is of no use: ``nameserver.py unknown|silent``; prints its pid when it is there, and goes on.

It listens at 127.0.0.53, port 53, UDP. ``unknown``: it knows no name (NXDOMAIN, RFC 1035). ``silent``: it says nothing.
"""

import os
import socket
import sys

PLACE = ("127.0.0.53", 53)
NXDOMAIN = bytes((0x81, 0x83))
"""Flags of a response: recursion desired and available, no such name."""


def answer(query: bytes) -> bytes:
    """There is no such name: the question's own number and words, and nothing else."""
    at = 12
    while at < len(query) and query[at]:
        at += query[at] + 1
    return query[:2] + NXDOMAIN + bytes((0, 1, 0, 0, 0, 0, 0, 0)) + query[12 : at + 5]


def main(kind: str) -> int:
    """Listen; the parent leaves as soon as that is so."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(PLACE)
    if pid := os.fork():
        print(pid)
        return 0
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    while True:
        query, asker = line.recvfrom(512)
        if kind == "unknown" and len(query) > 12:
            line.sendto(answer(query), asker)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
