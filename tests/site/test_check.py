"""What a look at a site's files finds: each finding has its file, its line and its remedy."""

import pytest

from testbed.site import Severity, check, example, load_site

SETUID, LOG_ONLY = "setuid-gridmap", "logonly-gridmap"
TRACKING, SCRATCH = "lcmaps_tracking_groupid.mod", "lcmaps_mount_under_scratch.mod"
ENFORCE = 'end = "lcmaps_posix_enf.mod"'
BETA_PRODUCTION = '"/beta/Role=production" .betaprd\n"/beta/Role=production/Capability=NULL" .betaprd\n'
POOL_LINE = 'voms_pool       = "lcmaps_voms_poolaccount.mod"'

ERRORS = {
    "an installation that the site refuses": (
        (SETUID, "site.toml", 'setuid            = "require"', 'setuid            = "no"'),
        ("site.toml", "installation =", 'does not accept (setuid = "no")'),
    ),
    "an installation while the other is demanded": (
        (LOG_ONLY, "site.toml", 'setuid            = "no"', 'setuid            = "require"'),
        ("site.toml", "installation =", "demands the other way"),
    ),
    "an unknown option": (
        (SETUID, "glexec.conf", "linger ", "lingre "),
        ("glexec.conf", "lingre", "unknown option lingre"),
    ),
    "a value that means nothing": (
        (SETUID, "glexec.conf", "= flock", "= flok"),
        ("glexec.conf", "flok", "input_lock_mechanism cannot be 'flok'"),
    ),
    "an option given twice": (
        (SETUID, "glexec.conf", "log_level ", "linger = no\nlog_level "),
        ("glexec.conf", "linger = no", "gives linger a second time"),
    ),
    "a line that is no option": (
        (SETUID, "glexec.conf", "log_level ", "log level\nlog_level "),
        ("glexec.conf", "log level", "is no name = value"),
    ),
    "no section": (
        (SETUID, "glexec.conf", "\n[glexec]\n", "\n[glexce]\n"),
        ("glexec.conf", "", "has no section [glexec]"),
    ),
    "LCAS": (
        (SETUID, "glexec.conf", "use_lcas                    = no", "use_lcas = yes"),
        ("glexec.conf", "use_lcas", "LCAS is not available"),
    ),
    "a log file in log-only": (
        (LOG_ONLY, "glexec.conf", "= syslog", "= file"),
        ("glexec.conf", "= file", "log_destination = file cannot work log-only"),
    ),
    "an epilogue in log-only": (
        (LOG_ONLY, "glexec.conf", "log_level ", "epilogue = /etc/glexec.epilogue\nlog_level "),
        ("glexec.conf", "epilogue", "an epilogue cannot work log-only"),
    ),
    "an epilogue that is not there": (
        (SETUID, "glexec.conf", "log_level ", "epilogue = /etc/glexec.epilogue\nlog_level "),
        ("glexec.conf", "epilogue", "is not among the site's files"),
    ),
    "nobody may call": (
        (SETUID, "glexec.conf", "= .pilot", "="),
        ("glexec.conf", "user_white_list", "nobody may call glexec"),
    ),
    "no pilot may call": (
        (SETUID, "glexec.conf", "= .pilot", "= .plt, tomcat"),
        ("glexec.conf", "user_white_list", "has no account of a pilot"),
    ),
    "a policy file elsewhere": (
        (SETUID, "site.toml", "# [files]", '[files]\n"lcmaps.db" = "/etc/other.db"'),
        ("glexec.conf", "lcmaps_db_file", "is not among the site's files"),
    ),
    "a policy name that is none": (
        (SETUID, "glexec.conf", "= glexec_get_account", "= glexec_get_acount"),
        ("glexec.conf", "lcmaps_get_account_policy", "lcmaps.db has no policy glexec_get_acount"),
    ),
    "a configuration that others can write": (
        (SETUID, "site.toml", "# [files]", '[files]\n"glexec.conf" = { mode = "0666" }'),
        ("glexec.conf", "", "others can write it"),
    ),
    "a configuration that callers cannot read": (
        (LOG_ONLY, "site.toml", "# [files]", '[files]\n"glexec.conf" = { mode = "0640" }'),
        ("glexec.conf", "", "every caller reads it himself"),
    ),
    "another installation in glexec.conf": (
        (SETUID, "glexec.conf", "= setuid\n", "= log-only\n"),
        ("glexec.conf", "= log-only", "site.toml installs the switch setuid"),
    ),
    "LCMAPS is to switch and does not": (
        (SETUID, "glexec.conf", "= glexec\n", "= lcmaps\n"),
        ("glexec.conf", "= lcmaps", "no policy that glexec runs ends in"),
    ),
    "LCMAPS switches and is not to": (
        (
            SETUID,
            "lcmaps.db",
            "\nglexec_get_account:",
            '\nend = "lcmaps_posix_enf.mod"\nglexec_get_account:\nvoms_pool -> end',
        ),
        ("lcmaps.db", "posix_enf", "switches the uid, which it cannot"),
    ),
    "LCMAPS switches in log-only": (
        (
            LOG_ONLY,
            "lcmaps.db",
            "\nglexec_get_account:",
            '\nend = "lcmaps_posix_enf.mod"\nglexec_get_account:\nplaceholder -> end',
        ),
        ("lcmaps.db", "posix_enf", "which log-only cannot"),
    ),
    "leases in log-only": (
        (LOG_ONLY, "lcmaps.db", '"lcmaps_dummy_good.mod"', '"lcmaps_poolaccount.mod"'),
        ("lcmaps.db", "lcmaps_poolaccount", "leases accounts"),
    ),
    "a dummy without an account": (
        (LOG_ONLY, "lcmaps.db", '" --dummy-username nobody"', '""'),
        ("lcmaps.db", "lcmaps_dummy_good", "names no account"),
    ),
    "a line that LCMAPS stops at": (
        (SETUID, "lcmaps.db", "glexec_get_account:", "glexec_get_account"),
        ("lcmaps.db", "glexec_get_account", "is no module, policy or rule"),
    ),
    "a policy without a rule": (
        (SETUID, "lcmaps.db", "glexec_get_account:", "other:\nglexec_get_account:"),
        ("lcmaps.db", "other:", "policy other has no rule"),
    ),
    "a module that is not installed": (
        (SETUID, "lcmaps.db", "lcmaps_ban_dn.mod", "lcmaps_bann_dn.mod"),
        ("lcmaps.db", "bann_dn", "no module lcmaps_bann_dn.mod"),
    ),
    "a module under two names": (
        (SETUID, "lcmaps.db", POOL_LINE, f'second = "lcmaps_ban_dn.mod"\n{POOL_LINE}'),
        ("lcmaps.db", "second", "has two names, ban_dn and second"),
    ),
    "a name for two modules": (
        (SETUID, "lcmaps.db", POOL_LINE, f'ban_dn = "lcmaps_ban_fqan.mod"\n{POOL_LINE}'),
        ("lcmaps.db", "ban_dn ", "ban_dn is declared twice"),
    ),
    "a module that is not declared": (
        (SETUID, "lcmaps.db", "-> voms_pool", "-> voms_pol"),
        ("lcmaps.db", "-> voms_pol", "no module is called voms_pol"),
    ),
    **{
        f"a module of ours that gets {words or 'nothing'}": (
            (
                SETUID,
                "lcmaps.db",
                "\nglexec_get_account:",
                f'\nx = "{module}" "{words}"\nglexec_get_account:\nvoms_pool -> x',
            ),
            ("lcmaps.db", "x = ", message),
        )
        for module, words, message in (
            (TRACKING, "--tracking-groupid-min 0", "needs a gid, not '0'"),
            (TRACKING, "--tracking-groupid-min 1e3", "needs a gid, not '1e3'"),
            (TRACKING, "--tracking-groupid-max", "needs a gid, not ''"),
            (TRACKING, "--tracking-groupid-max 4294967295", "needs a gid"),
            (TRACKING, "--tracking-groupid-min 9 --tracking-groupid-max 8", "lower bound is above"),
            (TRACKING, "--tracking-groupid-min 9 --tracking-groupid-min 9", "is given twice"),
            (TRACKING, "-min 9", "-min is unknown"),
            (SCRATCH, "/tmp", "/tmp is unknown"),
            (SCRATCH, "-path", "-path has no value"),
            (SCRATCH, "-path tmp", "tmp is no plain absolute path"),
            (SCRATCH, "-path /tmp/../etc", "is no plain absolute path"),
            (SCRATCH, "-path /tmp -path /tmp/x", "/tmp/x is given twice, or lies in another"),
            (SCRATCH, " ".join(f"-path /{n}" for n in range(9)), "more than 8 folders"),
            (SCRATCH, "", "which the worker node may not mount"),
        )
    },
    "private folders in log-only": (
        (
            LOG_ONLY,
            "lcmaps.db",
            "\nglexec_get_account:",
            f'\nx = "{SCRATCH}"\nglexec_get_account:\nplaceholder -> x',
        ),
        ("lcmaps.db", "x = ", "which log-only cannot make"),
    ),
    "two rules for one state": (
        (SETUID, "lcmaps.db", "ban_dn          ->", "verify_proxy -> ban_dn\nban_dn          ->"),
        ("lcmaps.db", "verify_proxy -> ban_dn", "a second rule for verify_proxy"),
    ),
    "line ends of another system": (
        (SETUID, "lcmaps.db", "glexec_get_account:\n", "glexec_get_account:\r\n"),
        ("lcmaps.db", "glexec_get_account", "ends in a carriage return"),
    ),
    "a ban file that is not there": (
        (SETUID, "lcmaps.db", "ban_users.db", "ban-users.db"),
        ("lcmaps.db", "ban_dn ", "which is not there: everybody is refused"),
    ),
    "a map file that is not there": (
        (SETUID, "lcmaps.db", "-gridmapfile /etc/grid-security/grid-mapfile", "-gridmapfile /etc/grid-mapfile"),
        ("lcmaps.db", "voms_pool ", "which is not there: nobody is mapped"),
    ),
    "a pool that is not declared": (
        (SETUID, "grid-mapfile", '"/alpha/*" .alpha', '"/alpha/*" .alpah'),
        ("grid-mapfile", ".alpah", "pool .alpah is not declared"),
    ),
    "a pool without its dot": (
        (SETUID, "grid-mapfile", '"/alpha/*" .alpha', '"/alpha/*" alpha'),
        ("grid-mapfile", '"/alpha/*" alpha', "there is no account alpha"),
    ),
    "a group that is none": (
        (SETUID, "groupmapfile", '"/alpha/*" alpha', '"/alpha/*" alhpa'),
        ("groupmapfile", "alhpa", "there is no group alhpa"),
    ),
    "a line that maps nothing": (
        (SETUID, "grid-mapfile", '"/alpha/*" .alpha', '"/alpha/*"'),
        ("grid-mapfile", '"/alpha/*"', 'is no "name" target'),
    ),
    "a line that is never reached": (
        (SETUID, "grid-mapfile", '"/alpha/Role=production" .alphaprd', '"/alpha/*" .alpha'),
        ("grid-mapfile", 'Capability=NULL" .alphaprd', "never reached: line 4"),
    ),
    "a ban that bans nobody": (
        (SETUID, "ban_users.db", "\n", '\n"/DC=org/CN=x\n'),
        ("ban_users.db", "CN=x", 'is no "name"'),
    ),
}

