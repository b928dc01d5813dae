#include "https_trust.h"

#include "../glexec/text.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#define KIND(value) ((value)&0xff) /* of an alert, behind its level */

/* Where a connection has what it belongs to; curl uses OpenSSL's place for its own things. */
static int place(void)
{
    static int index = -1;

    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static struct https_trust *trust_of(const SSL *connection)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), place());
}

static void on_event(const SSL *connection, int event, int value)
{
    if ((event & SSL_CB_ALERT) == 0 || KIND(value) == SSL_AD_CLOSE_NOTIFY || KIND(value) == SSL_AD_USER_CANCELLED)
        return;
    if ((event & SSL_CB_WRITE) != 0 && KIND(value) == SSL_AD_DECODE_ERROR)
        return; /* what OpenSSL says to a connection that was simply lost */
    trust_of(connection)->objected = true;
}

/* Whether a file lies where the revocation list of the certificate's authority would: whatever is in it. */
static bool has_list(const struct https *https, X509 *certificate)
{
    char path[HTTPS_PATH_SIZE + 16];

    if (https->capath[0] == '\0')
        return false;
    return !text_print(path, sizeof path, "%s/%08lx.r0", https->capath, X509_issuer_name_hash(certificate)) ||
           access(path, F_OK) == 0 || errno != ENOENT;
}

/* That there is no revocation list at all is no objection; one that is there and out of date is one, and so is a file that
 * broke off or cannot be read, which OpenSSL passes over as if it were not there. */
static int without_list(int good, X509_STORE_CTX *check)
{
    const SSL *connection = X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *certificate = X509_STORE_CTX_get_current_cert(check);

    if (good != 0 || X509_STORE_CTX_get_error(check) != X509_V_ERR_UNABLE_TO_GET_CRL)
        return good;
    if (connection == NULL || certificate == NULL || has_list(trust_of(connection)->https, certificate))
        return 0;
    X509_STORE_CTX_set_error(check, X509_V_OK);
    return 1;
}

bool https_trust_apply(struct https_trust *trust, void *context)
{
    const struct https *https = trust->https;
    X509_STORE *store = SSL_CTX_get_cert_store(context);

    trust->begun = true;
    if (SSL_CTX_set_ex_data(context, place(), trust) != 1 || store == NULL)
        return false;
    SSL_CTX_set_info_callback(context, on_event);
    if (https->unchecked)
        return true;
    if (https->crls != CRL_NO && X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) != 1)
        return false;
    if (https->crls == CRL_IF_PRESENT)
        X509_STORE_set_verify_cb(store, without_list);
    return https->hostname[0] == '\0' || X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(context), https->hostname, 0) == 1;
}
