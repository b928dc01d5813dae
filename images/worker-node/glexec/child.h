/* A helper program: run with an input, asked for an answer, and never waited for longer than agreed. */
#ifndef CHILD_H
#define CHILD_H

#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct child {
    char **arguments; /* the first is the program, an absolute path */
    char **environment;
    const struct identity *identity; /* who it becomes for good; NULL: as_root or the caller's own identity */
    bool as_root;
    const char *input; /* its standard input */
    size_t input_length;
    int answer_fd; /* the descriptor that it writes its answer to */
    uint32_t seconds;
};

struct child_report {
    bool timed_out;      /* it was killed, with its whole session */
    const char *failure; /* why it could not be run or heard */
    int status;          /* as wait() gives it */
    size_t length;       /* of the answer, which has a NUL behind it */
};

/* Runs the child to its end. `answer` holds at most size - 1 bytes; a longer one is a failure. */
void child_run(const struct child *child, char *answer, size_t size, struct child_report *report);

#endif
