#include "subject.h"

#include "chain.h"

#include <stddef.h>

/* LCMAPS 1.6.6 exports these for its own plugins and publishes no header for them. A chain is OpenSSL's STACK_OF(X509). */
int lcmaps_pem_string_to_x509_chain(void **chain, char *pem);
char *cgul_x509_chain_to_subject_dn(void *chain);
void lcmaps_x509_free_chain(void **chain);

char *subject_of(char *pem)
{
    void *chain = NULL;
    char *subject = NULL;

    if (lcmaps_pem_string_to_x509_chain(&chain, pem) == 0 && chain != NULL)
        subject = cgul_x509_chain_to_subject_dn(chain);
    if (chain != NULL)
        lcmaps_x509_free_chain(&chain);
    return subject;
}

bool subject_is_one(char *pem)
{
    void *chain = NULL;
    bool one = lcmaps_pem_string_to_x509_chain(&chain, pem) != 0 || chain == NULL || chain_holds_together(chain);

    if (chain != NULL)
        lcmaps_x509_free_chain(&chain);
    return one;
}
