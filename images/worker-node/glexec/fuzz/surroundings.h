/* The records that a target has caused. */
#ifndef SURROUNDINGS_H
#define SURROUNDINGS_H

#include "run.h"

#define HEARD_MAX 4
#define HEARD_SIZE 16384

struct heard {
    size_t count;
    char lines[HEARD_MAX][HEARD_SIZE];
};

extern struct heard heard;

#endif
