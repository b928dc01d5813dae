/* Step 5: the proxies that the caller hands in, read as the caller, once. */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include <stddef.h>

#define CREDENTIAL_SIZE (256 * 1024) /* a long proxy with many attributes has some 30 kB */

struct credential {
    const char *path;
    size_t length;
    char pem[CREDENTIAL_SIZE + 1];
};

struct run;

/* Reads GLEXEC_CLIENT_CERT and GLEXEC_SOURCE_PROXY (by default the same file). 201 unless each is an absolute path to a
 * regular file of the caller that nobody else may touch, of sensible size, and at rest while it is read. */
int credential_read(struct run *run);

/* Wipes what was read: a lingering switch needs no private keys in its memory. */
void credential_forget(struct run *run);

#endif
