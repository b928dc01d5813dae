/* A lock on a file that somebody else may be reading or writing. */
#ifndef LOCK_H
#define LOCK_H

#include <stdint.h>

/* Waits for a shared or an exclusive lock by the mechanism of `enum locking`, at most `seconds`. NULL when it is held,
 * else what went wrong. The lock ends when the descriptor is closed. */
const char *lock_for_reading(int file, uint32_t mechanism, uint32_t seconds);
const char *lock_for_writing(int file, uint32_t mechanism, uint32_t seconds);

#endif