WARNINGS = {
    "nobody has a reason to call": (
        (SETUID, "site.toml", 'multi_user_pilots = "yes"', 'multi_user_pilots = "no"'),
        ("site.toml", "multi_user_pilots", "nobody has a reason to call"),
    ),
    "a demand that an error lifts": (
        (SETUID, "site.toml", 'on_internal_error = "no"', 'on_internal_error = "yes"'),
        ("site.toml", "on_internal_error", "separation is given up"),
    ),
    "a demand for both modes": (
        (SETUID, "site.toml", 'log_only          = "no"', 'log_only          = "require"'),
        ("site.toml", "log_only ", "read as a demand for its record"),
    ),
    "users that may call": (
        (SETUID, "glexec.conf", "= .pilot", "= *"),
        ("glexec.conf", "user_white_list", "may call glexec, too"),
    ),
    "nobody waits for the end": (
        (SETUID, "glexec.conf", "linger                      = yes", "linger = no"),
        ("glexec.conf", "end_leftovers ", "end_leftovers has no effect with linger = no"),
    ),
    "a verify policy that is not there": (
        (SETUID, "glexec.conf", "log_level ", "lcmaps_verify_account_policy = glexec_verify_account\nlog_level "),
        ("glexec.conf", "lcmaps_verify", "has no policy glexec_verify_account"),
    ),
    "pools that are not told apart": (
        (SETUID, "lcmaps.db", "-strict_poolprefix_match yes", "-strict_poolprefix_match no"),
        ("lcmaps.db", "voms_pool ", "also hands out the accounts of alphaprd"),
    ),
    "a rule that nothing leads to": (
        (SETUID, "lcmaps.db", "verify_proxy    -> ban_dn", "verify_proxy    -> voms_localgroup"),
        ("lcmaps.db", "ban_dn          ->", "no rule leads to ban_dn"),
    ),
    "a ban file that nobody reads": (
        (SETUID, "lcmaps.db", "-> ban_dn\nban_dn          ->", "->"),
        ("ban_users.db", "", "nobody is banned"),
    ),
    "a pool that nobody gets": (
        (
            SETUID,
            "grid-mapfile",
            '"/beta/Role=production" .betaprd\n"/beta/Role=production/Capability=NULL" .betaprd\n',
            "",
        ),
        ("site.toml", 'prefix    = "betaprd"', "gives accounts of the pool betaprd"),
    ),
    "a VO that is forgotten": (
        (SETUID, "groupmapfile", '"/beta/*" beta\n', ""),
        ("groupmapfile", "", "an ordinary member of beta has no line"),
    ),
}


