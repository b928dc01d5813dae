#include "x509_party.h"

#include "../glexec/chain.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHAIN_MAX 32
#define GT3_PROXY "1.3.6.1.4.1.3536.1.222" /* the extension of proxies between the legacy ones and RFC 3820 */

/* A proxy without any extension is one by its name: its owner's, who issued it, and one of these. */
static bool proxy_by_name(X509 *certificate)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int last = X509_NAME_entry_count(subject) - 1;
    X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, last);
    const ASN1_STRING *value = entry == NULL ? NULL : X509_NAME_ENTRY_get_data(entry);
    static const char *const names[] = {"proxy", "limited proxy"};

    if (value == NULL || OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName ||
        X509_NAME_entry_count(X509_get_issuer_name(certificate)) != last)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ASN1_STRING_length(value) == (int)strlen(names[i]) &&
            memcmp(ASN1_STRING_get0_data(value), names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool proxy(X509 *certificate)
{
    ASN1_OBJECT *old = OBJ_txt2obj(GT3_PROXY, 1);
    bool marked = old != NULL && X509_get_ext_by_OBJ(certificate, old, -1) >= 0;

    ASN1_OBJECT_free(old);
    return marked || (X509_get_extension_flags(certificate) & EXFLAG_PROXY) != 0 || proxy_by_name(certificate);
}

/* Only what the certificates in front of it lead to: anybody's certificate may lie among them, it is no secret. */
static X509 *end_entity(STACK_OF(X509) *chain)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *certificate = sk_X509_value(chain, i);
        if (i > 0 && !chain_issued(certificate, sk_X509_value(chain, i - 1)))
            return NULL;
        if (!proxy(certificate))
            return X509_check_ca(certificate) != 0 ? NULL : certificate;
    }
    return NULL;
}

static bool instant(char out[PARTY_INSTANT_SIZE], const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 && strftime(out, PARTY_INSTANT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0;
}

/* In OpenSSL's form, and from OpenSSL's memory: what it cannot print in ASCII is \xHH. */
static char *name_of(X509_NAME *name)
{
    char *text = X509_NAME_oneline(name, NULL, 0), *copy = text == NULL ? NULL : strdup(text);

    OPENSSL_free(text);
    return copy;
}

static char *serial_of(X509 *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *text = number == NULL ? NULL : BN_bn2dec(number), *copy = text == NULL ? NULL : strdup(text);

    OPENSSL_free(text);
    BN_free(number);
    return copy;
}

const char *x509_party_of(struct x509_party *party, STACK_OF(X509) *chain)
{
    X509 *person = end_entity(chain);

    *party = (struct x509_party){0};
    if (person == NULL)
        return "the chain does not lead to the certificate of a person";
    party->dn = name_of(X509_get_subject_name(person));
    party->issuer = name_of(X509_get_issuer_name(person));
    party->serial = serial_of(person);
    if (party->dn != NULL && party->issuer != NULL && party->serial != NULL &&
        instant(party->not_before, X509_get0_notBefore(person)) && instant(party->not_after, X509_get0_notAfter(person)))
        return NULL;
    x509_party_free(party);
    return "a certificate of the chain cannot be put into words";
}

const char *x509_party_of_text(struct x509_party *party, const char *pem)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    BIO *text = BIO_new_mem_buf(pem, -1);
    const char *problem = "there is no memory";
    X509 *certificate;

    *party = (struct x509_party){0};
    while (chain != NULL && text != NULL && sk_X509_num(chain) < CHAIN_MAX &&
           (certificate = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL)
        if (sk_X509_push(chain, certificate) == 0)
            X509_free(certificate);
    if (chain != NULL && text != NULL)
        problem = x509_party_of(party, chain);
    BIO_free(text);
    sk_X509_pop_free(chain, X509_free);
    ERR_clear_error(); /* the end of the text is one to OpenSSL */
    return problem;
}

void x509_party_free(struct x509_party *party)
{
    free(party->dn);
    free(party->issuer);
    free(party->serial);
    *party = (struct x509_party){0};
}
