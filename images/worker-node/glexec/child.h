/* A helper program: run with what it needs, asked for an answer, and never waited for longer than agreed. */
#ifndef CHILD_H
#define CHILD_H

#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHILD_FILES_MAX 8

struct child_file {
    int file; /* ours */
    int as;   /* its number in the child */
};

struct child {
    char **arguments; /* the first is the program, an absolute path */
    char **environment;
    const struct identity *identity; /* who it becomes for good; NULL: it stays who we are */
    struct child_file files[CHILD_FILES_MAX]; /* all that it gets; 0-2 are /dev/null where they are not among them */
    size_t file_count;
    int answer; /* the number of the descriptor that it writes its answer to, 0 when it is asked for none */
    uint32_t seconds;
    bool gently; /* when its time is up: SIGTERM, and SIGKILL two seconds later */
};

struct child_report {
    bool timed_out;      /* it was ended, with its whole session */
    const char *failure; /* why it could not be run or heard */
    int status;          /* as wait() gives it */
    size_t length;       /* of the answer, which has a NUL behind it */
};

/* Runs the child to its end. `answer` holds at most size - 1 bytes; a longer one is a failure. */
void child_run(const struct child *child, char *answer, size_t size, struct child_report *report);

#endif
