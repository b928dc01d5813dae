/* Who a chain of certificates is about, in the words that services are told. */
#ifndef X509_PARTY_H
#define X509_PARTY_H

#include "saml_question.h"

#include <openssl/x509.h>

#include <stdbool.h>

#define PARTY_INSTANT_SIZE SAML_INSTANT_SIZE

/* The end entity of a chain: proxies stand in front of it, authorities behind it. */
struct x509_party {
    char *dn, *issuer, *serial;
    char not_before[PARTY_INSTANT_SIZE], not_after[PARTY_INSTANT_SIZE];
};

/* NULL, or what is wrong: nobody in it but authorities and proxies, a certificate that has not issued the one in front of it,
 * or what cannot be put into words. */
const char *x509_party_of(struct x509_party *party, STACK_OF(X509) *chain);

/* The same of the certificates in PEM text. */
const char *x509_party_of_text(struct x509_party *party, const char *pem);

void x509_party_free(struct x509_party *party);

#endif
