/* Become the payload's account for good, and run the payload. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "cause.h"

#include <stdbool.h>

struct run;

/* With linger = no this process turns into the payload; with linger = yes a child does, and its end is waited for.
 * Returns the exit code of the switch. */
int payload_run(struct run *run);

/* Becomes the account and turns into the payload, which ends with whoever `kept` it. Returns only when that failed; `why` and
 * `error` (errno, or 0) say what was wrong. */
enum cause payload_become(struct run *run, bool kept, const char **why, int *error);

#endif
