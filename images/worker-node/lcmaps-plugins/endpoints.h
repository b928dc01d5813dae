/* The services that may be asked, in which order, and when the asking ends. */
#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include "ruling.h"

#include <stddef.h>

#define ENDPOINTS_MAX 8
#define ENDPOINT_SIZE 257 /* a URL of 256 characters */

enum strategy {
    STRATEGY_IN_ORDER,     /* as given; scas_client's round-robin is the same, because each call is a process of its own */
    STRATEGY_RANDOM_START, /* round-robin-random-start: as given, from any of them on */
    STRATEGY_RANDOM        /* each once, in any order */
};

struct endpoints {
    size_t count;
    char url[ENDPOINTS_MAX][ENDPOINT_SIZE];
    enum strategy strategy;
    unsigned again; /* times that one which is in trouble is asked again, 50 to 60 ms later; 0 for Argus, 1 for SCAS */
};

/* NULL, or what is wrong: too many, too long, twice. */
const char *endpoints_add(struct endpoints *endpoints, const char *url);

/* "round-robin", "round-robin-random-start" or "random". NULL, or what is wrong. */
const char *endpoints_strategy(struct endpoints *endpoints, const char *word);

/* Asks one endpoint once and fills the finding; the URL is put in front of its words afterwards. */
typedef void endpoint_ask(void *context, const char *url, struct finding *finding);

/* Is told of each finding that is not the last one, for the log. */
typedef void endpoint_tell(void *context, const struct finding *finding);

/* Asks until there is a decision, or nobody is left. A decision is final, also a Deny; trouble goes on to the next. Of
 * several troubles the one that got furthest is found, among equals the last. What this takes at most is
 * count x (1 + again) x what one call may take, and 60 ms more for each call again. */
void endpoints_ask(const struct endpoints *endpoints, endpoint_ask *ask, endpoint_tell *tell, void *context,
                   struct finding *finding);

#endif
