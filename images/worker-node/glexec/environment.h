/* Step 11: what the payload finds in its environment. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <stdbool.h>

/* Whether a variable of the caller's reaches the payload: GLEXEC_* but not GLEXEC_EPILOG_*, and what the site's list
 * names, except what steers the loader, the allocator, LCMAPS and LCAS, and what the switch itself sets. */
bool environment_keeps(const char *variable, const char *preserve_list);

struct run;

/* 202 when the environment has more variables than can be passed on. */
int environment_build(struct run *run);

#endif
