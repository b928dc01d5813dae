"""Do the four answers agree with each other, and with how the switch is installed?"""

from collections.abc import Iterator

from testbed.model.answers import MultiUser, OnInternalError, Stance
from testbed.model.mode import Installation
from testbed.site.finding import Finding, error, warning
from testbed.site.site import Site

FILE = "site.toml"


def of_the_four_questions(site: Site) -> Iterator[Finding]:
    """Contradictions between answers and installation; lines are those of site.toml."""
    answers = site.answers
    stance, other = answers.setuid, answers.log_only
    mine, theirs = "setuid", "log_only"
    if site.installation is Installation.LOG_ONLY:
        stance, other, mine, theirs = other, stance, theirs, mine
    here = site.lines.get("switch.installation", 0)
    if stance is Stance.NO:
        message = f'the switch is installed {site.installation}, which the site does not accept ({mine} = "no")'
        yield error(FILE, here, message, "install it the other way, or change the answer")
    if other is Stance.REQUIRE:
        message = (
            f'the switch is installed {site.installation}, but the site demands the other way ({theirs} = "require")'
        )
        yield error(FILE, here, message, "install it the other way, or change the answer")
    demanded = Stance.REQUIRE in (answers.setuid, answers.log_only)
    if answers.multi_user_pilots is MultiUser.NO and demanded:
        message = "multi-user pilots are not allowed, so nobody has a reason to call glexec that is demanded"
        yield warning(FILE, site.lines.get("answers.multi_user_pilots", 0), message, "allow them, or demand nothing")
    if demanded and answers.on_internal_error is OnInternalError.YES:
        kept = "separation" if answers.setuid is Stance.REQUIRE else "the record"
        message = f"glexec is demanded, but on an internal error {kept} is given up: whoever breaks it, gets round it"
        remedy = 'answer "no" or "depends", or accept that it depends on the authority being there'
        yield warning(FILE, site.lines.get("answers.on_internal_error", 0), message, remedy)
