/* The words behind a module in lcmaps.db, taken by a table of the module's options. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* One option. Its name is given here without dashes; one and two of them mean the same in lcmaps.db. */
struct word {
    const char *name;
    bool alone;                                       /* no value follows it; take gets "" */
    bool again;                                       /* may be there several times */
    const char *(*take)(void *into, const char *value); /* NULL, or what is wrong with the value */
};

#define WORDS_MAX 64

/* Takes argv[1] and what follows. False for an option that is unknown, twice, without its value or wrong; then `why` says
 * which and what, in one line. */
bool words_take(const struct word *words, size_t count, void *into, int argc, char **argv, char *why, size_t size);

/* Copies a value that is not empty and fits. NULL, or what is wrong. */
const char *words_copy(char *out, size_t size, const char *value);

#endif
