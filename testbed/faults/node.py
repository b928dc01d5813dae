"""The faults of the worker node itself, each by its word. Paths are those of the sites that are shipped."""

from collections.abc import Mapping

from testbed.faults import log
from testbed.faults.disk import NO_SPACE, full, out_of_inodes, remounted
from testbed.faults.fault import Breakage
from testbed.faults.leases import GRIDMAPDIR, Leases
from testbed.faults.on_node import KEPT, OnNode, Together, changed, closed, gone
from testbed.lab.layout import NODE
from testbed.model.fault import Fault
from testbed.site.layout import SWITCH

_CONF = "/etc/glexec.conf"
_POLICY = "/etc/lcmaps/lcmaps-glexec.db"
_SECURITY = "/etc/grid-security"
_PASSWD, _GROUP, _NSS = "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"
_SET_ID = "6111"
_NO_POOLS = "sed -i -E '/^(alpha|beta)[a-z]*[0-9]+:/d' \"$1\""
_WITHOUT_ACCOUNT = changed(_PASSWD, _NO_POOLS, "! getent passwd alpha001 && getent passwd pilot01")
_HOGS = f"/run/{KEPT}.hogs"
_HOG = 'ulimit -t 10; for n in $(seq $((8 * $(nproc)))); do sh -c "while :; do :; done" & echo $!; done'
"""Each ends by itself when it has had ten seconds of a processor."""
_NO_LEASE = f"""\
[ -f "$1/alpha001" ]
said=$(LC_ALL=C ln "$1/alpha001" "$1/%felt" 2>&1) && {{ rm -f "$1/%felt"; exit 1; }}
case $said in *"{NO_SPACE}"*) ;; *) exit 1 ;; esac
"""
"""An account is there to be leased, and the link that would lease it finds no room."""

NODE_FAULTS: Mapping[Fault, Breakage] = {
    Fault.CONFIG_MALFORMED: changed(_CONF, "echo 'not an option' >>\"$1\"", "grep -q '^not an option' \"$1\""),
    Fault.CONFIG_UNKNOWN_KEY: changed(_CONF, "echo 'no_such = yes' >>\"$1\"", "grep -q '^no_such' \"$1\""),
    Fault.CONFIG_CRLF: changed(_CONF, "sed -i 's/$/\\r/' \"$1\"", "grep -q '\\]'\"$(printf '\\r')\" \"$1\""),
    Fault.CONFIG_NUL: changed(_CONF, "printf '#\\0\\n' >>\"$1\"", '[ "$(tr -dc "\\0" <"$1" | wc -c)" = 1 ]'),
    Fault.CONFIG_WORLD_WRITABLE: changed(_CONF, 'chmod o+w "$1"', '[ -n "$(find "$1" -perm -2)" ]'),
    Fault.CONFIG_UNREADABLE: changed(_CONF, 'chown root:root "$1"; chmod 600 "$1"', '[ -n "$(find "$1" -perm 600)" ]'),
    Fault.POLICY_MISSING: gone(_POLICY),
    Fault.POLICY_MALFORMED: changed(_POLICY, "echo 'ban_dn -> -> ban_dn' >>\"$1\"", "grep -q -e '-> ->' \"$1\""),
    Fault.GRIDMAP_MISSING: gone(f"{_SECURITY}/grid-mapfile"),
    Fault.GRIDMAP_MALFORMED: changed(
        f"{_SECURITY}/grid-mapfile", 'sed -i \'1i "/open .alpha\' "$1"', 'head -n 1 "$1" | grep -q \'^"/open .alpha$\''
    ),
    Fault.GROUPMAP_MISSING: gone(f"{_SECURITY}/groupmapfile"),
    Fault.BAN_LIST_MISSING: gone(f"{_SECURITY}/ban_users.db"),
    Fault.POOL_EXHAUSTED: Leases(exhausted=True),
    Fault.LEASES_INCONSISTENT: Leases(exhausted=False),
    Fault.LEASES_MISSING: gone(GRIDMAPDIR),
    Fault.LEASES_READ_ONLY: remounted(GRIDMAPDIR, "ro"),
    Fault.LEASES_FULL: out_of_inodes(GRIDMAPDIR, _NO_LEASE),
    Fault.ACCOUNTS_GONE: _WITHOUT_ACCOUNT,
    Fault.NSS_MODULE_MISSING: Together(
        (changed(_NSS, "sed -i 's/^passwd:.*/passwd: files nosuch/' \"$1\"", 'grep -q nosuch "$1"'), _WITHOUT_ACCOUNT)
    ),
    Fault.ACCOUNTS_UNREADABLE: closed(_PASSWD, "600", "644"),
    Fault.GROUP_WITHOUT_VO: changed(_GROUP, "sed -i '/^alpha:/d' \"$1\"", "! getent group alpha"),
    Fault.TMP_FULL: full("/tmp"),
    Fault.TMP_OUT_OF_INODES: out_of_inodes("/tmp"),
    Fault.TMP_READ_ONLY: remounted("/tmp", "ro"),
    Fault.HOME_FULL: full("/home"),
    Fault.HOME_CLOSED: closed("/home", "700", "755"),
    Fault.LOG_MISSING: log.missing,
    Fault.LOG_DEAD: log.dead,
    Fault.LOG_STUCK: log.stuck,
    Fault.LOG_STOPPED: log.stopped,
    Fault.LOG_DISK_FULL: log.disk_full,
    Fault.LOG_FILE_FULL: log.file_full,
    Fault.LOG_FILE_READ_ONLY: log.file_read_only,
    Fault.REMOTE_LOG_DEAD: log.remote_dead,
    Fault.SET_ID_LOST: closed(SWITCH, "2111", _SET_ID),
    Fault.NOSUID: remounted("/usr/sbin", "nosuid"),
    Fault.BUSY: OnNode(
        _HOGS,
        f'( {_HOG} ) >"$1" 2>/dev/null </dev/null',
        f'[ "$(wc -l <"$1")" = $((8 * $(nproc))) ]; python3 {NODE}/delayed.py $(cat "$1")',
        '[ ! -e "$1" ] || { kill $(cat "$1") 2>/dev/null; rm "$1"; }',
        '[ ! -e "$1" ]',
    ),
}
"""Those with tmpfs or a mount need a node that may mount (SYS_ADMIN)."""
