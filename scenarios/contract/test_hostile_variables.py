"""A caller who hands down variables that steer loaders, libraries, shells, trust anchors, LCMAPS.

The numbers are those of docs/hostile-callers.md. What is set-id's business is tried in setuid only.
"""

from testbed.model.effect import refused
from testbed.plugin import matrix

EVERYWHERE = "log-only setuid"
HOSTILE = "/tmp/hostile"
LOADER = {
    "LD_PRELOAD": f"{HOSTILE}/library.so",
    "LD_AUDIT": f"{HOSTILE}/library.so",
    "LD_LIBRARY_PATH": HOSTILE,
    "LD_TRACE_LOADED_OBJECTS": "1",
    "LD_BIND_NOT": "1",
    "LD_DEBUG": "all",
    "LD_DEBUG_OUTPUT": f"{HOSTILE}/debug",
    "LD_PROFILE": "libc.so.6",
    "LD_PROFILE_OUTPUT": HOSTILE,
    "GLIBC_TUNABLES": "glibc.malloc.mxfast=glibc.malloc.mxfast=A",
    "MALLOC_CHECK_": "3",
    "GCONV_PATH": HOSTILE,
    "LOCPATH": HOSTILE,
    "NLSPATH": f"{HOSTILE}/%N",
    "LC_ALL": "../../../../tmp/hostile",
    "TZ": f":{HOSTILE}/zone",
    "TMPDIR": HOSTILE,
    "RES_OPTIONS": "debug",
    "HOSTALIASES": f"{HOSTILE}/hosts",
    "RESOLV_HOST_CONF": "/etc/shadow",
    "GETCONF_DIR": HOSTILE,
}
SHELLS = {
    "PATH": HOSTILE,
    "BASH_ENV": f"{HOSTILE}/rc",
    "ENV": f"{HOSTILE}/rc",
    "IFS": "/",
    "PS4": "$(id)",
    "PERL5LIB": HOSTILE,
    "PERL5OPT": "-Mhostile",
    "PYTHONPATH": HOSTILE,
    "PYTHONSTARTUP": f"{HOSTILE}/rc",
    "PYTHONHOME": HOSTILE,
}
TRUST = {
    "X509_CERT_DIR": f"{HOSTILE}/certificates",
    "X509_VOMS_DIR": f"{HOSTILE}/vomsdir",
    "X509_CERT_FILE": f"{HOSTILE}/certificates/ca.pem",
    "SSL_CERT_DIR": f"{HOSTILE}/certificates",
    "SSL_CERT_FILE": f"{HOSTILE}/certificates/ca.pem",
    "OPENSSL_CONF": f"{HOSTILE}/openssl.cnf",
    "OPENSSL_MODULES": HOSTILE,
    "OPENSSL_ENGINES": HOSTILE,
    "VERIFY_PROXY_DISCARD_PRIVATE_KEY_ABSENCE": "1",
    "https_proxy": "http://127.0.0.1:9",
}
LCMAPS = {
    "LCMAPS_DB_FILE": f"{HOSTILE}/lcmaps.db",
    "LCMAPS_DIR": HOSTILE,
    "LCMAPS_ETC_DIR": HOSTILE,
    "LCMAPS_MODULES_DIR": HOSTILE,
    "LCMAPS_POLICY_NAME": "anybody",
    "LCMAPS_POLICY_STRING": "anybody",
    "LCMAPS_LOG_FILE": f"{HOSTILE}/lcmaps.log",
    "LCMAPS_DEBUG_LEVEL": "5",
    "LCMAPS_VERIFY_TYPE": "uid_pgid",
    "LCAS_DB_FILE": f"{HOSTILE}/lcas.db",
    "GLEXEC_SCRATCH": "/etc",
    "GLEXEC_CAUSE": "banned",
    "GLEXEC_CALLER_GROUPS": "0",
    "GRIDMAP": f"{HOSTILE}/grid-mapfile",
    "GRIDMAPDIR": HOSTILE,
    "GROUPMAPFILE": f"{HOSTILE}/grid-mapfile",
}


