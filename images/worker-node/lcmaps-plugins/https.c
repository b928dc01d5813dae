#include "https.h"

#include "https_trust.h"

#include "../glexec/text.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define AGENT "glexec-testbed-lcmaps/1"

/* One request on its way. */
struct call {
    CURL *curl;
    struct curl_slist *headers;
    struct https_trust trust;
    struct https_response *response;
    bool heard; /* the service has begun to answer */
    char words[CURL_ERROR_SIZE];
};

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct call *call = context;

    (void)data;
    call->heard = true;
    return size * count;
}

/* A body beyond the bound ends the call. */
static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct https_response *response = ((struct call *)context)->response;
    size_t more = size * count, needed = response->length + more + 1;
    char *longer;

    if (needed > HTTPS_BODY_MAX + 1 || (longer = realloc(response->body, needed)) == NULL)
        return CURL_WRITEFUNC_ERROR;
    memcpy(longer + response->length, data, more);
    response->body = longer;
    response->length += more;
    longer[response->length] = '\0';
    return more;
}

static CURLcode on_tls(CURL *curl, void *context, void *call)
{
    (void)curl;
    return https_trust_apply(&((struct call *)call)->trust, context) ? CURLE_OK : CURLE_SSL_CIPHER;
}

static bool add_header(struct call *call, const char *name, const char *value)
{
    char line[512];
    struct curl_slist *longer;

    if (!text_print(line, sizeof line, "%s:%s%s", name, value[0] != '\0' ? " " : "", value))
        return false;
    longer = curl_slist_append(call->headers, line);
    call->headers = longer != NULL ? longer : call->headers;
    return longer != NULL;
}

#define SET(option, value) (curl_easy_setopt(call->curl, option, value) == CURLE_OK)

static bool set_trust(struct call *call, const struct https *https)
{
    bool named = https->certificate[0] != '\0', by_name = !https->unchecked && https->hostname[0] == '\0';
    const char *key = https->key[0] != '\0' ? https->key : https->certificate;

    return SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_SSL_VERIFYPEER, https->unchecked ? 0L : 1L) &&
           SET(CURLOPT_SSL_VERIFYHOST, by_name ? 2L : 0L) && SET(CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_NO_PARTIALCHAIN) &&
           SET(CURLOPT_CAPATH, https->capath[0] != '\0' ? https->capath : NULL) &&
           SET(CURLOPT_CAINFO, https->cafile[0] != '\0' ? https->cafile : NULL) &&
           SET(CURLOPT_SSLCERT, named ? https->certificate : NULL) && SET(CURLOPT_SSLKEY, named ? key : NULL) &&
           SET(CURLOPT_KEYPASSWD, https->password) && /* never asked for at a terminal */
           SET(CURLOPT_SSL_CTX_DATA, call) && SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
}

static bool set_bounds(struct call *call, const struct https *https)
{
    return SET(CURLOPT_TIMEOUT_MS, (long)https->timeout) && SET(CURLOPT_CONNECTTIMEOUT_MS, (long)https->timeout) &&
           SET(CURLOPT_MAXFILESIZE, (long)HTTPS_BODY_MAX) && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
           SET(CURLOPT_PROTOCOLS_STR, https->plain ? "http,https" : "https") && SET(CURLOPT_PROXY, "") &&
           SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && /* no waiting for a name server that is not */
           SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(CURLOPT_SSL_ENABLE_ALPN, 0L) &&
           SET(CURLOPT_FORBID_REUSE, 1L) && SET(CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

static bool set_request(struct call *call, const struct https_request *request)
{
    return add_header(call, "Content-Type", request->content_type) && add_header(call, "Expect", "") &&
           (request->soap_action == NULL || add_header(call, "SOAPAction", request->soap_action)) &&
           SET(CURLOPT_URL, request->url) && SET(CURLOPT_USERAGENT, AGENT) && SET(CURLOPT_POST, 1L) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length) && SET(CURLOPT_POSTFIELDS, request->body) &&
           SET(CURLOPT_HTTPHEADER, call->headers) && SET(CURLOPT_HEADERFUNCTION, on_header) &&
           SET(CURLOPT_HEADERDATA, call) && SET(CURLOPT_WRITEFUNCTION, on_body) && SET(CURLOPT_WRITEDATA, call) &&
           SET(CURLOPT_ERRORBUFFER, call->words);
}

static bool stood(const struct call *call)
{
    curl_off_t microseconds = 0;

    return call->trust.begun ||
           (curl_easy_getinfo(call->curl, CURLINFO_CONNECT_TIME_T, &microseconds) == CURLE_OK && microseconds > 0);
}

/* How far the call got. Under TLS 1.3 a service refuses our certificate only when the handshake is over on our side: then
 * its alert is all that tells it from one that went away. */
static enum ruling judge(const struct call *call, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return RULING_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return stood(call) ? RULING_SILENT : RULING_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return RULING_UNTRUSTED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
        if (call->heard)
            return RULING_BROKEN;
        return call->trust.objected ? RULING_UNTRUSTED : RULING_UNREACHABLE;
    default:
        return RULING_BROKEN;
    }
}

static bool perform(struct call *call, struct finding *finding)
{
    CURLcode code = curl_easy_perform(call->curl);

    if (code == CURLE_OK && curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &call->response->status) == CURLE_OK)
        return true;
    if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
        return find(finding, RULING_BROKEN, "the response has more than %d bytes", HTTPS_BODY_MAX);
    return find(finding, judge(call, code), "%s", call->words[0] != '\0' ? call->words : curl_easy_strerror(code));
}

bool https_post(const struct https *https, const struct https_request *request, struct https_response *response,
                struct finding *finding)
{
    struct call own = {.trust = {.https = https}, .response = response}, *call = &own;
    bool whole = false;

    *response = (struct https_response){.body = calloc(1, 1)};
    call->curl = curl_easy_init();
    if (response->body != NULL && call->curl != NULL && set_bounds(call, https) && set_trust(call, https) && set_request(call, request))
        whole = perform(call, finding);
    else
        (void)find(finding, RULING_BROKEN, "libcurl does not take the request");
    curl_easy_cleanup(call->curl);
    curl_slist_free_all(call->headers);
    if (!whole)
        https_free(response);
    return whole;
}

void https_free(struct https_response *response)
{
    free(response->body);
    *response = (struct https_response){0};
}
