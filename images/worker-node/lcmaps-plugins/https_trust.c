#include "https_trust.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#define KIND(value) ((value)&0xff) /* of an alert, behind its level */

/* Where a connection has what it belongs to; curl uses OpenSSL's place for its own things. */
static int place(void)
{
    static int index = -1;

    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static void on_event(const SSL *connection, int event, int value)
{
    struct https_trust *trust = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), place());

    if ((event & SSL_CB_ALERT) == 0 || KIND(value) == SSL_AD_CLOSE_NOTIFY || KIND(value) == SSL_AD_USER_CANCELLED)
        return;
    if ((event & SSL_CB_WRITE) != 0 && KIND(value) == SSL_AD_DECODE_ERROR)
        return; /* what OpenSSL says to a connection that was simply lost */
    trust->objected = true;
}

/* That there is no revocation list at all is no objection; a list that is there and out of date is one. */
static int without_list(int good, X509_STORE_CTX *check)
{
    if (good == 0 && X509_STORE_CTX_get_error(check) == X509_V_ERR_UNABLE_TO_GET_CRL) {
        X509_STORE_CTX_set_error(check, X509_V_OK);
        return 1;
    }
    return good;
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
