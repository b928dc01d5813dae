#include "plan.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST (256U * 1024 * 1024)

static char *whole(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *data = malloc(LONGEST);

    if (file == NULL || data == NULL)
        err(2, "%s", path);
    *length = fread(data, 1, LONGEST, file);
    if (ferror(file) || !feof(file))
        errx(2, "%s: cannot be read, or is too long", path);
    fclose(file);
    return data;
}

/* The next bytes with a length before them. */
static const char *next(const char *data, size_t length, size_t *at, size_t *found)
{
    const unsigned char *head = (const unsigned char *)data + *at;

    if (length - *at < 4)
        errx(2, "the plan ends too early");
    *found = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    *at += 4;
    if (length - *at < *found)
        errx(2, "the plan ends too early");
    *at += *found;
    return data + *at - *found;
}

struct plan plan_read(const char *path)
{
    struct plan plan = {0};
    size_t length, at = 0;
    const char *data = whole(path, &length);

    while (at < length) {
        struct question question;
        question.request = next(data, length, &at, &question.length);
        question.answer = next(data, length, &at, &question.answer_length);
        plan.questions = realloc(plan.questions, (plan.count + 1) * sizeof question);
        if (plan.questions == NULL)
            err(2, "the plan");
        plan.questions[plan.count++] = question;
    }
    if (plan.count == 0)
        errx(2, "%s: asks nothing", path);
    return plan;
}
