/* linger = yes: stay until the payload has ended, pass signals on to it and its end on to the caller. */
#ifndef LINGER_H
#define LINGER_H

struct run;

/* Returns the exit code of the switch: the payload's, 204 for 201..204 of the payload, 128+n when signal n ended it. */
int linger(struct run *run);

/* The same translation, of a status as wait() gives it. */
int linger_code(int status);

#endif
