/* What a call that ran nothing says about it at its end. */
#ifndef REPORT_H
#define REPORT_H

struct run;

/* One line in the log, whatever the level; and with report_cause = yes, the last line on standard error, made for
 * programs: `[gLExec]: cause class=CLASS reason=REASON code=NNN`. It does nothing where nothing went wrong. */
void report_cause(struct run *run);

#endif
