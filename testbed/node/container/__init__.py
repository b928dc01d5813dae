"""Run one payload in namespaces of its own: ``python3 -I -S .../container [OPTIONS] -- /usr/bin/COMMAND ARGUMENTS``.

Runs on the worker node, as the account that calls it, with bubblewrap and without any privilege. The payload's input,
output, errors and exit code (128+n for signal n) are the launcher's own; its environment is what this one holds of
GLEXEC_* names, and the proxy that X509_USER_PROXY names goes with it. The launcher's own failures end with 125 and one
line "[container]: cause; remedy".

What the payload shares with its node is data: ``--options`` takes a JSON object with any of the keys of
`options.Options`.
"""
