"""What a virtual machine is told for itself, the payload in it must not read; nor is anybody's key in the image."""

import json

import pytest

from testbed.model.entry import Entry
from testbed.plugin import matrix, shows

TOKEN = "token-of-the-vo-7f3a"
SCRIPT = f"#!/usr/bin/sh\nTOKEN={TOKEN}\necho contextualised >/etc/motd; chmod 0644 /etc/motd\n"
LOOKS = """
cat /etc/motd
find / -path /usr -prune -o -path /proc -prune -o -type f -exec grep -l "$0" {} + 2>/dev/null
for place in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do
    case $place in /proc/$$/*) ;; *) grep -l "$0" $place 2>/dev/null ;; esac
done
for closed in /dev/vport0p* /dev/mem /dev/kmsg /proc/1/environ /proc/1/mem /proc/kcore; do
    head -c 1 $closed >/dev/null 2>&1 && echo "$closed was read"
done
:
"""


@pytest.fixture
def told(machine, switch):
    """What a payload finds that knows what it looks for, when the machine is given user data in a way."""

    def look(way):
        switch.node.put([Entry("/tmp/user-data", SCRIPT.encode(), 0o644)], limit=10)
        options = ("--user-data", "/tmp/user-data", "--user-data-as", way)
        ran = machine("/usr/bin/sh", "-c", LOOKS.replace("$0", "$1"), "sh", TOKEN, options=options)
        assert ran.code == 0, ran
        return ran.out.splitlines()

    return look


@shows("R8", "R9")
@matrix(mode="vm")
def test_user_data_that_lies_in_a_file_is_read_by_the_payload_and_ours_is_not(told):
    """Vac and clouds hand credentials over in user_data, which any uid in the machine may read (Vac admin guide;
    metadata services at 169.254.169.254). Here it comes over a port that is root's, and is gone when the payload comes.
    """
    assert told("file") == ["/var/lib/user-data"]
    assert told("script") == ["contextualised"]


@shows("R8")
@matrix(mode="vm")
def test_the_image_of_the_machines_has_no_keys_and_no_passwords(facts, world):
    """Keys that are baked into an image are everybody's who has it (OSG-SEC-2024-10-03)."""
    look = ["/usr/bin/python3", "/usr/libexec/testbed/node/image_keys.py", "/usr/lib/testbed/vm/initrd"]
    seen = json.loads(world.node.run(look, limit=20).text)
    assert seen["found"] == []
    assert seen["files"] > 200
