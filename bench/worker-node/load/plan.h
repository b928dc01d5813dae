/* What is to be asked: whole HTTP requests, each with what has to stand in its answer. */
#ifndef PLAN_H
#define PLAN_H

#include <stddef.h>

struct question {
    const char *request;
    size_t length;
    const char *answer; /* bytes that a right answer has in it, as they are or below base64 */
    size_t answer_length;
};

struct plan {
    struct question *questions;
    size_t count;
};

/* Reads a plan: for each question four bytes of length (most significant first) and the request, then the same for the
 * answer. Ends the program where it cannot. */
struct plan plan_read(const char *path);

#endif
