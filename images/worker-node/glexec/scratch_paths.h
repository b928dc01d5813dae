/* The folders that a policy wants each payload to have for itself. One rule for the plugin that asks, for lcmaps-account
 * that passes it on, and for the switch that believes neither. */
#ifndef SCRATCH_PATHS_H
#define SCRATCH_PATHS_H

#include <stddef.h>

#define SCRATCH_PATHS_MAX 8
#define SCRATCH_PATH_SIZE 256

/* How a plugin asks: a list with colons. lcmaps-account sets it to the empty list before it starts LCMAPS; where it is
 * not set at all nobody would mount anything. */
#define SCRATCH_VARIABLE "GLEXEC_SCRATCH"

struct scratch_paths {
    char path[SCRATCH_PATHS_MAX][SCRATCH_PATH_SIZE];
    size_t count;
};

/* Adds one. NULL, or what is wrong with it: not straight, not plain ASCII, too long or too many, given already, above or
 * below one that is given already. */
const char *scratch_paths_add(struct scratch_paths *paths, const char *path);

/* Reads a list with colons; the empty list has none. NULL, or what is wrong with the first bad one. */
const char *scratch_paths_read(struct scratch_paths *paths, const char *list);

#endif