def hostile_folder(switch, files):
    """A folder of the caller's with these files, for variables to point to."""
    place = switch.node.run(["mktemp", "-d"], user=switch.account.name, limit=10).text
    switch.node.run(["ln", "-sfn", place, HOSTILE], limit=10).check()
    for name, content in files.items():
        there = f'mkdir -p "$(dirname "{HOSTILE}/{name}")"; cat >"{HOSTILE}/{name}"'
        switch.node.run(["sh", "-c", there], user=switch.account.name, stdin=content, limit=10).check()


@matrix(mode="setuid")
def test_variables_of_the_loader_and_of_libraries_change_nothing(switch):
    """A50: glibc drops them for a set-id program, the switch drops all others (CVE-2023-4911, CVE-2010-3847)."""
    hostile_folder(switch, {"library.so": b"no library\n", "rc": b"touch /tmp/hostile/sourced\n"})
    assert switch.tries(env=LOADER | SHELLS) == switch.runs()
    left = switch.node.run(["ls", f"{HOSTILE}/"], limit=10).text.split()
    assert sorted(left) == ["library.so", "rc"]


@matrix(mode=EVERYWHERE)
def test_no_variable_that_steers_shells_or_libraries_reaches_the_payload(switch):
    """A52: names starting GLEXEC_, HOME and X509_USER_PROXY are all that gets through (Nikhef wiki; CVE-2004-1051)."""
    env = SHELLS | TRUST | LCMAPS | {"LOCPATH": HOSTILE, "MALLOC_CHECK_": "3", "SECRET_TOKEN": "x", "GLEXECX": "x"}
    wanted, facts_of_a_run = {"GLEXEC_ENV": "kept", "GLEXEC_ID": "kept"}, {"GLEXEC_EPILOG_X": "forged"}
    lines = switch.call("/usr/bin/env", env=env | wanted | facts_of_a_run).text.splitlines()
    through = {"GLEXEC_CLIENT_CERT", *wanted, *(name for name in env if name.startswith("GLEXEC_"))}
    assert {line.partition("=")[0] for line in lines} == {"HOME", "X509_USER_PROXY", *through}
    assert "GLEXEC_ENV=kept" in lines


@matrix(mode=EVERYWHERE)
def test_a_forged_name_under_an_authority_of_the_callers_own_is_refused(switch):
    """A51: trust anchors are the site's, whatever X509_CERT_DIR and its like say (our choice)."""
    zoo = switch.zoo
    anchors = {f"certificates/{name}": content for name, content in zoo.impostor.folder().items()}
    hostile_folder(switch, anchors | {"certificates/ca.pem": zoo.impostor.identity.certificate_pem})
    forged = switch.place(zoo.pem("unknown authority, same name"))
    assert switch.tries(proxy=forged, env=TRUST) == refused(203, "denied", "credential-refused")
    assert switch.tries(env=TRUST) == switch.runs()


@matrix(mode=EVERYWHERE)
def test_a_policy_of_the_callers_own_decides_nothing(switch, everybody_as):
    """A51: LCMAPS' settings are the site's, whatever LCMAPS_DB_FILE and its like say (our choice)."""
    account = switch.pool().accounts[0]
    policy = everybody_as(f"--dummy-username {account.name} --dummy-group {account.group.name}")
    grid_map = f'"{switch.fqans("dave")[0]}" {account.name}\n'
    hostile_folder(switch, {"lcmaps.db": policy.encode(), "grid-mapfile": grid_map.encode()})
    assert switch.tries(user="dave", env=LCMAPS) == refused(203, "denied", "not-mapped")
    with switch.altered(switch.policy_file, policy):  # what it would do, were it asked
        assert switch.tries(user="dave").code == 0
    assert switch.tries(env=LCMAPS) == switch.runs()
