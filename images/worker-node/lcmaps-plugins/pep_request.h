/* The question for an Argus PEP daemon: may this person run here, as which account? */
#ifndef PEP_REQUEST_H
#define PEP_REQUEST_H

#include <stddef.h>

struct pep_request {
    const char *subject;  /* the user's certificates, PEM, without a key */
    const char *pilot;    /* the pilot's, or NULL where there is none */
    const char *resource; /* resource-id */
    const char *action;   /* action-id */
    const char *profile;  /* profile-id */
    const char *host;     /* of this worker node */
};

/* The body of the HTTP request: base64 of a Hessian object, in lines. The caller frees it. NULL: there is no memory. */
char *pep_request_write(const struct pep_request *request);

#endif
