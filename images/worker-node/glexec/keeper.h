/* The keeper of a lingering switch: runs the payload, sees it end, records it, and clears up. */
#ifndef KEEPER_H
#define KEEPER_H

struct run;

/* Runs the payload and stays until all is done. When the front is gone the payload is ended, or not started at all. Returns the
 * exit code of the switch. */
int keep(struct run *run);

/* The exit code for a payload that ended with this status, as wait() gives it. */
int keeper_code(int status);

#endif
