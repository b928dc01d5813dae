/* Step 8: the command. It is found and judged as the account that will run it. */
#ifndef COMMAND_H
#define COMMAND_H

#include <limits.h>

struct command {
    const char *given;   /* as the caller wrote it, NULL when only the proxy is to be renewed */
    char path[PATH_MAX]; /* what is run: symbolic links resolved */
    char **arguments;    /* argv of the payload */
};

struct run;

/* 201 unless it is an absolute path to a regular file that the payload's account may execute. */
int command_find(struct run *run);

#endif
