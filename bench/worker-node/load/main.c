/* Asks an authorization service as many callers at once do, and says what came of each question.
 *
 * load ADDRESS PORT NAME AUTHORITY PROXY PLAN CALLERS CALLS KEEP SPREAD
 *
 * CALLERS threads ask CALLS questions in all, the plan's by turns. KEEP is 1 where each caller keeps its connection, 0
 * where every question has one of its own. The callers begin one after the other within SPREAD milliseconds. Written to
 * standard output: for each question its place in the plan, what came of it (ask.h), and when it began and ended, in
 * nanoseconds since the first; to standard error: the microseconds of processor time that all of this took here. */
#include "ask.h"

#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define STACK (512U * 1024)
#define LIMIT 60

struct asked {
    int32_t question, outcome;
    int64_t began, ended;
};

static struct service service;
static struct plan plan;
static struct asked *results;
static pthread_barrier_t gate;
static atomic_long next;
static long calls, callers, spread;
static int keep;
static struct timespec start;

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)(time.tv_sec - start.tv_sec) * 1000000000 + time.tv_nsec - start.tv_nsec;
}

static void wait_for_turn(long number)
{
    int64_t nanoseconds = start.tv_nsec + (int64_t)spread * 1000000 * number / callers;
    struct timespec turn = {start.tv_sec + nanoseconds / 1000000000, nanoseconds % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &turn, NULL) != 0)
        ;
}

static void *caller(void *argument)
{
    struct connection connection = {.socket = -1};

    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate); /* in between the clock is started */
    wait_for_turn((long)(intptr_t)argument);
    for (long call; (call = atomic_fetch_add(&next, 1)) < calls;) {
        struct asked *this = &results[call];
        this->question = (int32_t)((size_t)call % plan.count);
        this->began = now();
        this->outcome = (int32_t)ask(&service, &connection, &plan.questions[this->question]);
        this->ended = now();
        if (!keep || this->outcome != RIGHT)
            ask_close(&connection);
    }
    ask_close(&connection);
    return NULL;
}

static long number(const char *text, long least)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < least || value > 10000000)
        errx(2, "%s: no number, or one that makes no sense here", text);
    return value;
}

static void ask_all(void)
{
    pthread_t *threads = calloc((size_t)callers, sizeof *threads);
    pthread_attr_t small;

    pthread_barrier_init(&gate, NULL, (unsigned)callers + 1);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    for (long i = 0; i < callers; i++)
        if (threads == NULL || pthread_create(&threads[i], &small, caller, (void *)(intptr_t)i) != 0)
            errx(2, "no room for caller %ld", i);
    pthread_barrier_wait(&gate);
    clock_gettime(CLOCK_MONOTONIC, &start);
    pthread_barrier_wait(&gate);
    for (long i = 0; i < callers; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    struct rusage before, used;

    if (argc != 11)
        errx(2, "load ADDRESS PORT NAME AUTHORITY PROXY PLAN CALLERS CALLS KEEP SPREAD");
    signal(SIGPIPE, SIG_IGN);
    service.address.sin_family = AF_INET;
    service.address.sin_port = htons((uint16_t)number(argv[2], 1));
    if (inet_pton(AF_INET, argv[1], &service.address.sin_addr) != 1)
        errx(2, "%s: no address", argv[1]);
    service.name = argv[3];
    service.tls = ask_context(argv[4], argv[5]);
    service.limit = LIMIT;
    plan = plan_read(argv[6]);
    callers = number(argv[7], 1);
    calls = number(argv[8], 1);
    keep = (int)number(argv[9], 0);
    spread = number(argv[10], 0);
    results = calloc((size_t)calls, sizeof *results);
    if (results == NULL)
        err(2, "results");
    getrusage(RUSAGE_SELF, &before);
    ask_all();
    getrusage(RUSAGE_SELF, &used);
    fprintf(stderr, "%lld\n",
            (long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec - before.ru_utime.tv_sec - before.ru_stime.tv_sec) *
                    1000000 +
                used.ru_utime.tv_usec + used.ru_stime.tv_usec - before.ru_utime.tv_usec - before.ru_stime.tv_usec);
    return fwrite(results, sizeof *results, (size_t)calls, stdout) == (size_t)calls ? 0 : 1;
}
