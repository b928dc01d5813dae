/* A limit for a call of the system that may wait for ever: for a lock, for a pipe that nobody reads. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct patience {
    sigset_t mask; /* as it was */
};

/* From here on a call that waits ends with EINTR when the time is up, also where all signals are blocked. */
bool patience_begin(struct patience *patience, uint32_t seconds);

/* Everything as it was before. */
void patience_end(const struct patience *patience);

#endif
