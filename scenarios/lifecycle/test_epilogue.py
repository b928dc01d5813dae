"""The site's epilogue: run behind every payload, as root, when nobody but the site can have written it."""

import contextlib

import pytest

from testbed.model.entry import Entry
from testbed.plugin import matrix, shows

EPILOGUE = "/usr/libexec/glexec-epilogue"
LIMIT = 10
FILES = ("/tmp/left", "/dev/shm/left")
CLEANS = """#!/bin/sh
# What a site's epilogue is for: the account's files in shared folders.
[ "$GLEXEC_EPILOG_TARGET_UID" -ge 1000 ] || exit 1
/usr/bin/find /tmp /var/tmp /dev/shm -xdev -uid "$GLEXEC_EPILOG_TARGET_UID" -delete
"""


@pytest.fixture
def epilogue(switch):
    """Puts an epilogue on the node and names it in glexec.conf, for as long as a `with` lasts."""

    @contextlib.contextmanager
    def put(script, mode=0o755, **options):
        switch.node.put([Entry(EPILOGUE, script.encode(), mode)], limit=LIMIT)
        try:
            with switch.configured(epilogue=EPILOGUE, **options):
                yield
        finally:
            switch.node.run(["rm", EPILOGUE], limit=LIMIT).check()

    return put


def left(switch, *paths):
    """Which of these files are there."""
    return [path for path in paths if switch.node.run(["test", "-e", path], limit=LIMIT).code == 0]


@shows("R8")
@matrix(mode="setuid")
def test_an_epilogue_clears_up_behind_the_payload(switch, epilogue):
    """Run after the payload, as root, with facts about the run (Nikhef wiki, GLExec Epilogue Functionality)."""
    leaves = "umask 077; echo secret >/tmp/left; echo secret >/dev/shm/left; exit 3"
    with epilogue(CLEANS):
        assert switch.tries(then=leaves).code == 3
    assert left(switch, *FILES) == []
    assert switch.tries(then=leaves).code == 3
    assert left(switch, *FILES) == list(FILES)


@matrix(mode="setuid")
def test_a_failing_epilogue_is_the_fault_of_the_site(switch, epilogue):
    """202, or 204 when the epilogue ended with 201 to 204 itself (Nikhef wiki, GLExec Epilogue Functionality)."""
    endings = {"exit 1": 202, "kill -9 $$": 202, "exit 201": 204, "exit 204": 204, "exit 0": 0}
    seen = {}
    for ending in endings:
        with epilogue(f"#!/bin/sh\n{ending}\n"):
            effect = switch.tries()
            seen[ending] = effect.code
            assert len(effect.ran) == 1
    assert seen == endings


@matrix(mode="setuid")
def test_an_epilogue_that_others_could_have_written_is_not_run_and_nor_is_the_payload(switch, epilogue):
    """It must not be possible for anyone but root to change the executable (Nikhef wiki); asked before: our choice."""
    with epilogue("#!/bin/sh\nexit 0\n", mode=0o757):
        effect = switch.tries()
    assert (effect.code, str(effect.cause), effect.ran) == (202, "site configuration", ())


@matrix(mode="setuid")
def test_an_epilogue_that_takes_too_long_is_ended(switch, epilogue):
    """SIGTERM, then SIGKILL, after epilogue_timeout (Nikhef wiki, GLExec Epilogue Functionality)."""
    with epilogue("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n", epilogue_timeout="1"):
        effect = switch.tries()
    assert effect.code == 202
    assert effect.seconds < 8


@matrix(mode="log-only")
def test_an_epilogue_cannot_work_in_a_log_only_installation(switch, epilogue):
    """There is nobody to run it as: 202 (our choice)."""
    with epilogue("#!/bin/sh\nexit 0\n"):
        effect = switch.tries()
    assert (effect.code, str(effect.cause), effect.ran) == (202, "site configuration", ())
