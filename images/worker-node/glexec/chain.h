/* Whether certificates that came together belong together. */
#ifndef CHAIN_H
#define CHAIN_H

#include <openssl/x509.h>

#include <stdbool.h>

/* Whether the holder of one certificate has issued the other: by its name, and by its signature. */
bool chain_issued(X509 *issuer, X509 *certificate);

/* Whether each certificate of a chain has been issued by the one behind it. Who verifies a chain builds a path of his own and
 * passes over what does not belong to it; who then takes a name out of the chain may take it from just that. */
bool chain_holds_together(const STACK_OF(X509) *chain);

#endif
