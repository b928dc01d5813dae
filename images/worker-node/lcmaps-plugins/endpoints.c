#include "endpoints.h"

#include "../glexec/text.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define MILLISECOND 1000000L

const char *endpoints_add(struct endpoints *endpoints, const char *url)
{
    if (endpoints->count == ENDPOINTS_MAX)
        return "there are more than 8 endpoints";
    for (size_t i = 0; i < endpoints->count; i++)
        if (strcmp(endpoints->url[i], url) == 0)
            return "this endpoint is there twice";
    if (!text_print(endpoints->url[endpoints->count], ENDPOINT_SIZE, "%s", url))
        return "a URL has 256 characters at most";
    endpoints->count++;
    return NULL;
}

const char *endpoints_strategy(struct endpoints *endpoints, const char *word)
{
    if (strcmp(word, "round-robin") == 0)
        endpoints->strategy = STRATEGY_IN_ORDER;
    else if (strcmp(word, "round-robin-random-start") == 0)
        endpoints->strategy = STRATEGY_RANDOM_START;
    else if (strcmp(word, "random") == 0)
        endpoints->strategy = STRATEGY_RANDOM;
    else
        return "there are round-robin, round-robin-random-start and random";
    return NULL;
}

/* 0 where there is no chance to be had: then the order is the given one. */
static size_t chance(size_t below)
{
    uint32_t number = 0;

    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        return 0;
    return number % below;
}

static void put_in_order(const struct endpoints *endpoints, size_t order[ENDPOINTS_MAX])
{
    size_t start = endpoints->strategy == STRATEGY_RANDOM_START ? chance(endpoints->count) : 0;

    for (size_t i = 0; i < endpoints->count; i++)
        order[i] = (start + i) % endpoints->count;
    for (size_t left = endpoints->count; endpoints->strategy == STRATEGY_RANDOM && left > 1; left--) {
        size_t chosen = chance(left), last = order[left - 1];
        order[left - 1] = order[chosen];
        order[chosen] = last;
    }
}

static void pause_before_again(void)
{
    struct timespec time = {.tv_nsec = (50 + (long)chance(11)) * MILLISECOND};

    (void)nanosleep(&time, NULL);
}

void endpoints_ask(const struct endpoints *endpoints, endpoint_ask *ask, endpoint_tell *tell, void *context,
                   struct finding *finding)
{
    size_t order[ENDPOINTS_MAX] = {0}, calls = endpoints->count * (1 + endpoints->again);

    *finding = (struct finding){.why = "there is no endpoint to ask"};
    if (endpoints->count == 0)
        return;
    put_in_order(endpoints, order);
    for (size_t call = 0; call < calls; call++) {
        const char *url = endpoints->url[order[call / (1 + endpoints->again)]];
        struct finding latest = {0};
        if (call % (1 + endpoints->again) != 0)
            pause_before_again();
        ask(context, url, &latest);
        (void)find(&latest, latest.ruling, "%s: %s", url, latest.why);
        if (call == 0 || latest.ruling >= finding->ruling)
            *finding = latest;
        if (ruling_is_final(latest.ruling))
            return;
        if (call + 1 < calls)
            tell(context, &latest);
    }
}
