#include "report.h"

#include "run.h"

void report_cause(struct run *run)
{
    const char *class = cause_class(run->cause), *reason = cause_reason(run->cause);

    if (run->cause == CAUSE_NONE)
        return;
    journal_note(&run->journal, LOG_ERR, "Ended with %d, class=%s reason=%s.", cause_code(run->cause), class, reason);
    if (run->config.report_cause)
        run_tell("cause class=%s reason=%s code=%d", class, reason, cause_code(run->cause));
}
