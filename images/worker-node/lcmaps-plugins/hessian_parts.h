/* What values of Hessian are made of. For hessian.c and hessian_skip.c. */
#ifndef HESSIAN_PARTS_H
#define HESSIAN_PARTS_H

#include "hessian.h"

#define HESSIAN_NAME_SIZE 256 /* of classes and list types */
#define HESSIAN_BROKEN_OFF "it breaks off"

/* What is next, without taking it; -1 at the end or after a problem. */
int hessian_next(const struct hessian *reader);

/* Takes this byte; where there is another one, that is the problem which is said. */
bool hessian_take(struct hessian *reader, int tag, const char *otherwise);

/* A big-endian number of 2, 4 or 8 bytes. */
bool hessian_number(struct hessian *reader, size_t bytes, uint64_t *value);

/* A class or type, of HESSIAN_NAME_SIZE bytes. */
bool hessian_name(struct hessian *reader, char *name);

/* Goes into an object or list of so many items; -1 where it did not say. */
bool hessian_enter(struct hessian *reader, int32_t items);

#endif