@pytest.mark.parametrize("name", [SETUID, LOG_ONLY])
def test_the_examples_have_nothing_to_mend(name: str) -> None:
    assert check(example(name)) == []


@pytest.mark.parametrize("case", [*ERRORS, *WARNINGS])
def test_what_is_wrong_is_found_on_its_line(draft, case: str) -> None:
    (name, file, old, new), (where, text, message) = (ERRORS | WARNINGS)[case]
    site = draft(name)
    site.swap(old, new, file)
    findings = check(load_site(site.folder))
    line = site.line(text, where) if text else 0
    severity = Severity.ERROR if case in ERRORS else Severity.WARNING
    hits = [f for f in findings if message in f.message]
    assert [(f.file, f.line, f.severity) for f in hits][:1] == [(where, line, severity)], [str(f) for f in findings]
    assert all(f.remedy for f in findings)


def test_modules_of_ours_that_are_used_rightly_are_no_finding(draft) -> None:
    site = draft()
    modules = f'x = "{SCRATCH}" "-path /tmp" "-PATH /scratch"\ny = "{TRACKING}" "--tracking-groupid-min 20000"\n'
    rules = "glexec_get_account:\nverify_proxy    -> ban_dn\nvoms_pool -> y\ny -> x\n"
    site.swap("glexec_get_account:\nverify_proxy    -> ban_dn\n", modules + rules, "lcmaps.db")
    site.swap("[switch]", '[worker_node]\ncapabilities = ["SYS_ADMIN"]\n\n[switch]')
    assert check(load_site(site.folder)) == []


def test_a_missing_file_is_found_where_it_is_read(draft) -> None:
    site = draft()
    (site.folder / "groupmapfile").unlink()
    (finding,) = check(load_site(site.folder))
    assert str(finding).startswith(
        f"lcmaps.db:{site.line('voms_localgroup', 'lcmaps.db')}: error: voms_localgroup reads"
    )


def test_errors_come_before_warnings(draft) -> None:
    site = draft()
    site.swap("= .pilot", "= *", "glexec.conf")
    site.swap("-> voms_pool", "-> voms_pol", "lcmaps.db")
    severities = [finding.severity for finding in check(load_site(site.folder))]
    assert severities == sorted(severities)
    assert {Severity.ERROR, Severity.WARNING} == set(severities)


def test_a_site_without_a_policy_is_told_so(draft) -> None:
    site = draft()
    (site.folder / "lcmaps.db").unlink()
    assert "is not among the site's files" in check(load_site(site.folder))[0].message
