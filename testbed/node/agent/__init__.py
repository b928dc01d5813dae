"""The pilot job: fetches payloads of a VO's users one by one and runs each through the mode it was sent with.

``/usr/bin/python3 -I -S .../agent PILOT_ID < ORDERS``, on a worker node, as the pilot account; standard library
only. The orders are one JSON object:

    pilot, slot                  who it is, and whose payloads it takes
    vo: {name, address, port}    where the VO answers, and the name that its certificate must show
    ca, proxy                    PEM: the authorities to believe, the pilot's own proxy
    proxy_seconds                optional: how long that lasts; the pilot asks the VO for a new one before
    mode                         none, log-only, setuid, container, vm
    multi_user_pilots            question 1 of the site: may it run payloads of others? no, depends, yes
    on_internal_error            question 4: the switch is broken; may it run the payload itself? no, depends, yes
    multi_user_pilots_if, on_internal_error_if
                                 the conditions of "depends", as testbed/model/condition.py has them
    needs_trace                  whether the site demands glexec: a run that nobody could record is against its rules
    start_limit, limit           seconds until a payload must have started; seconds for the whole pilot
    retries, retry_delay         how often the switch is called again after an internal error, and after what pause
    switch, site_log, notes, call_limit
                                 optional: the path of glexec; the socket that takes the site's log lines; the file in
                                 which the pilots of this account keep what they know of the node's switch; seconds for
                                 a call beside the payload's
    slots                        optional: how many payloads it has at once, each in a process of its own
    adopts                       optional: whether it becomes the parent of what payloads leave running, and ends it
    container                    optional: what a payload of mode container shares with its node, as its launcher has it
    careless                     optional: a secret in the pilot's environment. As pilots were known to do, it hands its
                                 environment on to what it starts for a payload, and leaves its proxy open there

After each call of the switch it classifies first, and then applies the site's answers (docs/policy.md).

What the model also knows (classes, causes, conditions) is written out here once more; tests/pilot/test_answers.py
holds both alike.

``.../agent --pack FOLDER PATTERN...`` writes a tar of a payload's outputs to standard output. The pilot calls it
through the switch, so that it runs as the payload's account.

Exit code 0 when the queue is empty, 1 when the VO gives no answer, 2 for orders that make no sense, 143 when ended
from outside: by SIGTERM, SIGHUP or SIGINT, or by the end of the connection that it was started over.
"""
