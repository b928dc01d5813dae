"""Say a word to whoever connects first, then end."""

import socket
import sys

port, word = int(sys.argv[1]), sys.argv[2]
with socket.create_server(("0.0.0.0", port)) as server:  # noqa: S104 - the container's own address
    server.settimeout(8)
    with server.accept()[0] as caller:
        caller.sendall(word.encode())
