/* The proxies that the caller hands in, read as the caller, once. */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>

#define CREDENTIAL_SIZE (256 * 1024) /* a long proxy with many attributes has some 30 kB */

struct credential {
    const char *path;
    size_t length; /* 0: there is none */
    bool has_key;
    char pem[CREDENTIAL_SIZE + 1];
};

struct run;

/* Reads GLEXEC_CLIENT_CERT and GLEXEC_SOURCE_PROXY (by default the same file). 201 unless each is an absolute path to a
 * regular file of the caller that nobody else may touch and that has no other name, of sensible size, at rest while it is
 * read, and whole PEM text with a certificate and its key. The caller's own X509_USER_PROXY is read as well, if usable. */
int credential_read(struct run *run);

/* Wipes what was read: a lingering switch needs no private keys in its memory. */
void credential_wipe(struct credential *credential);
void credential_forget(struct run *run);

#endif
