"""Looks at a site's files without starting anything: what contradicts, what is missing, what is never used."""

from collections.abc import Callable, Iterator

from testbed.site.checks import answers, authority, maps, modules, policy, switch
from testbed.site.finding import Finding, Severity
from testbed.site.site import Site

CHECKS: tuple[Callable[[Site], Iterator[Finding]], ...] = (
    answers.of_the_four_questions,
    switch.of_glexec_conf,
    policy.of_lcmaps_db,
    modules.of_our_modules,
    maps.of_map_files,
    authority.of_what_is_asked,
    authority.of_its_files,
    authority.of_its_settings,
)


def check(site: Site) -> list[Finding]:
    """Every finding, errors first, then by file and line."""
    findings = {finding: None for look in CHECKS for finding in look(site)}
    return sorted(findings, key=lambda f: (f.severity is not Severity.ERROR, f.file, f.line, f.message))
