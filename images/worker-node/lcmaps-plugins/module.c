#include "module.h"

#include <lcmaps/lcmaps_cred_data.h>
#include <lcmaps/lcmaps_log.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN "px509_chain"
#define CHAIN_TYPE "STACK_OF(X509) *"

int module_introspect(int *argc, lcmaps_argument_t **argv)
{
    static lcmaps_argument_t wanted[] = {{CHAIN, CHAIN_TYPE, 0, NULL},
                                         {"user_dn", "char *", 0, NULL},
                                         {"nfqan", "int", 0, NULL},
                                         {"fqan_list", "char **", 0, NULL},
                                         {NULL, NULL, -1, NULL}};

    *argv = wanted;
    *argc = lcmaps_cntArgs(wanted);
    return LCMAPS_MOD_SUCCESS;
}

STACK_OF(X509) *module_chain(int argc, lcmaps_argument_t *argv)
{
    STACK_OF(X509) **chain = lcmaps_getArgValue(CHAIN, CHAIN_TYPE, argc, argv);

    return chain != NULL && *chain != NULL && sk_X509_num(*chain) > 0 ? *chain : NULL;
}

/* The text of a memory BIO as a string of its own. */
static char *take_text(BIO *bio)
{
    char *data = NULL, *text;
    long length = BIO_get_mem_data(bio, &data);

    if (length <= 0 || (text = malloc((size_t)length + 1)) == NULL)
        return NULL;
    memcpy(text, data, (size_t)length);
    text[length] = '\0';
    return text;
}

char *module_pem(STACK_OF(X509) *chain)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool whole = bio != NULL;

    for (int i = 0; whole && i < sk_X509_num(chain); i++)
        whole = PEM_write_bio_X509(bio, sk_X509_value(chain, i)) == 1;
    if (whole)
        text = take_text(bio);
    (void)BIO_free(bio);
    return text;
}

char *module_pem_of_file(const char *path)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate;
    char *text = NULL;

    while (chain != NULL && file != NULL && (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL)
        if (sk_X509_push(chain, certificate) == 0) {
            X509_free(certificate);
            break;
        }
    if (chain != NULL && sk_X509_num(chain) > 0)
        text = module_pem(chain);
    (void)BIO_free(file);
    sk_X509_pop_free(chain, X509_free);
    ERR_clear_error(); /* the end of the file is one to OpenSSL */
    return text;
}

void module_names(int argc, lcmaps_argument_t *argv)
{
    char **name = lcmaps_getArgValue("user_dn", "char *", argc, argv);
    int *count = lcmaps_getArgValue("nfqan", "int", argc, argv);
    char ***fqans = lcmaps_getArgValue("fqan_list", "char **", argc, argv);

    if (name != NULL && *name != NULL)
        (void)addCredentialData(DN, name);
    for (int i = 0; count != NULL && fqans != NULL && *fqans != NULL && i < *count; i++)
        (void)addCredentialData(LCMAPS_VO_CRED_STRING, &(*fqans)[i]);
}

int module_unusable(const char *module, const char *why)
{
    (void)lcmaps_log(LOG_ERR, "%s: %s\n", module, why);
    return LCMAPS_MOD_FAIL;
}

int module_refuses(const char *module, const struct finding *finding)
{
    (void)lcmaps_log(LOG_ERR, "%s: %s: %s\n", module, ruling_reason(finding->ruling), finding->why);
    if (ruling_is_told(finding->ruling, getenv(CAUSE_VARIABLE)))
        (void)setenv(CAUSE_VARIABLE, ruling_reason(finding->ruling), 1);
    return LCMAPS_MOD_FAIL;
}

static bool hand_over(const struct granted *granted)
{
    uid_t uid = granted->uid;
    gid_t gid = granted->gid;
    bool taken = addCredentialData(UID, &uid) == 0 && addCredentialData(PRI_GID, &gid) == 0;

    for (size_t i = 0; taken && i < granted->count; i++) {
        gid_t secondary = granted->gids[i];
        taken = addCredentialData(SEC_GID, &secondary) == 0;
    }
    return taken;
}

int module_grants(const char *module, const struct granted *granted, const char *url)
{
    struct finding finding = {0};

    if (!hand_over(granted)) {
        (void)find(&finding, RULING_ACCOUNT_REFUSED, "LCMAPS does not take the account");
        return module_refuses(module, &finding);
    }
    if (ruling_is_told(RULING_PERMIT, getenv(CAUSE_VARIABLE)))
        (void)unsetenv(CAUSE_VARIABLE); /* trouble with another service that the policy had an alternative for */
    (void)lcmaps_log(LOG_NOTICE, "%s: permitted at %s: uid %u, gid %u, %zu secondary groups\n", module, url,
                     (unsigned)granted->uid, (unsigned)granted->gid, granted->count);
    return LCMAPS_MOD_SUCCESS;
}
