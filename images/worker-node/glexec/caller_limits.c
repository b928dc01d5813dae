#include "caller_limits.h"

#include <stddef.h>

static const int which[LIMITS_COUNT] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_AS, RLIMIT_DATA};

bool limits_set_aside(struct limits *limits)
{
    const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    for (size_t i = 0; i < LIMITS_COUNT; i++) {
        struct rlimit raised;
        if (getrlimit(which[i], &limits->kept[i]) != 0)
            return false;
        raised = (struct rlimit){.rlim_cur = limits->kept[i].rlim_max, .rlim_max = limits->kept[i].rlim_max};
        if (setrlimit(which[i], &none) != 0 && setrlimit(which[i], &raised) != 0)
            return false;
    }
    return true;
}

bool limits_restore(const struct limits *limits)
{
    for (size_t i = 0; i < LIMITS_COUNT; i++)
        if (setrlimit(which[i], &limits->kept[i]) != 0)
            return false;
    return true;
}
