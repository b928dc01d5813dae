"""Do the four answers agree with each other, and with how the switch is installed?"""

from collections.abc import Iterator

from testbed.model.answers import Stance
from testbed.model.doubt import doubts
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
    if other is Stance.REQUIRE and not (site.installation is Installation.SETUID and stance is not Stance.NO):
        # A switch that is installed set-id keeps the record that log-only is demanded for.
        message = (
            f'the switch is installed {site.installation}, but the site demands the other way ({theirs} = "require")'
        )
        yield error(FILE, here, message, "install it the other way, or change the answer")
    for doubt in doubts(answers):
        if not doubt.cost:
            yield warning(FILE, site.lines.get(f"answers.{doubt.answer}", 0), doubt.says, doubt.remedy)
