/* What the caller asks for, besides a command. */
#ifndef REQUEST_H
#define REQUEST_H

struct run;

/* GLEXEC_MODE may only be lcmaps_get_account, which is also the default; GLEXEC_ID is noted in the log. 201 otherwise. */
int request_read(struct run *run);

#endif
