/* The limits that the caller has set: for the payload, not for the switch. */
#ifndef CALLER_LIMITS_H
#define CALLER_LIMITS_H

#include <stdbool.h>
#include <sys/resource.h>

#define LIMITS_COUNT 6

struct limits {
    struct rlimit kept[LIMITS_COUNT];
};

/* Keeps them and raises what can be raised: without CAP_SYS_RESOURCE, in a container say, to the hard limit. What is still too
 * small lets a call fail, which runs nothing. */
bool limits_set_aside(struct limits *limits);

/* Puts them back, for the payload. */
bool limits_restore(const struct limits *limits);

#endif
