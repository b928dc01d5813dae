/* One POST to a service over HTTPS: everything about the connection that a site can say, and bounds on all of it.
 *
 * TLS 1.2 or newer, the service's chain and name checked. HTTP/1.1, a new connection for each call. No redirects, no proxies
 * from the environment, no compression. */
#ifndef HTTPS_H
#define HTTPS_H

#include "ruling.h"

#include <stdbool.h>
#include <stddef.h>

#define HTTPS_PATH_SIZE 512
#define HTTPS_BODY_MAX (1024 * 1024) /* bytes of a response; one that is longer is no answer */
#define HTTPS_TIMEOUT 30000          /* milliseconds, as libargus-pep */
#define HTTPS_TIMEOUT_MAX 300        /* seconds */
#define HTTPS_CAPATH "/etc/grid-security/certificates"

/* Revocation lists are looked for in capath, named HASH.rN. One that is there has to be whole and valid and is obeyed, but for
 * CRL_NO. */
enum crl_check {
    CRL_IF_PRESENT, /* an authority without one is believed, as lcmaps_verify_proxy.mod does */
    CRL_YES,        /* and one without is not */
    CRL_NO
};

struct https {
    char capath[HTTPS_PATH_SIZE]; /* "" where there is a cafile: then that alone counts */
    char cafile[HTTPS_PATH_SIZE];
    char certificate[HTTPS_PATH_SIZE]; /* PEM with its chain: a proxy too. "" asks without one */
    char key[HTTPS_PATH_SIZE];         /* "" is in the same file */
    char password[256];
    char hostname[256]; /* what the service's certificate has to name instead of the URL's host; "" is the latter */
    enum crl_check crls;
    bool unchecked;   /* neither the service's chain nor its name: only for a site that says so */
    bool plain;       /* http: is allowed as well */
    unsigned timeout; /* milliseconds for everything from the name to the last byte */
};

struct https_request {
    const char *url;
    const char *content_type;
    const char *soap_action; /* the header's value with its quotes, or NULL */
    const char *body;
    size_t length;
};

/* A whole response, whatever its status. The body is freed by https_free. */
struct https_response {
    long status;
    char *body; /* a NUL stands behind it */
    size_t length;
};

/* All options as they are when lcmaps.db says nothing. */
void https_defaults(struct https *https);

/* What makes a URL none that is asked: NULL, or what is wrong with it. */
const char *https_url_objection(const struct https *https, const char *url);

/* True when the service sent a whole response. Else the finding says why not: unreachable, silent, untrusted or broken. */
bool https_post(const struct https *https, const struct https_request *request, struct https_response *response,
                struct finding *finding);

void https_free(struct https_response *response);

#endif
