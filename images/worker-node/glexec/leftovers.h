/* What a payload leaves running when it ends: found by descent, ended with it. */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>

struct run;

/* From now on every process that loses its parent below this one becomes its child, whatever session or group it has gone
 * to (PR_SET_CHILD_SUBREAPER). So nobody else's process is ever taken for a leftover, even if it has the same account. */
bool leftovers_gather(void);

/* Ends all of them: SIGTERM, and two seconds later SIGKILL. `signals` tells of children that end. How many there were, and
 * whether any could not be ended, goes to the log. */
void leftovers_end(struct run *run, int signals);

#endif
