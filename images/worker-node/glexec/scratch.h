/* Folders that the payload has for itself: where the policy asks for a private /tmp, it sees an empty one of its own. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "scratch_paths.h"

#include <stdbool.h>
#include <sys/types.h>

struct run;

struct scratch {
    bool entered;       /* this process is in a mount namespace of the payload's */
    int site_namespace; /* the way back */
    int holder;         /* /tmp as everybody else sees it */
    int base;           /* the folder in it that holds the private ones; only root can enter it */
    char name[40];      /* of that folder; empty: there is none */
};

/* Step: the switch enters a mount namespace of its own, in which each path of the answer is a fresh private folder of
 * the target's. 202 when that cannot be had, and nothing is run. A call without a command has no payload and needs none.
 * From here on signals wait: until there is a payload nothing but SIGKILL makes the switch leave without clearing up. */
int scratch_enter(struct run *run);

/* Back to the site's own view of its files, with / as the folder. The payload keeps what it has. */
void scratch_leave(struct run *run);

/* Leaves, and removes the private folders with all that is in them. May be called at any time and more than once. */
void scratch_remove(struct run *run);

#endif
