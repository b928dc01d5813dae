/* The options of glexec.conf as data: name, kind, place. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "config.h"

/* What gLExec does when an option is not given. */
void options_defaults(struct config *config);

/* Stores one option. NULL when done; else what is wrong with it. `index` tells options apart, to find repetitions. */
const char *options_store(struct config *config, const char *name, const char *value, size_t *index);

/* How many options there are. */
size_t options_count(void);

#endif
