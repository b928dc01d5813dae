"""Does glexec.conf say what the switch understands, and what suits the way it is installed?"""

import re
from collections.abc import Callable, Iterator

from testbed.model.mode import Installation
from testbed.model.problem import nearest
from testbed.site import ini, pdl
from testbed.site.finding import Finding, error, warning
from testbed.site.folder import CONFIG, POLICY, POLICY_PATH
from testbed.site.site import Site

_LIST = r".*"
_PATH = r"/.*"
_YES_NO = r"yes|no"
_LEVEL = r"[0-5]"
_LOCK = r"flock|fcntl|disabled"
_NUMBER = r"\d+"

OPTIONS = {
    "user_white_list": _LIST,
    "preserve_env_variables": _LIST,
    "linger": _YES_NO,
    "user_identity_switch_by": r"glexec|lcmaps",
    "create_target_proxy": _YES_NO,
    "input_lock_mechanism": _LOCK,
    "target_lock_mechanism": _LOCK,
    "lock_mechanism": _LOCK,
    "lcmaps_db_file": _PATH,
    "lcmaps_get_account_policy": _LIST,
    "lcmaps_verify_account_policy": _LIST,
    "lcmaps_debug_level": _LEVEL,
    "lcmaps_log_level": _LIST,
    "lcmaps_log_file": _PATH,
    "lcmaps_voms_verification": _YES_NO,
    "log_destination": r"syslog|file",
    "log_file": _PATH,
    "log_level": _LEVEL,
    "syslog_facility": r"LOG_(AUTH|AUTHPRIV|CRON|DAEMON|LOCAL[0-7]|SYSLOG|USER)",
    "silent_logging": _LIST,
    "use_lcas": _YES_NO,
    "lcas_db_file": _LIST,
    "lcas_debug_level": _LIST,
    "lcas_log_file": _LIST,
    "lcas_log_level": _LIST,
    "omission_private_key_white_list": _LIST,
    "epilogue": _PATH,
    "epilogue_user": _LIST,
    "epilogue_group": _LIST,
    "epilogue_timeout": _NUMBER,
    "installation": r"setuid|log-only",
    "report_cause": _YES_NO,
    "end_leftovers": _YES_NO,
    "mapping_timeout": _NUMBER,
    "lock_timeout": _NUMBER,
    "minimum_uid": _NUMBER,
    "minimum_gid": _NUMBER,
}
"""What gLExec (and our switch) knows, with the values that an option takes."""

_ANYBODY = "*"


def of_glexec_conf(site: Site) -> Iterator[Finding]:
    """Everything about glexec.conf itself."""
    file = site.file(CONFIG)
    if file is None:
        return
    config = ini.parse(file.content)
    for flaw in config.flaws:
        yield error(
            CONFIG, flaw.line, f"this line {flaw.what}" if flaw.line else f"the file {flaw.what}", "mend the line"
        )
    yield from _options(config)
    yield from _callers(site, config)
    yield from _installation(site, config)
    yield from _afterwards(site, config)
    yield from _policy_file(site, config)


def _options(config: ini.Config) -> Iterator[Finding]:
    for option in config.options:
        if option.name not in OPTIONS:
            near = nearest(option.name, OPTIONS)
            remedy = f"did you mean {near}?" if near else "remove it; glexec does not know it"
            yield error(CONFIG, option.line, f"unknown option {option.name}", remedy)
        elif not re.fullmatch(OPTIONS[option.name], option.value):
            words = OPTIONS[option.name].split("|")
            near = nearest(option.value, words)
            remedy = f"did you mean {near}?" if near else f"expected {_said(OPTIONS[option.name])}"
            yield error(CONFIG, option.line, f"{option.name} cannot be {option.value!r}", remedy)
    if (lcas := config.get("use_lcas")) and lcas.value == "yes":
        remedy = "say use_lcas = no, and put its rules into lcmaps.db"
        yield error(CONFIG, lcas.line, "LCAS is not available on the worker node", remedy)


def _said(pattern: str) -> str:
    said = {_PATH: "an absolute path", _LEVEL: "0 to 5", _NUMBER: "a number", _YES_NO: "yes or no"}
    return said.get(pattern, pattern.replace("|", ", "))


