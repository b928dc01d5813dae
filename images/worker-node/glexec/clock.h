/* A clock that nobody can set. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment of the past. */
int64_t clock_milliseconds(void);

#endif
