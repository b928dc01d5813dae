/* One caller's connection: TLS with a proxy as client certificate, one HTTP request at a time. */
#ifndef ASK_H
#define ASK_H

#include "plan.h"

#include <netinet/in.h>
#include <openssl/ssl.h>

/* What came of a question; bench/service/asked.py has the same numbers. */
enum outcome { RIGHT, NO_CONNECTION, NO_TLS, NO_ANSWER, WRONG_STATUS, WRONG_ANSWER };

struct service {
    struct sockaddr_in address;
    const char *name; /* as its certificate has it */
    SSL_CTX *tls;
    int limit; /* seconds for one step: connecting, a read, a write */
};

struct connection {
    int socket;
    SSL *tls; /* NULL: there is none */
};

/* The context of all callers: whom to believe, whom to be. Ends the program where it cannot be made. */
SSL_CTX *ask_context(const char *authority, const char *proxy);

/* Connects where there is no connection yet, asks, reads the answer. */
enum outcome ask(const struct service *service, struct connection *connection, const struct question *question);

/* Ends a connection, if there is one. */
void ask_close(struct connection *connection);

#endif
