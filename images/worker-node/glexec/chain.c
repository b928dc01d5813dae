#include "chain.h"

#include <openssl/err.h>

bool chain_issued(X509 *issuer, X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool issued = key != NULL && X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) == 0 &&
                  X509_verify(certificate, key) == 1;

    ERR_clear_error(); /* another's signature is one to OpenSSL */
    return issued;
}

bool chain_holds_together(const STACK_OF(X509) *chain)
{
    for (int i = 1; i < sk_X509_num(chain); i++)
        if (!chain_issued(sk_X509_value(chain, i), sk_X509_value(chain, i - 1)))
            return false;
    return true;
}
