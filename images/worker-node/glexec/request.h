/* What the caller asks for, besides a command. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

struct request {
    bool verify;         /* GLEXEC_MODE = lcmaps_verify_account: the account is known, the site shall agree to it */
    const char *account; /* GLEXEC_ACCOUNT, its name */
};

struct run;

/* GLEXEC_MODE is lcmaps_get_account, also by default, or lcmaps_verify_account, which needs GLEXEC_ACCOUNT; GLEXEC_ID is
 * noted in the log. 201 otherwise. */
int request_read(struct run *run);

#endif