def _callers(site: Site, config: ini.Config) -> Iterator[Finding]:
    option = config.get("user_white_list")
    words = [word.strip() for word in option.value.split(",") if word.strip()] if option else []
    line = option.line if option else 0
    if site.installation is Installation.LOG_ONLY and not words:
        return  # whoever can read the file can call; some log-only sites leave it out
    if not words:
        yield error(CONFIG, line, "user_white_list is empty: nobody may call glexec", f"say .{site.pilots.prefix}")
        return
    pilots = [account.name for account in site.pilot_accounts]
    if _ANYBODY not in words and f".{site.pilots.prefix}" not in words and not set(pilots) & set(words):
        message = f"user_white_list has no account of a pilot ({pilots[0]} to {pilots[-1]})"
        yield error(CONFIG, line, message, f"add .{site.pilots.prefix}")
    for pool in site.pools:
        if _ANYBODY in words or f".{pool.prefix}" in words:
            message = f"users with an account of the pool {pool.prefix} may call glexec, too"
            yield warning(CONFIG, line, message, f"name the pilots only: .{site.pilots.prefix}")
            return


def _installation(site: Site, config: ini.Config) -> Iterator[Finding]:
    log_only = site.installation is Installation.LOG_ONLY
    destination, intended = config.get("log_destination"), config.get("installation")
    if log_only and destination and destination.value == "file":
        message = "log_destination = file cannot work log-only: an unprivileged program cannot write the site's log"
        yield error(CONFIG, destination.line, message, "say log_destination = syslog")
    if intended and intended.value != site.installation:
        message = f"installation = {intended.value}, but site.toml installs the switch {site.installation}"
        yield error(CONFIG, intended.line, message, "let both say the same")
    file = site.file(CONFIG)
    if file and log_only and not file.mode & 0o004:
        message = f"mode {file.mode:04o}: log-only, every caller reads it himself"
        yield error(CONFIG, 0, message, "give it mode 0644")
    if file and file.mode & 0o022:
        yield error(
            CONFIG, 0, f"mode {file.mode:04o}: others can write it, glexec refuses it", "give it mode 0640 or 0644"
        )


def _afterwards(site: Site, config: ini.Config) -> Iterator[Finding]:
    """What is to happen when a payload has ended needs somebody who waits for that."""
    epilogue, leftovers = config.get("epilogue"), config.get("end_leftovers")
    waits = config.value("linger", "yes") == "yes"
    if epilogue and site.installation is Installation.LOG_ONLY:
        message = "an epilogue cannot work log-only: there is nobody to run it as"
        yield error(CONFIG, epilogue.line, message, "remove it, or install the switch set-id")
    elif epilogue and not site.at(epilogue.value):
        message = f"the epilogue {epilogue.value} is not among the site's files"
        yield error(CONFIG, epilogue.line, message, "put it into the folder and name it in [files], mode 0755")
    for option in (epilogue, leftovers if leftovers and leftovers.value == "yes" else None):
        if option and not waits:
            message = f"{option.name} has no effect with linger = no: nobody waits for the end"
            yield warning(CONFIG, option.line, message, "say linger = yes")


def _policy_file(site: Site, config: ini.Config) -> Iterator[Finding]:
    option = config.get("lcmaps_db_file")
    path = config.value("lcmaps_db_file", POLICY_PATH)
    file = site.at(path)
    if file is None:
        message = f"the policy {path} is not among the site's files"
        yield error(
            CONFIG, option.line if option else 0, message, f"put it into the folder as {POLICY}, or name it in [files]"
        )
        return
    database = pdl.parse(file.content)
    if database.flaws:
        return
    known = [policy.name for policy in database.policies]
    yield from _labels(config.get("lcmaps_get_account_policy"), known, file.name, error)
    # Site configurations carry the verify policy's label without having one: it matters to callers who ask for it only.
    yield from _labels(config.get("lcmaps_verify_account_policy"), known, file.name, warning)


def _labels(
    wanted: ini.Option | None, known: list[str], file: str, kind: Callable[[str, int, str, str], Finding]
) -> Iterator[Finding]:
    for name in wanted.value.replace(":", " ").split() if wanted else []:
        if wanted and name not in known:
            near = nearest(name, known)
            remedy = f"did you mean {near}?" if near else f"{file} has {', '.join(known) or 'none'}"
            yield kind(CONFIG, wanted.line, f"{file} has no policy {name}", remedy)
