/* Whom a connection believes: revocation lists, an expected name, and who broke off the handshake. */
#ifndef HTTPS_TRUST_H
#define HTTPS_TRUST_H

#include "https.h"

struct https_trust {
    const struct https *https;
    bool begun;    /* the connection stands, and TLS begins on it */
    bool objected; /* one side has sent the other a TLS alert: it does not want to go on */
};

/* For CURLOPT_SSL_CTX_FUNCTION: `context` is OpenSSL's SSL_CTX. False when OpenSSL takes it not. */
bool https_trust_apply(struct https_trust *trust, void *context);

#endif
