"""Would LCMAPS take lcmaps.db, and does it do what the installation can?"""

from collections import Counter
from collections.abc import Iterator

from testbed.model.mode import Installation
from testbed.model.problem import nearest
from testbed.site import ini, pdl
from testbed.site.decision import kind, policy_modules
from testbed.site.finding import Finding, error, warning
from testbed.site.folder import CONFIG, POLICY
from testbed.site.site import Site

MODULES = frozenset(
    f"lcmaps_{name}.mod"
    for name in (
        *("verify_proxy", "ban_dn", "ban_fqan", "dummy_good", "dummy_bad", "localaccount", "poolaccount"),
        *("posix_enf", "voms", "voms_localaccount", "voms_localgroup", "voms_poolaccount", "voms_poolgroup"),
        *("tracking_groupid", "mount_under_scratch", "c_pep", "scas_client", "gums_client"),
    )
)
"""What the worker node has in /usr/lib/lcmaps."""

_FILES = ("-gridmapfile", "-groupmapfile", "-banmapfile")
_ENFORCE = "lcmaps_posix_enf.mod"
_LEASING = ("lcmaps_poolaccount.mod", "lcmaps_voms_poolaccount.mod")


def of_lcmaps_db(site: Site) -> Iterator[Finding]:
    """Everything about lcmaps.db itself."""
    file = site.file(POLICY)
    if file is None:
        return
    database = pdl.parse(file.content)
    if database.flaws:  # LCMAPS goes no further either, and what follows may only be a consequence
        flaw = database.flaws[0]
        yield error(POLICY, flaw.line, f"this line {flaw.what}", "mend the line; LCMAPS stops at it")
        return
    yield from _modules(database)
    for policy in database.policies:
        yield from _rules(database, policy)
    yield from _named_files(site, database)
    used = list(policy_modules(site))
    yield from _installation(site, used)
    yield from _pools(site, used)


def _modules(database: pdl.Database) -> Iterator[Finding]:
    aliases = Counter(module.alias for module in database.modules)
    files: dict[str, str] = {}
    for module in database.modules:
        if aliases[module.alias] > 1:
            yield error(POLICY, module.line, f"{module.alias} is declared twice", "rename one of them")
        if files.setdefault(kind(module), module.alias) != module.alias:
            message = f"{kind(module)} has two names, {files[kind(module)]} and {module.alias}: LCMAPS refuses that"
            yield error(POLICY, module.line, message, "use one name in all policies")
        if kind(module) not in MODULES:
            near = nearest(kind(module), MODULES)
            remedy = (
                f"did you mean {near}?" if near else "the worker node has Debian's modules and the testbed's own five"
            )
            yield error(POLICY, module.line, f"the worker node has no module {module.file}", remedy)


def _rules(database: pdl.Database, policy: pdl.Policy) -> Iterator[Finding]:
    if not policy.rules:
        yield error(
            POLICY, policy.line, f"policy {policy.name} has no rule", "a policy needs one rule with -> at least"
        )
        return
    known = [module.alias for module in database.modules]
    seen: dict[str, int] = {}
    for rule in policy.rules:
        if rule.state in seen:
            message = f"a second rule for {rule.state}, after line {seen[rule.state]}: LCMAPS refuses that"
            yield error(POLICY, rule.line, message, f"put both into one: {rule.state} -> A | B")
        seen.setdefault(rule.state, rule.line)
        for alias in (rule.state, rule.then, rule.otherwise):
            if alias is not None and alias not in known and alias not in MODULES:
                near = nearest(alias, known)
                remedy = f"did you mean {near}?" if near else f'declare it: {alias} = "lcmaps_....mod"'
                yield error(POLICY, rule.line, f"no module is called {alias}", remedy)
    targets = {alias for rule in policy.rules for alias in (rule.then, rule.otherwise)}
    for rule in policy.rules[1:]:
        if rule.state not in targets and seen[rule.state] == rule.line:
            yield warning(
                POLICY, rule.line, f"no rule leads to {rule.state}", "the first rule is where a policy starts"
            )


def _named_files(site: Site, database: pdl.Database) -> Iterator[Finding]:
    there = [file.path for file in site.files]
    for option in _FILES:
        for path, module in database.arguments(option):
            if path not in there:
                near = nearest(path, there)
                effect = "everybody is refused" if option == "-banmapfile" else "nobody is mapped"
                remedy = f"did you mean {near}?" if near else "put it into the folder, and name it in [files]"
                yield error(POLICY, module.line, f"{module.alias} reads {path}, which is not there: {effect}", remedy)


def _installation(site: Site, used: list[pdl.Module]) -> Iterator[Finding]:
    enforcing = [module for module in used if kind(module) == _ENFORCE]
    file = site.file(CONFIG)
    switcher = ini.parse(file.content).get("user_identity_switch_by") if file else None
    if site.installation is Installation.LOG_ONLY:
        for module in enforcing:
            message = f"{module.alias} switches the uid, which log-only cannot: every call is refused"
            yield error(
                POLICY, module.line, message, "end the policy with lcmaps_dummy_good.mod --dummy-username nobody"
            )
        for module in used:
            if kind(module) in _LEASING:
                message = f"{module.alias} leases accounts, but log-only, the caller cannot write gridmapdir"
                yield error(POLICY, module.line, message, "decide by voms_localgroup, and end with a dummy account")
    elif switcher and switcher.value == "lcmaps" and not enforcing:
        message = "user_identity_switch_by = lcmaps, but no policy that glexec runs ends in lcmaps_posix_enf.mod"
        yield error(CONFIG, switcher.line, message, "add it to the policy, or say user_identity_switch_by = glexec")
    elif enforcing and (switcher is None or switcher.value == "glexec"):
        message = (
            f"{enforcing[0].alias} switches the uid, which it cannot: glexec does it, and LCMAPS runs without root"
        )
        remedy = "take it out of the policy, or say user_identity_switch_by = lcmaps in glexec.conf"
        yield error(POLICY, enforcing[0].line, message, remedy)
    for module in used:
        if kind(module) == "lcmaps_dummy_good.mod" and not any(word.startswith("--dummy") for word in module.arguments):
            message = f"{module.alias} names no account: LCMAPS fails, it could not find any uid"
            yield error(POLICY, module.line, message, "add --dummy-username nobody")


def _pools(site: Site, used: list[pdl.Module]) -> Iterator[Finding]:
    prefixes = [pool.prefix for pool in site.pools]
    nested = [(a, b) for a in prefixes for b in prefixes if a != b and b.startswith(a)]
    for module in used:
        if kind(module) in _LEASING and module.argument("-strict_poolprefix_match") == "no" and nested:
            short, long = nested[0]
            message = f"without strict match, pool {short} also hands out the accounts of {long}"
            yield warning(POLICY, module.line, message, "say -strict_poolprefix_match yes")
