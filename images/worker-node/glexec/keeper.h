/* The keeper of a lingering switch: runs the payload, sees it end, records it, and clears up. */
#ifndef KEEPER_H
#define KEEPER_H

struct run;

/* Becomes the keeper: in a set-id installation root in all ids, which the caller cannot signal. `line` leads to the front;
 * when that is gone the payload is ended. Returns the exit code of the switch. */
int keep(struct run *run, int line);

/* The exit code for a payload that ended with this status, as wait() gives it. */
int keeper_code(int status);

#endif
