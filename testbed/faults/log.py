"""Faults of the node's log: its daemon, its disk, its socket; and of a log that the switch writes itself."""

from testbed.faults.disk import full, remounted
from testbed.faults.on_node import KEPT, OnNode, Together, changed

_PID = "/run/rsyslogd.pid"
_SOCKET = "/dev/log"
_LOGS = "/var/log"
_END = f"""\
pid=$(cat {_PID} 2>/dev/null) || pid=
[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
for n in $(seq 100); do [ -n "$pid" ] && [ -e "/proc/$pid" ] || break; sleep 0.02; done
"""
_START = f"rm -f {_PID}; rsyslogd"
_TAKES = f"""\
word="taken again, $$"
timeout 1 logger -t {KEPT} "$word" || exit 1
for n in $(seq 50); do ! grep -qF "$word" {_LOGS}/messages || exit 0; sleep 0.02; done
exit 1
"""
"""A line gets to where it belongs."""
_ASLEEP = f'grep -q "^State:.*stopped" "/proc/$(cat {_PID})/status"'
_SEND = """\
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.setblocking(False)
log.connect("/dev/log")
for n in range(int(sys.argv[1])):
    try:
        log.send(b"<13>broken-on-purpose: nobody reads this")
    except BlockingIOError:
        sys.exit(n == 0)
"""
"""Sends so many lines, or as many as are taken; exit code 1 when not even one is."""

missing = OnNode(
    _SOCKET,
    f'mv "$1" "$1.{KEPT}"',
    '[ ! -e "$1" ]',
    f'[ ! -e "$1.{KEPT}" ] || mv "$1.{KEPT}" "$1"',
    _TAKES,
)
"""The socket is not there."""

dead = OnNode(
    _SOCKET,
    _END,
    f'[ -S "$1" ] && [ ! -e "/proc/$(cat {_PID})" ]',
    f'[ -e "/proc/$(cat {_PID})" ] || {{ {_START}; }}',
    _TAKES,
)
"""The daemon was killed, and has left its socket behind."""

stopped = OnNode(_SOCKET, f"kill -STOP $(cat {_PID})", _ASLEEP, f"kill -CONT $(cat {_PID})", _TAKES)
"""The daemon does not read."""

stuck = OnNode(
    _SOCKET,
    f"kill -STOP $(cat {_PID})\npython3 -c '{_SEND}' 100000",
    f"{_ASLEEP} && ! python3 -c '{_SEND}' 1",
    f"kill -CONT $(cat {_PID})",
    _TAKES,
)
"""The daemon does not read, and not another line would be kept for it."""

_FULL = full(_LOGS)

disk_full = OnNode(
    _LOGS,
    f"{_END}\nmount -t tmpfs -o size=4k {KEPT} \"$1\"\nprintf '%4096s' '' >\"$1/.filler\"\n{_START}",
    _FULL.sign,
    f"{_END}\n{_FULL.mend}\n{_START}",
    _TAKES,
)
"""The daemon reads, and has nowhere to write: it is a new one, for that of before has its files open."""

_NOBODY = "cannot connect to 127.0.0.1:6514 .*: Connection refused"
_FORWARD = '*.* action(type="omfwd" target="127.0.0.1" port="6514" protocol="tcp")'

_FORWARDS = changed("/etc/rsyslog.conf", f"echo '{_FORWARD}' >>\"$1\"", 'grep -q omfwd "$1"')
_REFUSED = f"""\
{_FORWARDS.sign}
pid=$(cat {_PID}); [ -e "/proc/$pid" ]
word="sent on, $$"
timeout 1 logger -t {KEPT} "$word"
for n in $(seq 50); do ! grep -qF "$word" {_LOGS}/messages || break; sleep 0.02; done
for n in $(seq 15); do ! grep -F "[$pid]: " {_LOGS}/messages | grep -q "{_NOBODY}" || exit 0; sleep 0.02; done
exit 1
"""
"""The daemon that runs keeps a line here, and says that it was refused where it was to send it."""

remote_dead = OnNode(
    _FORWARDS.path,
    f"{_FORWARDS.break_}\n{_END}\n{_START}",
    _REFUSED,
    f"{_FORWARDS.mend}\n{_END}\n{_START}",
    _TAKES,
)
"""Nobody listens where the daemon sends every line to as well."""

_OWN = "/var/log/own"
_TO_FILE = f"sed -i 's|^log_destination.*|log_destination = file\\nlog_file = {_OWN}/glexec.log|' \"$1\""
_OWNS = changed("/etc/glexec.conf", _TO_FILE, 'grep -q "^log_destination = file" "$1"')
_FOLDER = OnNode(
    _OWN,
    'install -d -o glexec -g glexec -m 755 "$1"; install -o glexec -g glexec -m 640 /dev/null "$1/glexec.log"',
    '[ -d "$1" ]',
    'rm -rf "$1"',
    '[ ! -e "$1" ]',
)

file_full = Together((_OWNS, _FOLDER, full(_OWN)))
"""The site has the switch write its log, and there is no byte left for it."""
file_read_only = Together((_OWNS, _FOLDER, remounted(_OWN, "ro")))
"""The same, and nobody can write there."""
