"""The site's gatekeeper, as a compute element without pilots has it: maps a user and starts a job as that account.

``/usr/bin/python3 -I -S -B .../gatekeeper < REQUEST``, as root, on a worker node; standard library only. Root writes no
compiled module beside them (-B). The request is one JSON object:

    proxy            PEM: the user's, by which LCMAPS says the account, with the site's own settings and policy
    job              a payload: {id, argv, stdin, sandbox, limit, start_limit}; its end is told on standard output
    orders           instead of a job: those of a single-user pilot, which is then run as the account (node/agent)

The site's log has a line of each, with the DN and the account, before it runs, and of a job's end: no record, no run.
A job is told of as a pilot reports: {"state", "code", "separated", "bypassed", "identity", "out", "err", "why"}. Who is
mapped to nobody is not run: `returned`, code 203; nor is anybody of whom nobody could say it, code 202. Exit code 0
when that was told, 2 for a request that makes no sense; for a pilot, the pilot's own, or 203, or 202 likewise and where
its start could not be recorded.
"""
