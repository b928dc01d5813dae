#include "ask.h"

#include <err.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONGEST 65536 /* bytes of an answer with its head */

SSL_CTX *ask_context(const char *authority, const char *proxy)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
        SSL_CTX_load_verify_locations(tls, authority, NULL) != 1 ||
        SSL_CTX_use_certificate_chain_file(tls, proxy) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, proxy, SSL_FILETYPE_PEM) != 1)
        errx(2, "TLS: %s", ERR_reason_error_string(ERR_get_error()));
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF); /* a switch lives for one question */
    return tls;
}

static enum outcome open_connection(const struct service *service, struct connection *connection)
{
    struct timeval limit = {.tv_sec = service->limit};
    int yes = 1, plug = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    connection->socket = plug;
    if (plug < 0)
        return NO_CONNECTION;
    setsockopt(plug, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(plug, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(plug, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->tls = SSL_new(service->tls);
    if (connect(plug, (const struct sockaddr *)&service->address, sizeof service->address) != 0)
        return NO_CONNECTION;
    if (connection->tls == NULL || SSL_set_fd(connection->tls, plug) != 1 ||
        SSL_set1_host(connection->tls, service->name) != 1 ||
        SSL_set_tlsext_host_name(connection->tls, service->name) != 1 || SSL_connect(connection->tls) != 1)
        return NO_TLS;
    return RIGHT;
}

/* The answer with its head, as long as its Content-Length says; -1 where it is none. */
static int read_answer(SSL *tls, char *answer, char **body)
{
    int have = 0, whole = LONGEST;

    *body = NULL;
    while (have < whole) {
        int got = SSL_read(tls, answer + have, whole - have);
        if (got <= 0)
            return -1;
        have += got;
        answer[have] = '\0';
        if (*body == NULL && (*body = strstr(answer, "\r\n\r\n")) != NULL) {
            const char *length = strcasestr(answer, "\r\nContent-Length:");
            *body += 4;
            if (length == NULL || length > *body)
                return -1;
            whole = (int)(*body - answer) + atoi(length + 17);
            if (whole > LONGEST || have > whole)
                return -1;
        }
    }
    return have == LONGEST ? -1 : have;
}

static bool is_right(const struct question *question, char *body, size_t length)
{
    unsigned char plain[LONGEST];
    int bytes;

    if (memmem(body, length, question->answer, question->answer_length) != NULL)
        return true;
    bytes = EVP_DecodeBlock(plain, (const unsigned char *)body, (int)length);
    return bytes > 0 && memmem(plain, (size_t)bytes, question->answer, question->answer_length) != NULL;
}

enum outcome ask(const struct service *service, struct connection *connection, const struct question *question)
{
    char answer[LONGEST + 1], *body;
    int length;

    if (connection->tls == NULL) {
        enum outcome opened = open_connection(service, connection);
        if (opened != RIGHT)
            return opened;
    }
    if (SSL_write(connection->tls, question->request, (int)question->length) != (int)question->length)
        return NO_ANSWER;
    length = read_answer(connection->tls, answer, &body);
    if (length < 0)
        return NO_ANSWER;
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0)
        return WRONG_STATUS;
    return is_right(question, body, (size_t)(answer + length - body)) ? RIGHT : WRONG_ANSWER;
}

void ask_close(struct connection *connection)
{
    if (connection->tls != NULL) {
        SSL_shutdown(connection->tls);
        SSL_free(connection->tls);
    }
    if (connection->socket >= 0)
        close(connection->socket);
    connection->tls = NULL;
    connection->socket = -1;
}
