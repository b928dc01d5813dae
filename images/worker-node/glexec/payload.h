/* Step 13: become the payload's account for good, and run the payload. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

struct run;

/* With linger = no this process turns into the payload; with linger = yes a child does, and its end is waited for.
 * Returns the exit code of the switch. */
int payload_run(struct run *run);

/* Becomes the account and turns into the payload. Returns only when that failed: 202, or 126 when the kernel would not
 * run the file; `why` and `error` (errno, or 0) say what was wrong. */
int payload_become(struct run *run, const char **why, int *error);

#endif
