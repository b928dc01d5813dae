/* Step 12: who ran what as whom, in gLExec's own words. All lines of a call have the pid of the switch in common. */
#ifndef RECORD_H
#define RECORD_H

#include <sys/resource.h>

struct run;

/* The lines before the payload: DN and FQANs, then the two identities, folder, command and arguments.
 * 202 when they cannot be written: nothing is run that could not be traced. */
int record_start(struct run *run);

/* The line after the payload: how it ended (as wait() gives it) and the time it used. Only a lingering switch sees it. */
void record_end(struct run *run, int status, const struct rusage *used);

#endif
